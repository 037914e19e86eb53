package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.wsl2.Wsl2Backend;

/**
 * Runs the suite through a fake {@code wsl.exe}: the host side works as on Windows, and the guest
 * runs on this kernel.
 */
class Wsl2ConformanceTest extends SandboxBackendTck {
  static final Path STAND_IN =
      Path.of("..", "backend-wsl2", "src", "test", "wsl", "wsl-stand-in.sh")
          .toAbsolutePath()
          .normalize();

  /** This kernel cannot start Windows programs and may lack vsock. */
  private static final Set<String> UNTRIED = Set.of("WSL-PROGRAM-COPY", "WSL-MACHINE-SOCKET");

  private static WslDoors doors;

  /** Returns whether the distribution has Java. */
  boolean withJava() {
    return true;
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

  @Override
  protected SandboxBackend backend() throws IOException {
    if (System.getProperty("user.name").equals("root")) {
      doors = WslDoors.create();
    }
    Wsl2Backend backend = standIn(withJava(), doors);
    assumeTrue(backend.probe().usable(), () -> "no guest here: " + backend.probe().reasons());
    return backend;
  }

  /**
   * Selects the cases that the channel affects. The guest uses the bubblewrap backend, whose own
   * suite runs every case.
   */
  @Override
  protected boolean selects(ConformanceCase each) {
    return Selection.carried(each);
  }

  @Override
  protected void check(CaseResult result) {
    if (doors != null) {
      checkDoor(result);
    }
    super.check(result);
  }

  /** Checks that a case behind existing doors applies. */
  static void checkDoor(CaseResult result) {
    if (result.id().startsWith("WSL-") && !UNTRIED.contains(result.id())) {
      assertThat(result.verdict()).as(result.detail()).isEqualTo(CaseVerdict.PASS);
    }
  }

  @AfterAll
  static void close() throws IOException {
    if (doors != null) {
      doors.close();
      doors = null;
    }
  }
}
