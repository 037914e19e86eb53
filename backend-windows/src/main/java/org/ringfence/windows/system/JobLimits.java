package org.ringfence.windows.system;

import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;

/**
 * Limits of a job; breaking away is never among them.
 *
 * @param killOnClose whether its processes end when the last handle to it is closed
 * @param processes the most processes that it holds at a time
 * @param memory bytes that all of its processes have committed
 * @param processCpuNanos processor time of each process, in nanoseconds
 * @param userInterface {@code JOB_OBJECT_UILIMIT_*}
 */
public record JobLimits(
    boolean killOnClose,
    OptionalLong processes,
    OptionalLong memory,
    OptionalLong processCpuNanos,
    int userInterface) {
  /**
   * All limits that PowerShell survives: not {@code HANDLES} and {@code GLOBALATOMS}, with which it
   * ends with 0xC0000142.
   */
  public static final int USER_INTERFACE = 0xDE;

  private static final long PAGE = 4096;
  private static final long TICK_NANOS = 100;

  /** Rounds to the kernel's units: whole pages and ticks, and no less than one of each. */
  public JobLimits {
    processes = map(processes, count -> Math.min(count, Integer.MAX_VALUE));
    memory = map(memory, bytes -> Math.max(PAGE, bytes / PAGE * PAGE));
    processCpuNanos =
        map(processCpuNanos, nanos -> Math.max(TICK_NANOS, nanos / TICK_NANOS * TICK_NANOS));
  }

  private static OptionalLong map(OptionalLong value, LongUnaryOperator change) {
    return value.isPresent()
        ? OptionalLong.of(change.applyAsLong(value.getAsLong()))
        : OptionalLong.empty();
  }
}
