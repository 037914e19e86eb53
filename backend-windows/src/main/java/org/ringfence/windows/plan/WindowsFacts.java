package org.ringfence.windows.plan;

import java.util.List;

/**
 * What was found on a machine.
 *
 * @param everyone whether no program starts unless Everyone is among the restricting SIDs
 * @param openPlaces directories that everybody may write to, of those that were looked at
 * @param userInterfaceLimits whether a job's limits on windows, clipboard and session took hold
 * @param desktop whether a desktop of the sandbox's own can be made
 */
public record WindowsFacts(
    boolean everyone, List<String> openPlaces, boolean userInterfaceLimits, boolean desktop) {
  /** Copies the list. */
  public WindowsFacts {
    openPlaces = List.copyOf(openPlaces);
  }
}
