package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.conformance.stage.WorkspaceFixture;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.wsl2.Wsl2Backend;

/** Runs the suite again in a JVM of an ordinary user if the build runs as root. */
class OrdinaryUserConformanceTest {
  /** Turns results into outcomes of tests. */
  private static final SandboxBackendTck CHECKS = new LandlockConformanceTest();

  private static final int FEWEST_PASSES = 180;
  private static final int FEWEST_CARRIED = 90;

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

  /** Runs the suite in a distribution without Java, where only shells and bubblewrap serve it. */
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
          FEWEST_CARRIED,
          result -> {
            if (!Wsl2ScriptConformanceTest.isClosed(result)) {
              CHECKS.check(result);
            }
          });
    }
  }

  /** Runs the WSL2 cases with a guest of an ordinary user, as in a real distribution. */
  @TestFactory
  Stream<DynamicTest> doors() throws Exception {
    assumeTrue(
        new BubblewrapBackend().probe().usable(),
        () -> "no bubblewrap here: " + new BubblewrapBackend().probe().reasons());
    try (OrdinaryUser user = OrdinaryUser.create();
        WslDoors doors = WslDoors.create()) {
      Path standIn = user.copyOf(Wsl2ConformanceTest.STAND_IN.getParent());
      Wsl2Backend backend =
          Wsl2Backend.with(
              List.of(
                  "env",
                  "STANDIN_LIST=* Ubuntu  Running  2",
                  "STANDIN_NO_JAVA=1",
                  "STANDIN_USER=" + OrdinaryUser.ID,
                  "STANDIN_DOORS=" + doors.directory(),
                  "sh",
                  standIn.resolve(Wsl2ConformanceTest.STAND_IN.getFileName()).toString()));
      assertThat(backend.probe().usable()).as("%s", backend.probe().reasons()).isTrue();
      try (ConformanceSuite suite =
          ConformanceSuite.ofDoors(backend, new WorkspaceFixture(user.directory("workspace")))) {
        return tests(
            suite.results(each -> true),
            result -> {
              Wsl2ConformanceTest.checkDoor(result);
              CHECKS.check(result);
            });
      }
    }
  }

  private static Stream<DynamicTest> cases(String backend) throws Exception {
    try (OrdinaryUser user = OrdinaryUser.create()) {
      return cases(
          user.java(VerifyToStandardOutput.class.getName(), backend), FEWEST_PASSES, CHECKS::check);
    }
  }

  private static Stream<DynamicTest> cases(
      ProcessBuilder builder, int fewestPasses, Consumer<CaseResult> check) throws Exception {
    Process jvm = builder.start();
    Report printed =
        Report.read(new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    jvm.waitFor();
    assertThat(printed.system()).doesNotContain("user root");
    assertThat(printed.count(CaseVerdict.PASS)).isGreaterThan(fewestPasses);
    return tests(printed.results(), check);
  }

  private static Stream<DynamicTest> tests(List<CaseResult> results, Consumer<CaseResult> check) {
    return results.stream()
        .map(
            result ->
                DynamicTest.dynamicTest(
                    result.id() + ": " + result.title(), () -> check.accept(result)));
  }
}
