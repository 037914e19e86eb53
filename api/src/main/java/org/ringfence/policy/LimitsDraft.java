package org.ringfence.policy;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** Limits under construction. */
final class LimitsDraft {
  OptionalLong memory = OptionalLong.empty();
  OptionalLong processes = OptionalLong.empty();
  Optional<Duration> cpuTime = Optional.empty();
  OptionalLong openFiles = OptionalLong.empty();
  OptionalLong fileSize = OptionalLong.empty();
  Optional<Duration> wallTime = Optional.empty();
  OptionalLong outputBytes = OptionalLong.empty();
  Duration grace = Limits.NONE.grace();

  void from(Limits value) {
    memory = value.memory();
    processes = value.processes();
    cpuTime = value.cpuTime();
    openFiles = value.openFiles();
    fileSize = value.fileSize();
    wallTime = value.wallTime();
    outputBytes = value.outputBytes();
    grace = value.grace();
  }

  Limits build() {
    return new Limits(
        memory, processes, cpuTime, openFiles, fileSize, wallTime, outputBytes, grace);
  }
}
