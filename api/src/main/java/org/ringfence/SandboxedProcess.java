package org.ringfence;

import java.util.Optional;

/**
 * A process in a sandbox. It is a {@link Process} in every respect; {@link #destroy()} asks the
 * command to end and, when the grace of the policy has passed, kills the whole tree; {@link
 * #destroyForcibly()} kills the whole tree at once.
 *
 * <p>Its end is reported, by {@link #waitFor()} and {@link #onExit()}, when every event that was
 * heard of it has reached the hooks of the sandbox; hooks that do not return hold it up for no more
 * than some seconds.
 *
 * <p>As with every {@link Process}, a command that writes more than a pipe holds (64 KiB on Linux)
 * waits until its output is read: a program that calls {@link #waitFor()} first and reads
 * afterwards waits for ever. {@link CommandRun#run()} reads by itself.
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
   * The number of the command, which its events have too.
   *
   * @return a number above 0 that no other command of the sandbox has
   */
  public abstract long commandId();

  /**
   * What the command used.
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
