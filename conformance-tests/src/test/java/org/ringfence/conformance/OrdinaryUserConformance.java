package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.ringfence.linux.BubblewrapBackend;

/**
 * Runs the suite again in a JVM of an ordinary user if the build runs as root. Each subclass is one
 * backend, so that two of them run side by side.
 */
abstract class OrdinaryUserConformance {
  /** Turns results into outcomes of tests. */
  static final SandboxBackendTck CHECKS = new LandlockConformanceTest();

  private static final int FEWEST_PASSES = 180;

  static void assumeBubblewrap() {
    assumeTrue(
        new BubblewrapBackend().probe().usable(),
        () -> "no bubblewrap here: " + new BubblewrapBackend().probe().reasons());
  }

  static Stream<DynamicTest> cases(String backend) throws Exception {
    try (OrdinaryUser user = OrdinaryUser.create()) {
      return cases(
          user.java(VerifyToStandardOutput.class.getName(), backend), FEWEST_PASSES, CHECKS::check);
    }
  }

  static Stream<DynamicTest> cases(
      ProcessBuilder builder, int fewestPasses, Consumer<CaseResult> check) throws Exception {
    Process jvm = builder.start();
    Report printed =
        Report.read(new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    jvm.waitFor();
    assertThat(printed.system()).doesNotContain("user root");
    assertThat(printed.count(CaseVerdict.PASS)).isGreaterThan(fewestPasses);
    return tests(printed.results(), check);
  }

  static Stream<DynamicTest> tests(List<CaseResult> results, Consumer<CaseResult> check) {
    return results.stream()
        .map(
            result ->
                DynamicTest.dynamicTest(
                    result.id() + ": " + result.title(), () -> check.accept(result)));
  }
}
