package org.ringfence;

import java.time.Duration;
import org.ringfence.policy.Limits;

/** How a command ended. */
public sealed interface Ending {
  /**
   * It exited by itself.
   *
   * @param status its exit status
   */
  record Exited(int status) implements Ending {}

  /**
   * A signal ended it; the sandbox did not send it. Under {@code bubblewrap} an exit status of 129
   * to 192 counts as a signal, too: that program passes both on as one number.
   *
   * @param signal the signal's number
   */
  record Signaled(int signal) implements Ending {}

  /**
   * It reached a limit of the policy, and the sandbox ended it.
   *
   * @param limit the limit
   */
  record LimitReached(Limit limit) implements Ending {}

  /**
   * Its wall time was over, and the sandbox ended it.
   *
   * @param after the time that it had: the shorter of the policy's and the command's own
   */
  record TimedOut(Duration after) implements Ending {}

  /** The caller ended it, through {@link Process#destroy()} or by closing the sandbox. */
  record Cancelled() implements Ending {}

  /** A limit that ends a command when it is reached. */
  enum Limit {
    /** {@code limits.outputBytes}. */
    OUTPUT,
    /**
     * {@code limits.memory}, where a control group of Linux holds the whole command to it, and on
     * macOS.
     */
    MEMORY,
    /** {@code limits.cpuTime}, of the command's first process. */
    CPU_TIME,
    /** {@code limits.fileSize}, of the command's first process. */
    FILE_SIZE
  }

  /**
   * Returns the ending in English, for people and models to read; programs look at the type.
   *
   * @return such as "exit code 3" or "ended by signal 9"
   */
  default String describe() {
    if (this instanceof Exited exited) {
      return "exit code " + exited.status();
    }
    if (this instanceof Signaled signaled) {
      return "ended by signal " + signaled.signal();
    }
    if (this instanceof LimitReached reached) {
      return "ended: it reached the limit " + reached.limit() + " of the policy";
    }
    return this instanceof TimedOut out
        ? "ended: its time was up, " + out.after().toSeconds() + " s"
        : "ended: its caller destroyed it or closed the sandbox";
  }

  /**
   * Returns the ending of a process.
   *
   * @param how the termination that the process reports
   * @param limits its limits
   * @param usage its usage
   * @return the ending
   */
  static Ending of(Termination how, Limits limits, Usage usage) {
    return switch (how.cause()) {
      case EXITED -> new Exited(how.exitValue());
      case DESTROYED -> new Cancelled();
      case TIMED_OUT -> new TimedOut(limits.wallTime().orElse(Duration.ZERO));
      case OUTPUT_LIMIT -> new LimitReached(Limit.OUTPUT);
      case MEMORY_LIMIT -> new LimitReached(Limit.MEMORY);
      case SIGNALED -> signaled(how.signal(), limits, usage);
    };
  }

  /**
   * Returns whether the limit is used up. The kernel sends SIGKILL where the hard limit is the soft
   * one. It counts ticks for the limit and nanoseconds for the usage: on a loaded machine these
   * differ.
   */
  private static boolean usedUp(Duration limit, Usage usage) {
    return usage.cpuTime().isPresent()
        && usage.cpuTime().get().multipliedBy(4).compareTo(limit.multipliedBy(3)) >= 0;
  }

  private static Ending signaled(int signal, Limits limits, Usage usage) {
    // SIGXCPU and SIGXFSZ have these numbers on x86-64, aarch64 (asm-generic/signal.h) and macOS.
    if (limits.cpuTime().isPresent()) {
      // A command can send itself SIGXCPU; only where the usage is unknown the signal decides.
      boolean used = usedUp(limits.cpuTime().get(), usage);
      if (signal == 24 && (used || usage.cpuTime().isEmpty()) || signal == 9 && used) {
        return new LimitReached(Limit.CPU_TIME);
      }
    }
    if (signal == 25 && limits.fileSize().isPresent()) {
      return new LimitReached(Limit.FILE_SIZE);
    }
    return new Signaled(signal);
  }
}
