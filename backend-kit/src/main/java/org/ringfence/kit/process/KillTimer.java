package org.ringfence.kit.process;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends commands when their time is up, on a thread of its own that is there before they are:
 * commands may take all threads that a user can have, and the pools of a caller may be full of
 * those who wait for commands.
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

  /** Starts its thread. */
  public KillTimer() {
    executor.setRemoveOnCancelPolicy(true);
    executor.prestartCoreThread();
  }

  /**
   * Runs something later; nothing, once this is closed.
   *
   * @param time how much later
   * @param task what to run; others wait while it does
   * @return drops it, when it has not begun
   */
  @Override
  public Runnable after(Duration time, Runnable task) {
    try {
      var scheduled = executor.schedule(() -> run(task), time.toNanos(), TimeUnit.NANOSECONDS);
      return () -> scheduled.cancel(false);
    } catch (RejectedExecutionException e) {
      // Whoever has closed this has ended all commands.
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

  /** Ends its thread. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
