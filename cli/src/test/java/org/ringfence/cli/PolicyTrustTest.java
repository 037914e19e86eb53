package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.cli.report.ExitCode;

/** The command {@code ringfence policy trust} shows the policy and asks for consent. */
class PolicyTrustTest {
  private static final String FIRST = "{\n\"extends\": [\"read-only\"]\n}\n";
  private static final String SECOND = "{\n\"extends\": [\"workspace-write\"]\n}\n";

  @TempDir private Path directory;
  private Path file;
  private CommandLineProcess line;

  @BeforeEach
  void createProject() throws Exception {
    file = directory.resolve("project/.ringfence/policy.json");
    Files.createDirectories(file.getParent());
    Files.writeString(file, FIRST);
    line =
        new CommandLineProcess(
            directory.resolve("project"),
            Map.of("XDG_STATE_HOME", directory.resolve("state").toString()));
  }

  @Test
  void yesOptionTrustsWithoutQuestion() throws Exception {
    CommandLineProcess.Result trusted = line.run("policy", "trust", "--yes");
    assertThat(trusted.exit()).isZero();
    assertThat(trusted.out()).contains("+\"extends\": [\"read-only\"]", "trusted: ");
    assertThat(line.run("policy", "trusted").out()).startsWith("trusted  ");
    assertThat(line.run("policy", "trust").out()).doesNotContain("extends").startsWith("trusted: ");
    Files.writeString(file, SECOND);
    assertThat(line.run("policy", "trust", "--yes").out())
        .contains("-\"extends\": [\"read-only\"]", "+\"extends\": [\"workspace-write\"]");
    assertThat(line.run("policy", "untrust").exit()).isZero();
    assertThat(line.run("policy", "trust", "--yes").out()).contains("--- /dev/null");
  }

  @ParameterizedTest
  @CsvSource({"y, 0, trusted: ", "n, 1, not trusted: ", "'', 1, not trusted: "})
  @EnabledOnOs(value = OS.LINUX, disabledReason = "script(1) has other options on other systems")
  void answerOnTheTerminalDecidesTrust(String answer, int exit, String said) throws Exception {
    Path script = Path.of("/usr/bin/script");
    assumeTrue(Files.isExecutable(script), "script(1) is missing");
    StringBuilder words = new StringBuilder();
    line.words("policy", "trust").forEach(word -> words.append(" '").append(word).append('\''));
    ProcessBuilder builder =
        new ProcessBuilder(script.toString(), "-q", "-e", "-c", "exec" + words, "/dev/null")
            .directory(line.directory().toFile())
            .redirectErrorStream(true);
    builder.environment().putAll(line.environment());
    Process process = builder.start();
    StringBuilder shown = new StringBuilder();
    byte[] some = new byte[1024];
    boolean answered = false;
    int count;
    while ((count = process.getInputStream().read(some)) >= 0) {
      shown.append(new String(some, 0, count, StandardCharsets.UTF_8));
      if (!answered && shown.toString().contains("(default)?")) {
        answered = true;
        process.getOutputStream().write((answer + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
      }
    }
    assertThat(process.waitFor()).as(shown.toString()).isEqualTo(exit);
    assertThat(shown.toString()).contains("+\"extends\": [\"read-only\"]", "\n" + said);
    assertThat(line.run("policy", "trusted").out()).hasLineCount(exit == 0 ? 1 : 0);
  }

  @Test
  void trustWithoutTerminalFailsAndNamesTheOption() throws Exception {
    Path setsid = Path.of("/usr/bin/setsid");
    assumeTrue(Files.isExecutable(setsid), "setsid(1) is missing: the tests may have a terminal");
    CommandLineProcess.Result result = line.under(setsid.toString(), "-w").run("policy", "trust");
    assertThat(result.exit()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(result.out()).contains("+\"extends\": [\"read-only\"]");
    assertThat(result.err()).contains("no terminal to ask on", "--yes").hasLineCount(1);
    assertThat(line.run("policy", "trusted").out()).isEmpty();
  }
}
