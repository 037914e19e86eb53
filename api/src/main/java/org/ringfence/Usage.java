package org.ringfence;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The resources that a command used. Empty where the system does not report them.
 *
 * <ul>
 *   <li>Linux, where a control group limits memory or processes: all processes of the command, as
 *       the kernel counts them for the group until the command's end.
 *   <li>Else {@code landlock}, macOS: the command and the descendants that a parent has waited for
 *       ({@code wait4(2)}).
 *   <li>{@code bubblewrap}: the same, the orphans that ended before the command, and the set-up by
 *       bubblewrap, which takes some milliseconds. Empty where Ringfence had to kill bubblewrap
 *       itself, and where the kernel has no seccomp listener.
 *   <li>Windows: all processes of the command, those included that were killed at its end (the
 *       job's accounting).
 *   <li>WSL2: as under the Linux backend that the guest uses; empty without Java in the
 *       distribution.
 * </ul>
 *
 * @param cpuTime processor time, in user mode and in the kernel
 * @param peakMemory the most bytes at a time: in the memory of the largest single process (Linux,
 *     macOS), or of all together (Windows: committed; a control group, from Linux 5.19 on: with the
 *     cached parts of files). On Linux without a control group a process inherits the peak of the
 *     JVM that starts it, so that the figure is empty unless a process of the command exceeds it
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
