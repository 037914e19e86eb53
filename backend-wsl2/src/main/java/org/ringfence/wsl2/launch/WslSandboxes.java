package org.ringfence.wsl2.launch;

import org.ringfence.SandboxException;
import org.ringfence.event.SandboxListener;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.BackendSession;
import org.ringfence.wsl2.channel.GuestMessage;

/** Sandboxes in one distribution. */
public sealed interface WslSandboxes permits GuestSandboxes, ScriptSandboxes {
  /**
   * Asks what would be enforced.
   *
   * @param policy the policy, with paths of this side
   * @param workspace the workspace on this side
   * @return the plan there
   * @throws SandboxException if nobody answers there, or a path has no name there
   */
  GuestMessage.Planned plan(SandboxPolicy policy, String workspace) throws SandboxException;

  /**
   * Opens a sandbox.
   *
   * @param policy the policy, with paths of this side
   * @param workspace the workspace on this side
   * @param listener hears of what is reported
   * @return the session
   * @throws SandboxException if it cannot be opened; nothing is left behind
   */
  BackendSession open(SandboxPolicy policy, String workspace, SandboxListener listener)
      throws SandboxException;
}
