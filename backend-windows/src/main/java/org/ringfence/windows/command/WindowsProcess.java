package org.ringfence.windows.command;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.ringfence.TerminalSize;
import org.ringfence.Termination.Cause;
import org.ringfence.kit.process.Alarm;
import org.ringfence.kit.process.ExitStatus;
import org.ringfence.kit.process.ManagedProcess;
import org.ringfence.windows.system.Jobs;
import org.ringfence.windows.system.WindowsCallException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process in a job. Windows has no request that asks an arbitrary program to end, so that every
 * termination ends the job at once.
 */
final class WindowsProcess extends ManagedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(WindowsProcess.class);

  /** The exit code of a process that this JVM ended; the same as Java's own on Windows. */
  private static final ExitStatus ENDED_BY_US = new ExitStatus(1, 0);

  private static final Duration SETTLING = Duration.ofSeconds(2);

  private final RunningCommand running;
  private final WindowsStreams streams;
  private final boolean killLeftovers;
  private final Runnable whenGone;
  private volatile boolean left;
  private final CountDownLatch settled = new CountDownLatch(1);

  WindowsProcess(
      long id,
      RunningCommand running,
      WindowsStreams streams,
      boolean killLeftovers,
      Alarm alarm,
      Runnable whenGone) {
    super(id, Duration.ZERO, alarm);
    this.running = running;
    this.streams = streams;
    this.killLeftovers = killLeftovers;
    this.whenGone = whenGone;
  }

  /** Waits for the end on a separate thread. */
  void watch() {
    Thread thread = new Thread(this::settle, "ringfence-process-" + running.pid());
    thread.setDaemon(true);
    thread.start();
  }

  private void settle() {
    ExitStatus status = ENDED_BY_US;
    try {
      status = new ExitStatus(running.await(), 0);
    } catch (WindowsCallException e) {
      LOG.warn("process {} cannot be waited for and is ended", running.pid(), e);
      intend(Cause.DESTROYED);
      kill();
    }
    if (killLeftovers || intended().isPresent()) {
      endJob();
    }
    left = !killLeftovers && running.anyLeft();
    dropAlarms();
    streams.settle(!left, SETTLING);
    Optional<Jobs.Used> used = running.used();
    ended(
        status.because(intended().orElse(null), ENDED_BY_US),
        used.map(all -> Duration.ofNanos(all.cpuNanos())),
        used.filter(all -> all.peakMemory() > 0)
            .map(all -> OptionalLong.of(all.peakMemory()))
            .orElse(OptionalLong.empty()));
    // Before Windows 11 24H2 this waits until the output has been read.
    running.closeConsole();
    running.release(left);
    whenGone.run();
    settled.countDown();
  }

  /** Never called: without a grace period a process is killed at once. */
  @Override
  protected void askToEnd() {
    throw new UnsupportedOperationException("Windows has no request that ends any program");
  }

  @Override
  protected void kill() {
    endJob();
  }

  private void endJob() {
    try {
      running.terminate();
    } catch (WindowsCallException | IllegalStateException e) {
      // Closing the last handle ends them as well.
      LOG.debug("job of process {} cannot be ended", running.pid(), e);
    }
  }

  /** Ends all remaining processes, even those that were to stay, and waits. */
  void endAndWait() {
    endNow();
    try {
      settled.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    endLeftovers();
  }

  private void endLeftovers() {
    if (left) {
      endJob();
      running.releaseJob();
    }
  }

  /** Returns whether processes remain after the command's own end. */
  boolean left() {
    return left;
  }

  @Override
  public void resize(TerminalSize size) {
    if (streams.terminal().isEmpty()) {
      super.resize(size);
    } else if (isAlive()) {
      try {
        running.resize(size.columns(), size.rows());
      } catch (WindowsCallException | IllegalStateException e) {
        LOG.debug("the console cannot be resized", e);
      }
    }
  }

  @Override
  public OutputStream getOutputStream() {
    return streams.input();
  }

  @Override
  public InputStream getInputStream() {
    return streams.output();
  }

  @Override
  public InputStream getErrorStream() {
    return streams.error();
  }

  @Override
  public boolean supportsNormalTermination() {
    return false;
  }

  @Override
  public long pid() {
    return running.pid();
  }

  @Override
  public ProcessHandle toHandle() {
    return ProcessHandle.of(running.pid())
        .orElseThrow(() -> new UnsupportedOperationException("the process is gone"));
  }
}
