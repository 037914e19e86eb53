package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.cli.report.ExitCode;
import picocli.CommandLine;

/** Runs {@code ringfence explain} inside this JVM. */
class ExplainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int ringfence(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    CommandLine line = Ringfence.commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return line.execute(args);
  }

  @Test
  void explainShowsRulesetAndSyscallFilter(@TempDir Path workspace) {
    assertThat(ringfence("explain", "-C", workspace.toString(), "--backend", "landlock")).isZero();
    assertThat(out.toString())
        .contains("path_beneath", workspace.toString(), "ptrace -> EPERM", "supervisor");
  }

  @Test
  void explainWritesTheFileOfWindowsSandboxAloneOrRefuses(@TempDir Path directory)
      throws Exception {
    Path workspace = Files.createDirectory(directory.resolve("work"));
    Path policy = directory.resolve("sandbox.json");
    Files.writeString(
        policy,
        "{\"files\": {\"default\": \"minimal\", \"rules\": {\":workspace\": \"write\"}},"
            + " \"protectedNames\": \"off\"}");
    String[] line = {
      "explain",
      "-C",
      workspace.toString(),
      "-p",
      policy.toString(),
      "--backend",
      "windows-sandbox",
      "--",
      "make",
      "all"
    };
    assertThat(ringfence(line)).as(err.toString()).isZero();
    assertThat(out.toString())
        .startsWith("<Configuration>")
        .contains(workspace.toRealPath().toString(), "\"\"make\" \"all\"\"")
        .endsWith("</Configuration>\n");
    assertThat(ringfence("explain", "-C", workspace.toString(), "--backend", "windows-sandbox"))
        .isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(err.toString()).contains("files.default: 'read'").hasLineCount(1);
    line[6] = "landlock";
    ringfence(line);
    assertThat(err.toString()).contains("COMMAND", "windows-sandbox");
  }
}
