package org.ringfence.windows.plan;

import java.util.List;
import org.ringfence.windows.mitigation.ProcessMitigations;

/**
 * The facts of a machine.
 *
 * @param everyone whether no program starts unless Everyone is among the restricting SIDs
 * @param openPlaces the examined directories that everyone may write to
 * @param userInterfaceLimits whether a job's limits on windows, clipboard and session took hold
 * @param desktop whether a separate desktop can be made
 * @param mitigations the chosen parts of Windows that commands are made without
 */
public record WindowsFacts(
    boolean everyone,
    List<String> openPlaces,
    boolean userInterfaceLimits,
    boolean desktop,
    ProcessMitigations mitigations) {
  /** Copies the list. */
  public WindowsFacts {
    openPlaces = List.copyOf(openPlaces);
  }
}
