package org.ringfence.kit.process;

import java.time.Duration;

/** Runs tasks after a delay. Thread-safe. */
@FunctionalInterface
public interface Alarm {
  /**
   * Runs a task after a delay.
   *
   * @param time the delay
   * @param task the task, which must be brief
   * @return an action that drops the task if it has not begun
   */
  Runnable after(Duration time, Runnable task);
}
