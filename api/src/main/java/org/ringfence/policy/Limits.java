package org.ringfence.policy;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Upper bounds on a command's resources. An empty value means no bound.
 *
 * @param memory bytes of memory
 * @param processes processes and threads alive at a time
 * @param cpuTime processor time of each process, not of the tree; Linux and macOS count whole
 *     seconds and round up
 * @param openFiles descriptors open in one process
 * @param fileSize bytes of one file
 * @param wallTime time from the start until the sandbox asks the command to end; it kills the tree
 *     after the grace
 * @param outputBytes bytes written to standard output and standard error together
 * @param grace time between the request to end and the kill
 */
public record Limits(
    OptionalLong memory,
    OptionalLong processes,
    Optional<Duration> cpuTime,
    OptionalLong openFiles,
    OptionalLong fileSize,
    Optional<Duration> wallTime,
    OptionalLong outputBytes,
    Duration grace) {

  /** No bounds; two seconds of grace. */
  public static final Limits NONE =
      new Limits(
          OptionalLong.empty(),
          OptionalLong.empty(),
          Optional.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          Optional.empty(),
          OptionalLong.empty(),
          Duration.ofSeconds(2));

  /** Checks that every bound is positive. */
  public Limits {
    Objects.requireNonNull(grace, "grace");
    positive("limits.memory", memory);
    positive("limits.processes", processes);
    positive("limits.openFiles", openFiles);
    positive("limits.fileSize", fileSize);
    positive("limits.outputBytes", outputBytes);
    positive("limits.cpuTime", cpuTime);
    positive("limits.wallTime", wallTime);
    if (grace.isNegative()) {
      throw new InvalidPolicyException("limits.grace", grace.toString(), "a duration, 2s");
    }
  }

  static OptionalLong positive(String field, OptionalLong value) {
    if (value.isPresent() && value.getAsLong() <= 0) {
      throw new InvalidPolicyException(
          field, Long.toString(value.getAsLong()), "a number above 0, or leave it out");
    }
    return value;
  }

  static Optional<Duration> positive(String field, Optional<Duration> value) {
    if (value.isPresent() && (value.get().isZero() || value.get().isNegative())) {
      throw new InvalidPolicyException(
          field, value.get().toString(), "a duration above 0, or leave it out");
    }
    return value;
  }
}
