package org.ringfence.windows.system;

import java.util.OptionalLong;

/**
 * Limits of a job; breaking away is never among them.
 *
 * @param killOnClose whether its processes end when the last handle to it is closed
 * @param processes how many processes it holds at a time
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
   * All that PowerShell survives: not {@code HANDLES} and {@code GLOBALATOMS}, without which it
   * ends with 0xC0000142.
   */
  public static final int USER_INTERFACE = 0xDE;
}
