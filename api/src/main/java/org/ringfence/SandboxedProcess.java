package org.ringfence;

import java.util.Optional;
import java.util.Set;

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

  /**
   * Returns the signals that this process can receive from {@link #signal}.
   *
   * @return the signals; none where the system or the backend has no signals
   */
  public Set<CommandSignal> signals() {
    return Set.of();
  }

  /**
   * Sends the command's own process a signal, as {@link #signal(CommandSignal,
   * CommandSignal.Reach)} does.
   *
   * @param signal the signal
   * @return whether it was sent
   * @throws UnsupportedOperationException if {@link #signals()} does not contain it
   */
  public final boolean signal(CommandSignal signal) {
    return signal(signal, CommandSignal.Reach.COMMAND);
  }

  /**
   * Sends the command a signal, and returns when the system has taken it. The command reacts as it
   * would outside a sandbox; {@link #termination()} reports no cause of this JVM for an end that
   * follows. May be called by several threads at once; waits a few seconds at most, for a command
   * that is only being set up.
   *
   * @param signal the signal
   * @param reach the processes that it goes to
   * @return whether it was sent; false once the command has ended, and for {@link
   *     CommandSignal#SUSPEND} if the command ignores it
   * @throws UnsupportedOperationException if {@link #signals()} does not contain it
   */
  public boolean signal(CommandSignal signal, CommandSignal.Reach reach) {
    throw new UnsupportedOperationException(signal + ": this backend has no such signal");
  }
}
