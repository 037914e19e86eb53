package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.conformance.CaseResult.Outcome;
import org.ringfence.linux.BubblewrapBackend;

/** The suite once more in a JVM of an ordinary user, when the build runs as root. */
class OrdinaryUserConformanceTest {
  private static final int FEWEST_PASSES = 180;

  @TestFactory
  Stream<DynamicTest> landlock() throws Exception {
    return cases("landlock");
  }

  @TestFactory
  Stream<DynamicTest> bubblewrap() throws Exception {
    assumeTrue(
        new BubblewrapBackend().probe().usable(),
        () -> "no bubblewrap here: " + new BubblewrapBackend().probe().reasons());
    return cases("bubblewrap");
  }

  /** In a distribution without Java, where only shells and bubblewrap serve the suite. */
  @TestFactory
  Stream<DynamicTest> scripts() throws Exception {
    assumeTrue(
        new BubblewrapBackend().probe().usable(),
        () -> "no bubblewrap here: " + new BubblewrapBackend().probe().reasons());
    try (OrdinaryUser user = OrdinaryUser.create()) {
      Path standIn = user.copyOf(Wsl2ConformanceTest.STAND_IN.getParent());
      return cases(
          user.java(
              ScriptGuestToStandardOutput.class.getName(),
              standIn.resolve(Wsl2ConformanceTest.STAND_IN.getFileName()).toString()),
          result -> {
            if (!Wsl2ScriptConformanceTest.isClosed(result)) {
              LandlockConformanceTest.report(result);
            }
          });
    }
  }

  private static Stream<DynamicTest> cases(String backend) throws Exception {
    try (OrdinaryUser user = OrdinaryUser.create()) {
      return cases(
          user.java(VerifyToStandardOutput.class.getName(), backend),
          LandlockConformanceTest::report);
    }
  }

  private static Stream<DynamicTest> cases(ProcessBuilder builder, Consumer<CaseResult> report)
      throws Exception {
    Process jvm = builder.start();
    Report told =
        Report.read(new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    jvm.waitFor();
    assertThat(told.system()).doesNotContain("user root");
    assertThat(told.count(Outcome.PASS)).isGreaterThan(FEWEST_PASSES);
    return told.results().stream()
        .map(
            result ->
                DynamicTest.dynamicTest(
                    result.id() + ": " + result.title(), () -> report.accept(result)));
  }
}
