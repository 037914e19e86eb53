package org.ringfence.conformance;

import java.util.List;
import org.ringfence.Backends;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.spi.Verification;

/**
 * The cases about signals, sockets and the ends of processes under a Landlock that scopes neither
 * signals nor abstract unix sockets, as on every Linux before 6.12: this kernel's newer Landlock is
 * used only up to that version.
 */
final class OlderLandlock {
  private static final int ABI_WITHOUT_SCOPES = 5;

  private static final List<String> CASES =
      List.of(
          "ESC-KILL",
          "ESC-TGKILL",
          "ESC-PIDFD-SIGNAL",
          "ESC-CHILD-OF-PARENT",
          "ESC-THREAD",
          "ESC-IO-URING",
          "ESC-PRLIMIT",
          "LIFE-EXIT",
          "LIFE-DESTROY",
          "LIFE-TIMEOUT",
          "LIFE-CLOSE",
          "LIFE-FORK-BOMB",
          "LIFE-ZOMBIES",
          "LIMIT-OPEN-FILES",
          "PROC-SIGNAL",
          "PROC-SHELL-SCRIPT",
          "PROC-PIPELINE",
          "UNIX-ABSTRACT",
          "UNIX-OWN",
          "UNIX-PATH",
          "UNIX-DATAGRAM");

  private OlderLandlock() {}

  static LandlockBackend backend() {
    return LandlockBackend.atMost(ABI_WITHOUT_SCOPES);
  }

  static boolean selects(String id) {
    return SuiteVerification.wanted(id, CASES);
  }

  /** Prints the JSON report of these cases. */
  public static void main(String[] args) throws Exception {
    StringBuilder report = new StringBuilder();
    new SuiteVerification(Backends.of(List.of(backend())))
        .run(
            new Verification.Request(
                backend().info().id(), CASES, "json", VerifyToStandardOutput.JOBS),
            report,
            Verification.Progress.NONE);
    System.out.print(report);
  }
}
