package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.Backends;
import org.ringfence.SandboxException;
import org.ringfence.conformance.SuiteVerification;
import org.ringfence.spi.Verification;
import org.ringfence.wsl2.Wsl2Backend;

/**
 * From Windows, the conformance suite runs inside the distribution. A script imitates wsl.exe here.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the fake wsl.exe runs its guest on this kernel")
class VerifyElsewhereTest {
  private static final Path FAKE_WSL =
      Path.of("..", "backend-wsl2", "src", "test", "wsl", "wsl-stand-in.sh")
          .toAbsolutePath()
          .normalize();

  private static Wsl2Backend backendOnFakeWsl(String withoutJava) {
    return Wsl2Backend.with(
        List.of(
            "env",
            "STANDIN_LIST=* Ubuntu  Running  2",
            "STANDIN_NO_JAVA=" + withoutJava,
            "sh",
            FAKE_WSL.toString()));
  }

  @Test
  void suiteRunsInsideTheDistribution() throws Exception {
    Wsl2Backend backend = backendOnFakeWsl("");
    assumeTrue(backend.probe().usable(), () -> "no guest here: " + backend.probe().reasons());
    StringBuilder report = new StringBuilder();
    assertThat(
            backend.verify(new Verification.Request("wsl2", List.of("UNIX-OWN"), "json"), report))
        .contains(true);
    assertThat(report.toString())
        .contains("\"bubblewrap\"", "\"UNIX-OWN\"")
        .doesNotContain("\"FAIL\"");
  }

  @Test
  void wslCasesRunFromTheWindowsSide() throws Exception {
    Wsl2Backend backend = backendOnFakeWsl("");
    assumeTrue(backend.probe().usable(), () -> "no guest here: " + backend.probe().reasons());
    SuiteVerification suite = new SuiteVerification(Backends.of(List.of(backend)));
    StringBuilder report = new StringBuilder();
    assertThat(
            suite.run(
                new Verification.Request("wsl2", List.of("UNIX-OWN", "WSL-EXIT"), "text"),
                report,
                Verification.Progress.NONE))
        .isEqualTo(Verification.Result.PASSED);
    assertThat(report.toString())
        .startsWith("backend wsl2 on bubblewrap on Linux")
        .contains("pass  UNIX-OWN ", "pass  WSL-EXIT-CODE");
  }

  @Test
  void wslCasesRunWithoutJavaInTheDistribution() throws Exception {
    Wsl2Backend backend = backendOnFakeWsl("1");
    assumeTrue(backend.probe().usable(), () -> "no guest here: " + backend.probe().reasons());
    SuiteVerification suite = new SuiteVerification(Backends.of(List.of(backend)));
    StringBuilder report = new StringBuilder();
    assertThat(
            suite.run(
                new Verification.Request("wsl2", List.of("WSL-"), "junit"),
                report,
                Verification.Progress.NONE))
        .isEqualTo(Verification.Result.PASSED);
    assertThat(report.toString()).contains("WSL-SIGNAL", "WSL-TREE").doesNotContain("<failure");
  }

  @Test
  void missingJavaInTheDistributionIsReported() {
    Wsl2Backend backend = backendOnFakeWsl("1");
    assumeTrue(backend.probe().usable(), () -> "no guest here: " + backend.probe().reasons());
    assertThatThrownBy(
            () ->
                backend.verify(
                    new Verification.Request("wsl2", List.of(), "text"), new StringBuilder()))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("needs Java 17");
  }
}
