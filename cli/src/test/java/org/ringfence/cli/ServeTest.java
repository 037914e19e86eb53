package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.serve.RpcServer;

/** The examples in other languages, against the command line. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the examples' command is for a POSIX shell")
class ServeTest {
  private static final Path EXAMPLES = Path.of("..", "serve", "examples").toAbsolutePath();

  @TempDir Path workspace;

  @ParameterizedTest
  @CsvSource({"python3,ringfence_host.py", "node,ringfence-host.mjs"})
  void aHostInAnotherLanguageRunsACommand(String program, String example) throws Exception {
    assumeTrue(inPath(program).isPresent(), () -> program + " is not on PATH");
    List<String> words =
        new ArrayList<>(
            List.of(program, EXAMPLES.resolve(example).toString(), workspace.toString()));
    words.addAll(CommandLineProcess.in(workspace).words("serve", "--stdio"));
    CommandLineProcess.Result result =
        CommandLineProcess.run(new ProcessBuilder(words).directory(workspace.toFile()));
    assertThat(result.exit()).as(result.err()).isZero();
    // The shell writes nothing into /etc, and says so with its exit code.
    assertThat(result.out().lines()).isNotEmpty().allMatch(line -> line.matches("[12] hello"));
    assertThat(Path.of("/etc/no")).doesNotExist();
  }

  private static Optional<Path> inPath(String program) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Test
  void theSchemaIsPrinted() throws Exception {
    CommandLineProcess.Result result = CommandLineProcess.in(workspace).run("serve", "--schema");
    assertThat(result.out()).isEqualTo(RpcServer.schema());
  }

  @Test
  void withoutAChoiceNothingIsServed() throws Exception {
    CommandLineProcess.Result result = CommandLineProcess.in(workspace).run("serve");
    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.err()).contains("--stdio");
  }
}
