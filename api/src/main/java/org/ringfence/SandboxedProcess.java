package org.ringfence;

import java.util.Optional;

/**
 * A process in a sandbox. It is a {@link Process} in every respect; {@link #destroy()} asks the
 * command to end and, when the grace of the policy has passed, kills the whole tree; {@link
 * #destroyForcibly()} kills the whole tree at once.
 *
 * <p>{@link #waitFor()} and {@link #onExit()} report its end when every event received of it has
 * reached the hooks of the sandbox; hooks that do not return delay this by a few seconds at most.
 *
 * <p>As with every {@link Process}, a command that writes more than a pipe holds (64 KiB on Linux)
 * waits until its output is read: a caller that calls {@link #waitFor()} before it reads waits
 * forever. {@link CommandRun#run()} reads by itself.
 */
public abstract class SandboxedProcess extends Process {
  /** For backends. */
  protected SandboxedProcess() {}

  /**
   * Returns how the process ended.
   *
   * @return empty while it is alive
   */
  public abstract Optional<Termination> termination();

  /**
   * Returns the number of the command, which is also in its events.
   *
   * @return a number above 0, unique in the sandbox
   */
  public abstract long commandId();

  /**
   * Returns the usage of the command.
   *
   * @return empty while it is alive
   */
  public abstract Optional<Usage> usage();

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
