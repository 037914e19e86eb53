package org.ringfence.spi;

import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;

/** An open sandbox of one backend. Thread-safe. */
public interface BackendSession extends AutoCloseable {
  /**
   * Starts a command.
   *
   * @param launch the command, with everything of the policy's environment applied
   * @return the process
   * @throws SandboxException if it cannot be started; nothing is left behind
   */
  SandboxedProcess start(Launch launch) throws SandboxException;

  /**
   * Ends every process of the sandbox, and starts none any more. What looks after the sandbox
   * should the JVM end stays until {@link #close()}, so that the sandbox's temporary directory can
   * be removed in between. May be called again.
   */
  void end();

  /** Does what {@link #end()} does, and gives everything back. */
  @Override
  void close();
}
