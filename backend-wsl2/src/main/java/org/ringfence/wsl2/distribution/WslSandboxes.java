package org.ringfence.wsl2.distribution;

import java.io.IOException;
import org.ringfence.SandboxException;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Verification;
import org.ringfence.wsl2.channel.message.GuestMessage;

/** Sandboxes in one distribution. */
public interface WslSandboxes {
  /**
   * Asks which guarantees the distribution would enforce.
   *
   * @param policy the policy, with paths of this side
   * @param workspace the workspace on this side
   * @return the plan there
   * @throws SandboxException if the distribution does not answer, or a path has no name there
   */
  GuestMessage.Planned plan(SandboxPolicy policy, String workspace) throws SandboxException;

  /**
   * Runs the conformance suite in the distribution.
   *
   * @param request the cases to run and the form of the report
   * @param report the destination of the report
   * @return whether no case failed
   * @throws IOException if it cannot be run there
   */
  boolean verify(Verification.Request request, Appendable report) throws IOException;

  /**
   * Opens a sandbox.
   *
   * @param policy the policy, with paths of this side
   * @param workspace the workspace on this side
   * @param listener receives the reports
   * @return the session
   * @throws SandboxException if it cannot be opened; nothing is left behind
   */
  BackendSession open(SandboxPolicy policy, String workspace, EventSink listener)
      throws SandboxException;
}
