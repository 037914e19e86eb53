package org.ringfence.kit.process;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends commands when their time is up. The timer starts its thread before any command: commands may
 * use up all threads of the user, and tasks that wait for commands may fill the caller's pools.
 */
public final class KillTimer implements Alarm, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KillTimer.class);

  private final ScheduledThreadPoolExecutor executor =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            Thread thread = new Thread(task, "ringfence-timer");
            thread.setDaemon(true);
            return thread;
          });

  /** Starts the timer's thread. */
  public KillTimer() {
    executor.setRemoveOnCancelPolicy(true);
    executor.prestartCoreThread();
  }

  /**
   * Runs a task after a delay; a closed timer runs nothing.
   *
   * @param time the delay
   * @param task the task; other tasks wait while it runs
   * @return an action that drops the task if it has not begun
   */
  @Override
  public Runnable after(Duration time, Runnable task) {
    try {
      var scheduled = executor.schedule(() -> run(task), time.toNanos(), TimeUnit.NANOSECONDS);
      return () -> scheduled.cancel(false);
    } catch (RejectedExecutionException e) {
      // The caller ends all commands before it closes the timer.
      return () -> {};
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.warn("a command may not have been ended in time", e);
    }
  }

  /** Ends the timer's thread. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
