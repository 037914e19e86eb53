package org.ringfence.conformance;

import java.util.Set;

/**
 * Which cases a build runs where another suite of the same build holds the same mechanism to all of
 * them: what the way there changes, and a fifth of the rest. {@code ringfence.test.full} has every
 * case run everywhere.
 */
final class Selection {
  private static final boolean FULL = Boolean.getBoolean("ringfence.test.full");

  /** What goes through the channel to a distribution, or is translated on its way. */
  private static final Set<String> CARRIED =
      Set.of("wsl", "process", "lifetime", "residue", "aftermath", "stream", "terminal", "ports");

  /** What was broken there once, while it worked here. */
  private static final Set<String> BROKEN_ONCE =
      Set.of(
          "NET-OWN-TCP6",
          "EGRESS-OWN-TCP6",
          "EGRESS-NAME-V6",
          "PORT-OWN-RESTART",
          "MOUNT-DURING",
          "EQ-NAMES-1",
          "DG-OWN-PROCESS",
          "UNIX-OWN",
          "UNIX-OWN-RENAMED",
          "UNIX-OWN-ABSTRACT");

  /** Not applicable to an ordinary user: their controls need privileges, or mounts. */
  private static final Set<String> ROOT_ONLY =
      Set.of(
          "FW-DEVICE",
          "NET-UNBIND",
          "NET-PACKET",
          "NET-RAW",
          "NETLINK-CHANGE-SEND",
          "EGRESS-RAW-PACKET",
          "EGRESS-RAW-ICMP",
          "EGRESS-SOURCE-ROUTE",
          "ESC-FANOTIFY",
          "LP-BIND-ALIAS",
          "LIMIT-PROCESSES",
          "MOUNT-PROTECTED",
          "MOUNT-DENIED",
          "MOUNT-DURING",
          "PTY-REUSED");

  private static final int SAMPLED = 5;

  private static final int HALF = 2;

  private Selection() {}

  /** Whether a case runs in a distribution whose sandbox another suite tries with every case. */
  static boolean carried(ConformanceCase each) {
    return FULL
        || CARRIED.contains(each.group())
        || BROKEN_ONCE.contains(each.id())
        || Math.floorMod(each.id().hashCode(), SAMPLED) == 0;
  }

  /** Whether a case runs where the mechanism is the same, but its options go another way. */
  static boolean carriedOrHalf(ConformanceCase each) {
    return carried(each) || Math.floorMod(each.id().hashCode(), HALF) == 0;
  }

  /**
   * Whether a case runs as root. An ordinary user's JVM runs every case in the same build, and root
   * hides faults, so root runs half of them and those that only root can run.
   */
  static boolean asRoot(ConformanceCase each) {
    return FULL
        || !OrdinaryUser.available()
        || ROOT_ONLY.contains(each.id())
        || Math.floorMod(each.id().hashCode(), HALF) == 0;
  }
}
