package org.ringfence.windows;

import java.util.List;
import java.util.Optional;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.system.WindowsSystem;

/** The remark of plans on a machine whose build no self-test has passed on. */
final class VerifiedBuild {
  private static final String NOT_YET =
      "not yet verified on this build; run: ringfence windows selftest";

  private VerifiedBuild() {}

  /**
   * Returns the guarantees with the remark, or without it if the self-test of the backend passed.
   */
  static List<PlannedGuarantee> remarked(
      String backend, WindowsSystem windows, List<PlannedGuarantee> guarantees) {
    return remarked(backend, windows, Installation.ofUser(System.getenv()), guarantees);
  }

  static List<PlannedGuarantee> remarked(
      String backend,
      WindowsSystem windows,
      Optional<Installation> installation,
      List<PlannedGuarantee> guarantees) {
    String build = windows.machine().version();
    boolean verified = installation.isPresent() && installation.get().isVerified(backend, build);
    return guarantees.stream()
        .map(guarantee -> guarantee.withVerification(verified ? "" : NOT_YET))
        .toList();
  }
}
