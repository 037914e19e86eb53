package org.ringfence.plan;

import java.time.Duration;
import org.ringfence.policy.Limits;

/** Sentences about limits that several backends share. */
public final class LimitStatements {
  private static final long SECOND_MILLIS = 1_000;

  private LimitStatements() {}

  /**
   * Returns the promise of an RLIMIT_CPU: whole seconds, for each process by itself.
   *
   * @param time the processor time that the policy names
   * @return the promise, with the time rounded up
   */
  public static String cpuTime(Duration time) {
    return "Each process uses at most "
        + wholeSeconds(time)
        + " s of processor time; a tree of several uses as much for each";
  }

  /**
   * Returns the bound that an RLIMIT_CPU can express.
   *
   * @param time the processor time that the policy names
   * @return seconds, rounded up, at least 1
   */
  public static long wholeSeconds(Duration time) {
    return Math.max(1, (time.toMillis() + SECOND_MILLIS - 1) / SECOND_MILLIS);
  }

  /**
   * Returns the promise of a wall time after which the sandbox asks the command to end and then
   * kills the tree.
   *
   * @param limits limits with a wall time
   * @return the promise, with the grace after the wall time
   */
  public static String wallTime(Limits limits) {
    String text = "The command is asked to end after " + limits.wallTime().orElseThrow().toMillis();
    return limits.grace().isZero()
        ? "The tree is killed after " + limits.wallTime().orElseThrow().toMillis() + " ms"
        : text + " ms, and the tree is killed " + limits.grace().toMillis() + " ms later";
  }
}
