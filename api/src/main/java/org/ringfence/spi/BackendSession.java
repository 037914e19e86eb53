package org.ringfence.spi;

import java.time.Duration;
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
   * Waits until everything that was heard of the sandbox's commands so far has been given to the
   * sink. A backend does the same by itself before it reports the end of a command.
   *
   * @param patience how long to wait at most
   * @return whether all was given by then
   * @throws InterruptedException if the wait is interrupted
   */
  boolean flushEvents(Duration patience) throws InterruptedException;

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
