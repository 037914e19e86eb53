package org.ringfence;

/**
 * A signal for a running command, by the names of POSIX ({@code signal.h}).
 *
 * @see SandboxedProcess#signal(CommandSignal, Reach)
 */
public enum CommandSignal {
  /** {@code SIGHUP}: the terminal is gone. */
  HANGUP,
  /** {@code SIGINT}: Ctrl-C. */
  INTERRUPT,
  /** {@code SIGQUIT}: Ctrl-\. */
  QUIT,
  /** {@code SIGTERM}: the request to end, without the grace period of {@link Process#destroy()}. */
  TERMINATE,
  /** {@code SIGUSR1}, which means what the command says. */
  USER_1,
  /** {@code SIGUSR2}, which means what the command says. */
  USER_2,
  /** {@code SIGWINCH}: the terminal has another size. */
  RESIZE,
  /**
   * Stops every process of the command, whatever its reach: Ctrl-Z. The processes stop as by {@code
   * SIGSTOP}, since {@code SIGTSTP} stops no session whose terminal is elsewhere. A command that
   * ignores {@code SIGTSTP} is not stopped. Limits of wall time go on.
   */
  SUSPEND,
  /** {@code SIGCONT}: lets every process of the command continue, whatever its reach. */
  CONTINUE;

  /** The processes that a signal goes to. */
  public enum Reach {
    /** The command's own process, as by {@code kill(2)} of its number. */
    COMMAND,
    /** The process group of the command, as by a key of the terminal that it runs in. */
    GROUP
  }
}
