package org.ringfence.kit.process;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.ringfence.Termination;
import org.ringfence.Termination.Cause;
import org.ringfence.spi.WatchedProcess;

/**
 * A process that limits or the host can end: first by a request, then by force after the grace
 * period. The first cause counts. Thread-safe.
 *
 * <p>A backend implements the request and the kill.
 */
public abstract class ManagedProcess extends WatchedProcess {
  private static final Runnable NOTHING = () -> {};

  private final Duration grace;
  private final Alarm alarm;
  private final AtomicReference<Cause> intended = new AtomicReference<>();
  private volatile Runnable wallTime = NOTHING;
  private volatile Runnable killTime = NOTHING;

  /**
   * For backends.
   *
   * @param commandId the number of the command
   * @param grace the time between the request and the kill; zero kills at once
   * @param alarm runs the kill when the grace period is over
   */
  protected ManagedProcess(long commandId, Duration grace, Alarm alarm) {
    super(commandId);
    this.grace = grace;
    this.alarm = alarm;
  }

  /** Asks the process to end, as {@code SIGTERM} does. */
  protected abstract void askToEnd();

  /** Kills the process and all processes that it has started. */
  protected abstract void kill();

  /**
   * Returns the cause that the host had for ending the process.
   *
   * @return the first cause, or empty
   */
  protected final Optional<Cause> intended() {
    return Optional.ofNullable(intended.get());
  }

  /**
   * Records the cause of the end; an earlier cause stays.
   *
   * @param cause the cause
   */
  protected final void intend(Cause cause) {
    intended.compareAndSet(null, cause);
  }

  /**
   * Joins the reported end with the cause.
   *
   * @param status the end that the system reports
   * @return the termination of the command
   */
  protected final Termination terminationOf(ExitStatus status) {
    return status.because(intended.get());
  }

  /**
   * Ends the process when its wall time is over.
   *
   * @param time the time from now
   */
  public final void limitWallTime(Duration time) {
    wallTime = alarm.after(time, () -> end(Cause.TIMED_OUT, grace));
  }

  /** Cancels the alarms of a process that has ended. */
  protected final void dropAlarms() {
    wallTime.run();
    killTime.run();
  }

  /**
   * Returns whether any process is left to end.
   *
   * @return false once the command and all processes that it has started are gone
   */
  protected boolean canBeEnded() {
    return isAlive();
  }

  /** Ends the process because it exceeded the output limit. */
  public final void outputLimitReached() {
    end(Cause.OUTPUT_LIMIT, Duration.ZERO);
  }

  /** Ends the process because its processes together exceeded the memory limit. */
  public final void memoryLimitReached() {
    end(Cause.MEMORY_LIMIT, Duration.ZERO);
  }

  /** Kills the process because the sandbox closes. */
  public final void endNow() {
    end(Cause.DESTROYED, Duration.ZERO);
  }

  private void end(Cause cause, Duration patience) {
    // Its last bytes are counted after the process has gone, and may be too many.
    if (isAlive()) {
      intend(cause);
    }
    if (!canBeEnded()) {
      return;
    }
    if (patience.isZero()) {
      kill();
      return;
    }
    askToEnd();
    killTime =
        alarm.after(
            patience,
            () -> {
              if (canBeEnded()) {
                kill();
              }
            });
  }

  @Override
  public final void destroy() {
    end(Cause.DESTROYED, grace);
  }

  @Override
  public final Process destroyForcibly() {
    end(Cause.DESTROYED, Duration.ZERO);
    return this;
  }

  @Override
  public boolean supportsNormalTermination() {
    return true;
  }
}
