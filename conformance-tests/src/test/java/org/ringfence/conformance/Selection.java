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

  private static final int SAMPLED = 5;

  private Selection() {}

  /** Whether a case runs in a distribution whose sandbox another suite tries with every case. */
  static boolean carried(ConformanceCase each) {
    return FULL
        || CARRIED.contains(each.group())
        || BROKEN_ONCE.contains(each.id())
        || Math.floorMod(each.id().hashCode(), SAMPLED) == 0;
  }
}
