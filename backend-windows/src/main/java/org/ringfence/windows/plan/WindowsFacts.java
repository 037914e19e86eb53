package org.ringfence.windows.plan;

import java.util.List;

/**
 * The facts of a machine.
 *
 * @param everyone whether no program starts unless Everyone is among the restricting SIDs
 * @param openPlaces the examined directories that everyone may write to
 * @param userInterfaceLimits whether a job's limits on windows, clipboard and session took hold
 * @param desktop whether a separate desktop can be made
 */
public record WindowsFacts(
    boolean everyone, List<String> openPlaces, boolean userInterfaceLimits, boolean desktop) {
  /** Copies the list. */
  public WindowsFacts {
    openPlaces = List.copyOf(openPlaces);
  }
}
