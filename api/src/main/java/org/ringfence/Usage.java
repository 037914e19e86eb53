package org.ringfence;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The resources that a command used. Empty where the system does not report them.
 *
 * @param cpuTime processor time of the command and of the descendants that it waited for (Linux
 *     under {@code landlock}, macOS: {@code wait4(2)}), or of all its processes (Windows: the job's
 *     accounting)
 * @param peakMemory the most bytes in memory at a time: of the largest single process (Linux,
 *     macOS), or of all together (Windows). On Linux, a process inherits the peak of the JVM that
 *     starts it, so that the figure is empty unless the command exceeds it
 * @param wallTime time from the start to the reported end
 */
public record Usage(Optional<Duration> cpuTime, OptionalLong peakMemory, Duration wallTime) {
  /** Checks that no part is null. */
  public Usage {
    Objects.requireNonNull(cpuTime, "cpuTime");
    Objects.requireNonNull(peakMemory, "peakMemory");
    Objects.requireNonNull(wallTime, "wallTime");
  }
}
