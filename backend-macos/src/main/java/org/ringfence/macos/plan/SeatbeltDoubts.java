package org.ringfence.macos.plan;

import java.util.List;
import java.util.Set;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;

/**
 * Lowers the guarantees of a plan that measurements on real Macs, made by other projects,
 * contradict. The compiled profile decides as the policy does by one reading of Seatbelt's
 * language; real Macs read some of it otherwise. Issue 26 changes the profile. Pure.
 */
final class SeatbeltDoubts {
  private static final Set<Guarantee> CARVED =
      Set.of(
          Guarantee.FILES_PROTECTED_NAMES,
          Guarantee.FILES_PROTECTED_PATHS,
          Guarantee.FILES_DENY_GLOBS);
  private static final String FOLDERS = SeatbeltPlanner.TEMPORARY_FILES;
  private static final String PRECEDENCE =
      "on real Macs a denial inside a wider permission was seen to lose against it";

  private final EffectivePolicy effective;

  SeatbeltDoubts(EffectivePolicy effective) {
    this.effective = effective;
  }

  /** Returns the guarantees, each at the level known to hold. */
  List<PlannedGuarantee> apply(List<PlannedGuarantee> planned) {
    return planned.stream()
        .map(this::lowered)
        .map(guarantee -> guarantee.withVerification(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM))
        .toList();
  }

  private PlannedGuarantee lowered(PlannedGuarantee guarantee) {
    if (guarantee.level() != Enforcement.ENFORCED) {
      return guarantee;
    }
    Guarantee id = guarantee.guarantee();
    if (reachesProfile()) {
      return guarantee.weakened(
          "a command may write where Ringfence keeps the profile of the next command",
          "tmp private, a narrower files.default, no rule that grants writing at or above "
              + FOLDERS);
    }
    NetworkPolicy network = effective.policy().network();
    if (CARVED.contains(id)) {
      return guarantee.weakened(PRECEDENCE, bestEffort(id));
    }
    if ((id == Guarantee.FILES_WRITE || id == Guarantee.FILES_METADATA) && takesWriting()) {
      return guarantee.weakened(PRECEDENCE, "no rule that takes away inside a writable root");
    }
    if (id == Guarantee.FILES_READ) {
      return guarantee.weakened(
          "the preferences daemon reads the preferences of every program for a command",
          bestEffort(id));
    }
    if (id == Guarantee.NETWORK_EXTERNAL
        && (network.ownLoopback() || !network.publish().isEmpty())) {
      return guarantee.weakened(
          "a server inside accepts connections from other machines, too",
          "network.ownLoopback false, no published port");
    }
    if (id == Guarantee.PROCESS_PRIVILEGES && network.mode() == NetworkMode.FULL) {
      return guarantee.weakened(
          "network mode full opens the security server, which reads keychain items for a command",
          "network mode allowlist or none");
    }
    return guarantee;
  }

  private static String bestEffort(Guarantee id) {
    return "--best-effort " + id;
  }

  private boolean takesWriting() {
    return effective.rules().stream()
        .anyMatch(
            rule ->
                rule.access() != Access.WRITE
                    && effective.accessAt(parent(rule.path())) == Access.WRITE);
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  private boolean reachesProfile() {
    return effective.policy().fileDefault() == FileDefault.WRITE
        || effective.policy().tmp() == TmpPolicy.SHARED
        || effective.rules().stream()
            .filter(rule -> rule.access() == Access.WRITE && !rule.scratch())
            .map(EffectiveRule::path)
            .anyMatch(SeatbeltDoubts::holdsFolders);
  }

  private static boolean holdsFolders(String path) {
    return path.equals("/")
        || path.startsWith("/var/folders")
        || path.startsWith(FOLDERS)
        || FOLDERS.startsWith(path + "/");
  }
}
