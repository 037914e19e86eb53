package org.ringfence.wsl2.script;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests the control script of the guest in isolation. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the script runs in a Linux distribution")
class ScriptControlTest {
  private static final Path SCRIPT =
      Path.of("src", "main", "resources", "org", "ringfence", "wsl2", "script")
          .resolve("script-control.sh");

  @TempDir private Path directory;

  private static String startTime(Process process) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
  }

  private void writeRecord(String name, Process process, String startTime) throws IOException {
    Path own = Files.createDirectory(directory.resolve(name));
    Files.writeString(own.resolve("root"), process.pid() + " " + startTime + "\n");
  }

  @Test
  void trialThatDoesNotEndIsKilled() throws Exception {
    Files.copy(SCRIPT, directory.resolve("control"));
    for (String[] one :
        new String[][] {{"c1", "echo begun >&2; sleep 1000"}, {"c2", "echo x >&2"}}) {
      Files.writeString(
          Files.createDirectory(directory.resolve(one[0])).resolve("inner"), one[1] + "\n");
    }
    Process control =
        new ProcessBuilder("sh", directory.resolve("control").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(control.inputReader().readLine()).isEqualTo("ready");
      control.getOutputStream().write("try c1 1\ntry c2 1\n".getBytes(StandardCharsets.UTF_8));
      control.getOutputStream().flush();
      assertThat(answer(control)).startsWith("begun\n").contains("not ended in 1 s");
      assertThat(answer(control)).isEqualTo("x\n");
    } finally {
      control.getOutputStream().close();
      assertThat(control.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** Rules compare names as the file system of each mount does. */
  @Test
  void controlReportsMountsOfEachType() throws Exception {
    Files.copy(SCRIPT, directory.resolve("control"));
    Process control = new ProcessBuilder("sh", directory.resolve("control").toString()).start();
    try {
      assertThat(control.inputReader().readLine()).isEqualTo("ready");
      control.getOutputStream().write("mounts all\n".getBytes(StandardCharsets.UTF_8));
      control.getOutputStream().flush();
      assertThat(answer(control)).contains(" - proc ", " - sysfs ");
    } finally {
      control.getOutputStream().close();
      assertThat(control.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static String answer(Process control) throws IOException {
    String line = control.inputReader().readLine();
    assertThat(line).startsWith("ok ");
    return new String(Base64.getDecoder().decode(line.substring(3)), StandardCharsets.UTF_8);
  }

  /** A process may have ended, and another process may have its pid. */
  @Test
  void controlSparesAProcessThatReusesAPid() throws Exception {
    Files.copy(SCRIPT, directory.resolve("control"));
    Process own = new ProcessBuilder("sleep", "1000").start();
    Process stranger = new ProcessBuilder("sleep", "1000").start();
    try {
      writeRecord("c1", own, startTime(own));
      writeRecord("c2", stranger, Long.toString(Long.parseLong(startTime(stranger)) - 1));
      Process control =
          new ProcessBuilder("sh", directory.resolve("control").toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      assertThat(control.inputReader().readLine()).isEqualTo("ready");
      control.getOutputStream().close();
      assertThat(control.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(own.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(own.exitValue()).isEqualTo(137);
      assertThat(stranger.isAlive()).isTrue();
      assertThat(directory.resolve("control")).doesNotExist();
    } finally {
      own.destroyForcibly();
      stranger.destroyForcibly();
    }
  }
}
