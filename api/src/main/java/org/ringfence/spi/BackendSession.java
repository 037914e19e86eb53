package org.ringfence.spi;

import java.time.Duration;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;

/** An open sandbox of one backend. Thread-safe. */
public interface BackendSession extends AutoCloseable {
  /**
   * Starts a command.
   *
   * @param launch the command, with the policy's environment applied
   * @return the process
   * @throws SandboxException if it cannot be started; nothing is left behind
   */
  SandboxedProcess start(Launch launch) throws SandboxException;

  /**
   * Waits until the sink has received every event of the sandbox's commands so far. A backend does
   * the same before it reports the end of a command.
   *
   * @param patience how long to wait at most
   * @return whether the sink had received all by then
   * @throws InterruptedException if the wait is interrupted
   */
  boolean flushEvents(Duration patience) throws InterruptedException;

  /**
   * Ends every process of the sandbox, and starts no more. The watch over the JVM's end stays until
   * {@link #close()}, so that the caller can remove the sandbox's temporary directory in between.
   * May be called again.
   */
  void end();

  /** Does the same as {@link #end()}, and releases all resources. */
  @Override
  void close();
}
