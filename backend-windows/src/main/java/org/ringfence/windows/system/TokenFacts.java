package org.ringfence.windows.system;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.acl.Sid;

/**
 * The facts that a token reports.
 *
 * @param user its user
 * @param logon the SID of the logon session; empty when it has none
 * @param privileges names of all privileges in it, enabled or not
 * @param restricting the restricting SIDs; empty also where the system does not report them
 * @param restricted whether the system reports it as restricted
 * @param elevated whether it is an administrator's, elevated
 * @param appContainer whether it is an AppContainer's
 * @param session the session; services have 0
 */
public record TokenFacts(
    Sid user,
    Optional<Sid> logon,
    Set<String> privileges,
    List<Sid> restricting,
    boolean restricted,
    boolean elevated,
    boolean appContainer,
    int session) {
  /** Copies the parts. */
  public TokenFacts {
    privileges = Set.copyOf(privileges);
    restricting = List.copyOf(restricting);
  }
}
