package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.wsl2.Wsl2Backend;

/**
 * Runs the suite through a fake {@code wsl.exe}: the host side works as on Windows, and the guest
 * runs on this kernel.
 */
class Wsl2ConformanceTest {
  static final Path STAND_IN =
      Path.of("..", "backend-wsl2", "src", "test", "wsl", "wsl-stand-in.sh")
          .toAbsolutePath()
          .normalize();

  /** This kernel cannot start Windows programs and may lack vsock. */
  private static final Set<String> UNTRIED = Set.of("WSL-PROGRAM-COPY", "WSL-MACHINE-SOCKET");

  private static RunningSuite suite;
  private static WslDoors doors;

  /** Returns whether the distribution has Java. */
  boolean withJava() {
    return true;
  }

  /**
   * Returns whether a case runs. The guest uses the bubblewrap backend, whose own suite runs every
   * case.
   */
  boolean isWanted(ConformanceCase each) {
    return Selection.carried(each);
  }

  /** Returns a backend with a fake {@code wsl.exe}, with or without doors. */
  static Wsl2Backend standIn(boolean withJava, WslDoors doors) {
    return standIn(STAND_IN, withJava, doors == null ? "" : doors.directory().toString());
  }

  static Wsl2Backend standIn(Path program, boolean withJava, String doors) {
    return Wsl2Backend.with(
        List.of(
            "env",
            "STANDIN_LIST=* Ubuntu  Running  2",
            "STANDIN_NO_JAVA=" + (withJava ? "" : "1"),
            "STANDIN_DOORS=" + doors,
            "sh",
            program.toString()));
  }

  void report(CaseResult result) {
    if (doors != null && result.id().startsWith("WSL-")) {
      reportDoor(result);
    } else {
      LandlockConformanceTest.report(result);
    }
  }

  /** Reports a case behind existing doors; it must apply and pass. */
  static void reportDoor(CaseResult result) {
    if (!UNTRIED.contains(result.id())) {
      assertThat(result.outcome()).as(result.detail()).isEqualTo(CaseResult.Outcome.PASS);
    }
    LandlockConformanceTest.report(result);
  }

  @TestFactory
  Stream<DynamicTest> cases() throws IOException {
    if (System.getProperty("user.name").equals("root")) {
      doors = WslDoors.create();
    }
    Wsl2Backend backend = standIn(withJava(), doors);
    assumeTrue(backend.probe().usable(), () -> "no guest here: " + backend.probe().reasons());
    suite = RunningSuite.against(backend, this::isWanted);
    return suite.tests(this::report);
  }

  @AfterAll
  static void close() throws IOException {
    if (suite != null) {
      suite.close();
      suite = null;
    }
    if (doors != null) {
      doors.close();
      doors = null;
    }
  }
}
