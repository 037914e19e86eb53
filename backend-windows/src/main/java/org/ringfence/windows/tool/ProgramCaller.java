package org.ringfence.windows.tool;

import java.util.Objects;
import java.util.Optional;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Sid;

/**
 * The process that opens objects.
 *
 * @param token its identity
 * @param workspaceOwner the owner of the workspace: the user who started Ringfence
 * @param session the sandbox's own SID, which the default list of its token names
 * @param logon the logon session of the user, whether or not the token has it
 * @param parents whether an entry lets it look at the directories above the workspace
 * @param safeDirectory whether a variable permits Git a workspace of another user
 */
public record ProgramCaller(
    AccessToken token,
    Sid workspaceOwner,
    Sid session,
    Optional<Sid> logon,
    boolean parents,
    boolean safeDirectory) {
  /** Checks that no part is null. */
  public ProgramCaller {
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(workspaceOwner, "workspaceOwner");
    Objects.requireNonNull(session, "session");
    Objects.requireNonNull(logon, "logon");
  }
}
