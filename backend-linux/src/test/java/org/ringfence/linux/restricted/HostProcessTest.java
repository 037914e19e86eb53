package org.ringfence.linux.restricted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.linux.restricted.HostProcess.Errors;

@EnabledOnOs(OS.LINUX)
class HostProcessTest {
  @Test
  void outputAndErrorsArriveAsOneStream() throws Exception {
    HostProcess process = shell("read -r word; echo out $word; echo err >&2; exit 3");
    process.getOutputStream().write("in\n".getBytes(StandardCharsets.US_ASCII));
    process.getOutputStream().close();

    assertThat(said(process)).isEqualTo("out in\nerr\n");
    assertThat(process.waitFor()).isEqualTo(3);
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  void discardedErrorsDoNotArrive() throws Exception {
    HostProcess process =
        HostProcess.start(List.of("/bin/sh", "-c", "echo out; echo err >&2"), Errors.DISCARDED);

    process.getOutputStream().close();
    assertThat(said(process)).isEqualTo("out\n");
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void programStartsInTheRootDirectoryWithNoVariableOfThisJvm() throws Exception {
    HostProcess process = shell("/bin/pwd; /usr/bin/env");

    process.getOutputStream().close();
    // The shell sets these itself.
    assertThat(said(process).lines())
        .contains("/")
        .allMatch(line -> line.matches("/|(PWD|OLDPWD|SHLVL|_)=.*"));
    process.waitFor();
  }

  @Test
  void programInheritsNoSocketOfThisJvm() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      assertThat(socket.isBound()).isTrue();
      HostProcess process = shell("ls -l /proc/$$/fd");

      process.getOutputStream().close();
      assertThat(said(process)).contains("pipe:").doesNotContain("socket:");
      process.waitFor();
    }
  }

  @Test
  void waitingProgramIsKilled() throws Exception {
    HostProcess process = shell("trap '' TERM; echo begun; read -r word");
    assertThat(process.getInputStream().read()).isEqualTo('b');
    assertThat(process.isAlive()).isTrue();
    assertThatThrownBy(process::exitValue).isInstanceOf(IllegalThreadStateException.class);
    assertThat(process.waitFor(1, TimeUnit.MILLISECONDS)).isFalse();

    process.destroyForcibly();

    assertThat(process.waitFor()).isEqualTo(128 + 9);
    assertThat(Path.of("/proc/" + process.pid())).doesNotExist();
    process.destroyForcibly();
    process.getOutputStream().close();
    process.getInputStream().close();
  }

  @Test
  void destroyAsksAProgramToEnd() throws Exception {
    HostProcess process = shell("trap 'exit 7' TERM; echo begun; while :; do sleep 0.01; done");
    assertThat(process.getInputStream().read()).isEqualTo('b');

    process.destroy();

    assertThat(process.waitFor()).isEqualTo(7);
    process.getOutputStream().close();
    process.getInputStream().close();
  }

  @Test
  void missingProgramIsAnErrorThatLeavesNoDescriptor() throws Exception {
    int before = descriptors();

    for (int i = 0; i < 100; i++) {
      assertThatThrownBy(() -> HostProcess.start(List.of("/nonexistent/program"), Errors.MERGED))
          .isInstanceOf(IOException.class)
          .hasMessage("/nonexistent/program: ENOENT");
    }

    assertThat(descriptors()).isLessThan(before + 50);
  }

  private static HostProcess shell(String script) throws IOException {
    return HostProcess.start(List.of("/bin/sh", "-c", script), Errors.MERGED);
  }

  private static String said(HostProcess process) throws IOException {
    try (var in = process.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static int descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return (int) all.count();
    }
  }
}
