package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.conformance.stage.WorkspaceFixture;
import org.ringfence.wsl2.Wsl2Backend;

/** Runs the carried cases and those of WSL2 with guests of an ordinary user. */
class OrdinaryUserWsl2Test extends OrdinaryUserConformance {
  private static final int FEWEST_CARRIED = 50;

  /** Runs the suite in a distribution without Java, where only shells and bubblewrap serve it. */
  @TestFactory
  Stream<DynamicTest> scripts() throws Exception {
    assumeBubblewrap();
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
    assumeBubblewrap();
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
}
