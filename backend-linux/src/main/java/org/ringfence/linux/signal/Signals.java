package org.ringfence.linux.signal;

import org.ringfence.CommandSignal;
import org.ringfence.linux.bind.Constants;

/** Signals by number. */
public final class Signals {
  private Signals() {}

  /**
   * Returns the number that Linux gives a signal on x86_64 and aarch64; signal(7).
   *
   * @param signal the signal
   * @return the number
   */
  public static int number(CommandSignal signal) {
    return switch (signal) {
      case HANGUP -> Constants.SIGHUP;
      case INTERRUPT -> Constants.SIGINT;
      case QUIT -> Constants.SIGQUIT;
      case TERMINATE -> Constants.SIGTERM;
      case USER_1 -> Constants.SIGUSR1;
      case USER_2 -> Constants.SIGUSR2;
      case RESIZE -> Constants.SIGWINCH;
      case SUSPEND -> Constants.SIGTSTP;
      case CONTINUE -> Constants.SIGCONT;
    };
  }

  /** Returns the bit of a signal in the kernel's sets. */
  static long bit(CommandSignal signal) {
    return 1L << number(signal) - 1;
  }
}
