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

/** From Windows the suite runs in the distribution: here, behind what stands in for wsl.exe. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the stand-in has its guest on this kernel")
class VerifyElsewhereTest {
  private static final Path STAND_IN =
      Path.of("..", "backend-wsl2", "src", "test", "wsl", "wsl-stand-in.sh")
          .toAbsolutePath()
          .normalize();

  private static Wsl2Backend standIn(String withoutJava) {
    return Wsl2Backend.with(
        List.of(
            "env",
            "STANDIN_LIST=* Ubuntu  Running  2",
            "STANDIN_NO_JAVA=" + withoutJava,
            "sh",
            STAND_IN.toString()));
  }

  @Test
  void theSuiteRunsInTheDistribution() throws Exception {
    Wsl2Backend backend = standIn("");
    assumeTrue(backend.probe().usable(), () -> "no guest here: " + backend.probe().reasons());
    StringBuilder report = new StringBuilder();
    assertThat(
            backend.verifyElsewhere(
                new Verification.Request("wsl2", List.of("UNIX-OWN"), "json"), report))
        .contains(true);
    assertThat(report.toString())
        .contains("\"bubblewrap\"", "\"UNIX-OWN\"")
        .doesNotContain("\"FAIL\"");
  }

  @Test
  void whatLeadsBackIsTriedFromHere() throws Exception {
    Wsl2Backend backend = standIn("");
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
  void whatLeadsBackIsTriedWithoutJavaThere() throws Exception {
    Wsl2Backend backend = standIn("1");
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
  void withoutJavaThereItSaysWhatIsMissing() {
    Wsl2Backend backend = standIn("1");
    assumeTrue(backend.probe().usable(), () -> "no guest here: " + backend.probe().reasons());
    assertThatThrownBy(
            () ->
                backend.verifyElsewhere(
                    new Verification.Request("wsl2", List.of(), "text"), new StringBuilder()))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("needs Java 17");
  }
}
