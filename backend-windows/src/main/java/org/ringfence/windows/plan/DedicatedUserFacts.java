package org.ringfence.windows.plan;

import java.util.List;

/**
 * The facts of a machine where set-up has made accounts.
 *
 * @param base the facts that every mode needs
 * @param token the token of commands
 * @param logon whether programs start only with the caller's logon session among their groups
 * @param network whether the network is closed to the offline user
 * @param deletable the examined directories in which every user may delete
 * @param echoes whether the offline user's echo requests are answered
 * @param closed the objects that canaries found closed to commands, in words; empty if none is
 * @param untried why no restricted command tried the closed network; empty if one did
 */
public record DedicatedUserFacts(
    WindowsFacts base,
    AccountToken token,
    boolean logon,
    boolean network,
    List<String> deletable,
    boolean echoes,
    String closed,
    String untried) {
  /** Copies the list. */
  public DedicatedUserFacts {
    deletable = List.copyOf(deletable);
  }
}
