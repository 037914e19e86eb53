package org.ringfence.conformance.stage;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.ringfence.policy.path.PathStyle;

/**
 * The time to wait for an event that has to come. The floor is enough on an idle machine. After it,
 * this class times a control of the same kind, and waits for a multiple of that time: a machine
 * under load causes no false alarm, and a loss is still detected.
 */
public final class Patience {
  /** Tests whether the event has come. */
  @FunctionalInterface
  public interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  /** Performs once, outside any sandbox, the kind of work that the wait is for. */
  @FunctionalInterface
  public interface Control {
    void run() throws IOException, InterruptedException;
  }

  private static final long LOOK_MILLIS = 10;
  private static final long END_MILLIS = TimeUnit.MINUTES.toMillis(10);

  /** Starts a shell and a program of it, on POSIX in a separate session, and ends both. */
  private static final Control PROCESSES =
      () ->
          (PathStyle.current() == PathStyle.WINDOWS
                  ? new ProcessBuilder("cmd.exe", "/d", "/c", "cmd.exe /d /c exit")
                  : new ProcessBuilder("/bin/sh", "-c", "setsid sleep 0 & wait"))
              .start()
              .waitFor();

  private final Duration floor;
  private final int times;
  private final Control control;

  /**
   * Makes one.
   *
   * @param floor the minimum wait
   * @param times the multiple of the control's time
   * @param control the work to time
   */
  public Patience(Duration floor, int times, Control control) {
    this.floor = floor;
    this.times = times;
    this.control = control;
  }

  /**
   * Creates one for processes that start or end.
   *
   * @param floor the minimum wait
   */
  public static Patience forProcesses(Duration floor) {
    return new Patience(floor, 100, PROCESSES);
  }

  /**
   * Waits.
   *
   * @param condition holds when the event has come
   * @return false if it has not come in that time
   */
  public boolean until(Condition condition) throws IOException, InterruptedException {
    long start = System.nanoTime();
    long end = floor.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - start > end) {
        end = Math.max(end, timesControl());
        if (System.nanoTime() - start > end) {
          // It may have come while the control ran.
          return condition.holds();
        }
      }
      Thread.sleep(LOOK_MILLIS);
    }
    return true;
  }

  /**
   * Waits for a process to end.
   *
   * @return false if it has not ended in that time
   */
  public boolean untilEnded(Process process) throws IOException, InterruptedException {
    return process.waitFor(floor.toNanos(), TimeUnit.NANOSECONDS)
        || until(() -> !process.isAlive());
  }

  private long timesControl() throws IOException, InterruptedException {
    long start = System.nanoTime();
    control.run();
    return Math.min((System.nanoTime() - start) * times, TimeUnit.MILLISECONDS.toNanos(END_MILLIS));
  }
}
