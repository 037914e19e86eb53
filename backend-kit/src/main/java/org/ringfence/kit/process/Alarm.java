package org.ringfence.kit.process;

import java.time.Duration;

/** Runs tasks later. Thread-safe. */
@FunctionalInterface
public interface Alarm {
  /**
   * Runs a task once the time is over.
   *
   * @param time the time from now
   * @param task the task, which must be brief
   * @return drops the task if it has not begun
   */
  Runnable after(Duration time, Runnable task);
}
