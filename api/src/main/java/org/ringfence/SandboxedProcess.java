package org.ringfence;

import java.util.Optional;

/**
 * A process in a sandbox. It is a {@link Process} in every respect; {@link #destroy()} asks the
 * command to end and, when the grace of the policy has passed, kills the whole tree; {@link
 * #destroyForcibly()} kills the whole tree at once.
 */
public abstract class SandboxedProcess extends Process {
  /** For backends. */
  protected SandboxedProcess() {}

  /**
   * How the process ended.
   *
   * @return empty while it is alive
   */
  public abstract Optional<Termination> termination();

  /**
   * Tells the command that its terminal has another size; does nothing once it has ended.
   *
   * @param size the size
   * @throws UnsupportedOperationException if it was not started with a terminal
   */
  public void resize(TerminalSize size) {
    throw new UnsupportedOperationException("the command has no terminal");
  }
}
