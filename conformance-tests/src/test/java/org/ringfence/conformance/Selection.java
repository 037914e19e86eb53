package org.ringfence.conformance;

import java.util.Set;
import org.ringfence.conformance.stage.ConformanceCase;

/**
 * Selects cases for a suite if another suite of the same build runs all cases against the same
 * mechanism. It selects the cases that the transport affects, and a thirtieth of the rest. With
 * {@code ringfence.test.full} every case runs everywhere.
 */
final class Selection {
  private static final boolean FULL = Boolean.getBoolean("ringfence.test.full");

  /** Groups whose data crosses the channel to a distribution or is translated for it. */
  private static final Set<String> CARRIED =
      Set.of("wsl", "process", "lifetime", "residue", "aftermath", "stream", "terminal", "ports");

  /** Cases that failed once in a distribution while they passed on the host. */
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

  /** Cases that do not apply to an ordinary user: their controls need privileges or mounts. */
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

  private static final int SAMPLED = 30;

  private static final int SIXTH = 6;

  private Selection() {}

  /**
   * Returns whether a case runs in a distribution whose sandbox another suite tests with every
   * case.
   */
  static boolean carried(ConformanceCase each) {
    return FULL
        || CARRIED.contains(each.group())
        || BROKEN_ONCE.contains(each.id())
        || Math.floorMod(each.id().hashCode(), SAMPLED) == 0;
  }

  /**
   * Returns whether a case runs as root. An ordinary user's JVM runs every case in the same build,
   * and root hides faults, so root runs a sixth of them and those that only root can run.
   */
  static boolean asRoot(ConformanceCase each) {
    return FULL
        || !OrdinaryUser.available()
        || ROOT_ONLY.contains(each.id())
        || Math.floorMod(each.id().hashCode(), SIXTH) == 0;
  }
}
