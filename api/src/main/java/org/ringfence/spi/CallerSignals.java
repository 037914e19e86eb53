package org.ringfence.spi;

import java.util.Optional;
import org.ringfence.CommandSignal;

/**
 * Receives signals that are sent to this process, for the command line to pass on. Only signals
 * that were blocked before this JVM started can be received so, as the launcher script does; no
 * handler and no mask of the JVM changes. {@link java.util.ServiceLoader} finds the service.
 */
public interface CallerSignals {
  /**
   * Starts to receive.
   *
   * @return empty if this process has not blocked the signals, or the system is another one
   */
  Optional<Receiver> open();

  /**
   * A received signal.
   *
   * @param signal the signal
   * @param ofTerminal whether the terminal's own key or end sent it, which outside a sandbox goes
   *     to each process of the group
   */
  record Received(CommandSignal signal, boolean ofTerminal) {}

  /** Receives signals. Thread-safe, for one thread that waits. */
  interface Receiver extends AutoCloseable {
    /**
     * Waits for the next signal, whatever the thread's interrupt status.
     *
     * @return the signal; empty once this receiver is closed
     */
    Optional<Received> next();

    /**
     * Does to this process what a signal does by default: it ends or stops. Returns when it
     * continues, or if this process ignores the signal.
     *
     * @param signal the signal
     * @return whether a {@link CommandSignal#CONTINUE} waits to be received next
     */
    boolean obey(CommandSignal signal);

    /** Ends a wait for signals and each later one. Signals stay blocked, and can be obeyed. */
    @Override
    void close();
  }
}
