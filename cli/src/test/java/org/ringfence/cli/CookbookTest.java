package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;

/** Runs each command of the cookbook. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
class CookbookTest {
  private static final Pattern COMMAND = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path directory;
  @TempDir private Path programs;

  private CommandLineProcess.Result run(String script) throws Exception {
    RingfenceScript.in(programs);
    ProcessBuilder shell =
        new ProcessBuilder("sh", "-e", "-c", script).directory(directory.toFile());
    shell.environment().merge("PATH", programs.toString(), (old, own) -> own + ":" + old);
    return CommandLineProcess.run(shell);
  }

  @Test
  void eachCommandRuns() throws Exception {
    assumeTrue(Backends.load().byId("bubblewrap").probe().usable(), "bubblewrap cannot run here");
    List<String> commands =
        COMMAND
            .matcher(Files.readString(Path.of("..", "docs", "cookbook.md")))
            .results()
            .map(each -> each.group(1))
            .toList();
    assertThat(commands).hasSize(3);

    // Not below /tmp, which bubblewrap hides.
    Path outside = Files.createTempDirectory(Path.of("/var/tmp"), "cookbook");
    Path denied = outside.resolve("denied");
    String rule = "all:\n\techo built >out; echo x >" + denied + "\n";
    Files.writeString(directory.resolve("Makefile"), rule);
    CommandLineProcess.Result build = run(commands.get(0));
    assertThat(build.exit()).as(build.err()).isNotZero();
    assertThat(build.err()).contains("denied");
    assertThat(directory.resolve("out")).hasContent("built\n");
    assertThat(denied).doesNotExist();
    // The control: outside a sandbox the same build writes there.
    run("make");
    assertThat(denied).hasContent("x\n");
    Files.delete(denied);
    Files.delete(outside);

    Path submission = Files.createDirectory(directory.resolve("submission"));
    Files.writeString(submission.resolve("answer.sh"), "echo 42\nexit 5\n");
    CommandLineProcess.Result grade = run(commands.get(1));
    assertThat(grade.out()).as(grade.err()).isEqualTo("42\n");
    assertThat(directory.resolve("result.json")).content().contains("\"exitCode\"", "5");

    Path checkout = Files.createDirectories(directory.resolve("checkout/ci"));
    Files.writeString(checkout.resolve("test.sh"), "/bin/true\n");
    CommandLineProcess.Result step = run(commands.get(2));
    assertThat(step.exit()).as(step.err()).isZero();
    assertThat(directory.resolve("programs.jsonl")).content().contains("/bin/true");
  }
}
