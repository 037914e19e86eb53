package org.ringfence.windows.plan;

import java.util.List;

/**
 * What was found on a machine where accounts have been set up.
 *
 * @param base what every mode needs to know
 * @param logon whether programs start only with the caller's logon session among their groups
 * @param network whether the network is closed to the offline user
 * @param deletable directories in which every user may delete, of those that were looked at
 * @param echoes whether echo requests of the offline user are answered
 */
public record DedicatedUserFacts(
    WindowsFacts base, boolean logon, boolean network, List<String> deletable, boolean echoes) {
  /** Copies the list. */
  public DedicatedUserFacts {
    deletable = List.copyOf(deletable);
  }
}
