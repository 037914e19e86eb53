package org.ringfence.windows;

import java.util.List;
import java.util.Optional;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.spi.VerifiedBuilds;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.system.WindowsSystem;

/** The remark of plans on a machine whose build no first run has passed on. */
final class VerifiedBuild {
  private VerifiedBuild() {}

  /** Returns the results of this user: {@code windows teardown} removes them, too. */
  static Optional<VerifiedBuilds> ofUser() {
    return Installation.ofUser(System.getenv())
        .map(installation -> VerifiedBuilds.in(installation.directory()));
  }

  /** Returns the guarantees without a remark where a first run of the backend has shown them. */
  static List<PlannedGuarantee> remarked(
      String backend, WindowsSystem windows, List<PlannedGuarantee> guarantees) {
    return remarked(backend, windows, ofUser(), guarantees);
  }

  static List<PlannedGuarantee> remarked(
      String backend,
      WindowsSystem windows,
      Optional<VerifiedBuilds> builds,
      List<PlannedGuarantee> guarantees) {
    String build = windows.machine().version();
    return builds
        .map(kept -> kept.remarked(backend, build, VerifiedBuilds.NOT_YET, guarantees))
        .orElseGet(
            () ->
                guarantees.stream()
                    .map(guarantee -> guarantee.withVerification(VerifiedBuilds.NOT_YET))
                    .toList());
  }
}
