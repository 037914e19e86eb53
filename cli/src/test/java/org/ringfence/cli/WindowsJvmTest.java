package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.cli.report.ExitCode;

/**
 * Runs the command line interface in a Windows JVM under Wine. Ringfence has to refuse Wine,
 * because Wine confines nothing.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the build runs Wine only on Linux")
class WindowsJvmTest {
  private static final Path MODULE = Path.of("..", "backend-windows").toAbsolutePath().normalize();
  private static final Path JAVA = MODULE.resolve("src/test/wine/bin/java");

  @TempDir private Path workspace;

  private record Result(int exit, String output) {}

  @BeforeEach
  void assumeWine() {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/wine"))
            && Files.isDirectory(MODULE.resolve("target/windows-jre")),
        "wine, and with it the build of backend-windows that unpacks a Windows JVM, is missing");
  }

  private Result ringfence(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(JAVA.toString(), "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(System.getProperty("java.class.path").replace(':', ';'));
    command.add("org.ringfence.cli.Main");
    command.addAll(List.of(arguments));
    Path output = workspace.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .directory(workspace.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    process.getOutputStream().close();
    assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
    return new Result(
        process.exitValue(),
        new String(Files.readAllBytes(output), StandardCharsets.UTF_8)
            .replaceAll("\u001b\\[[0-9]*m", "")
            // Wine warns about drives that are not volumes.
            .replaceAll("(?m)^wine: .*\\R", ""));
  }

  @Test
  void doctorExplainsWhyNoBackendIsAvailable() throws Exception {
    Result doctor = ringfence("doctor");
    assertThat(doctor.exit()).isEqualTo(ExitCode.NO);
    assertThat(doctor.output())
        .contains("unavailable  restricted-token", "unavailable  app-container", "Wine does so");
  }

  @Test
  void runIsRefused() throws Exception {
    Result run = ringfence("run", "--best-effort", "all", "--", "cmd", "/c", "echo pwned");
    assertThat(run.exit()).as(run.output()).isEqualTo(ExitCode.REFUSED);
    assertThat(run.output()).startsWith("ringfence: ").doesNotContain("pwned\r");
  }

  @Test
  void verifyPassesNoCase() throws Exception {
    Result verify = ringfence("verify", "--backend", "restricted-token");
    assertThat(verify.exit()).as(verify.output()).isEqualTo(ExitCode.NOTHING_VERIFIED);
    assertThat(verify.output()).contains("WIN-CREATE", "0 passed, 0 failed");
  }

  @Test
  void statusAndTeardownFindNothingToRemove() throws Exception {
    assertThat(ringfence("windows", "status").output()).contains("nothing is kept");
    assertThat(ringfence("windows", "teardown").exit()).isZero();
  }

  @Test
  void setupIsRefused() throws Exception {
    Result setup = ringfence("windows", "setup");
    assertThat(setup.exit()).as(setup.output()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(setup.output()).contains("this is Wine", "use Windows itself");
    assertThat(ringfence("windows", "status").output()).contains("nothing is kept");
    assertThat(ringfence("doctor").output())
        .contains("unavailable  dedicated-user", "no accounts have been set up for this user");
  }
}
