package org.ringfence.linux.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The kernel's figures of a group, of all processes that were ever in it
 * (Documentation/admin-guide/cgroup-v2.rst).
 *
 * @param cpuTime processor time, in user mode and in the kernel; empty if unknown
 * @param peakMemory the most bytes at a time; empty before Linux 5.19
 * @param killed whether the kernel has killed a process because the group was at its limit of
 *     memory
 */
public record GroupFigures(Optional<Duration> cpuTime, OptionalLong peakMemory, boolean killed) {
  private static final String NONE = "";

  /** Reads the figures of a group. A file that cannot be read leaves its figure unknown. */
  static GroupFigures of(Path group) {
    OptionalLong micros = field(text(group, "cpu.stat"), "usage_usec");
    String peak = text(group, "memory.peak").strip();
    return new GroupFigures(
        micros.isPresent()
            ? Optional.of(Duration.of(micros.getAsLong(), ChronoUnit.MICROS))
            : Optional.empty(),
        number(peak),
        field(text(group, "memory.events"), "oom_kill").orElse(0) > 0);
  }

  private static String text(Path group, String file) {
    try {
      return Files.readString(group.resolve(file));
    } catch (IOException e) {
      return NONE;
    }
  }

  private static OptionalLong field(String text, String key) {
    return text.lines()
        .filter(line -> line.startsWith(key + " "))
        .map(line -> number(line.substring(key.length() + 1)))
        .findFirst()
        .orElse(OptionalLong.empty());
  }

  private static OptionalLong number(String text) {
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
