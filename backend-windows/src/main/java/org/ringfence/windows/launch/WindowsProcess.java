package org.ringfence.windows.launch;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.Termination.Cause;
import org.ringfence.spi.WatchedProcess;
import org.ringfence.windows.system.WindowsCallException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process in a job of its own. Windows has nothing to ask an unknown program to end with, so that
 * every way to end it ends the job at once.
 */
final class WindowsProcess extends WatchedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(WindowsProcess.class);

  /** What a process that this JVM has ended exits with; the same as Java's own on Windows. */
  private static final int ENDED_BY_US = 1;

  private static final int SETTLE_SECONDS = 2;

  private final RunningCommand running;
  private final WindowsStreams streams;
  private final boolean killLeftovers;
  private final Runnable whenGone;
  private volatile boolean left;
  private final AtomicReference<Cause> intended = new AtomicReference<>();
  private final CountDownLatch settled = new CountDownLatch(1);

  WindowsProcess(
      long id,
      RunningCommand running,
      WindowsStreams streams,
      boolean killLeftovers,
      Runnable whenGone) {
    super(id);
    this.running = running;
    this.streams = streams;
    this.killLeftovers = killLeftovers;
    this.whenGone = whenGone;
  }

  /** Waits for the end on a thread of its own. */
  void watch() {
    Thread thread = new Thread(this::settle, "ringfence-process-" + running.pid());
    thread.setDaemon(true);
    thread.start();
  }

  private void settle() {
    int code = ENDED_BY_US;
    try {
      code = running.await();
    } catch (WindowsCallException e) {
      LOG.warn("process {} cannot be waited for and is ended", running.pid(), e);
      end(Cause.DESTROYED);
    }
    if (killLeftovers || intended.get() != null) {
      endJob();
    }
    left = !killLeftovers && running.anyLeft();
    settleStreams();
    ended(terminationOf(code));
    // Before Windows 11 24H2 this waits until the output has been read.
    running.closeConsole();
    running.release(left);
    whenGone.run();
    settled.countDown();
  }

  /** Counts what the command left in its pipes. */
  private void settleStreams() {
    CountDownLatch counted = new CountDownLatch(1);
    streams.settle(!left, counted::countDown);
    try {
      if (!counted.await(SETTLE_SECONDS, TimeUnit.SECONDS)) {
        streams.settleNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Termination terminationOf(int code) {
    Cause cause = intended.get();
    if (cause == Cause.OUTPUT_LIMIT && code == 0) {
      // It had ended by itself when the last of its bytes were counted.
      return new Termination(cause, ENDED_BY_US, 0);
    }
    return new Termination(cause == null ? Cause.EXITED : cause, code, 0);
  }

  private void endJob() {
    try {
      running.terminate();
    } catch (WindowsCallException | IllegalStateException e) {
      // Closing the last handle ends them as well.
      LOG.debug("job of process {} cannot be ended", running.pid(), e);
    }
  }

  void end(Cause cause) {
    if (isAlive()) {
      intended.compareAndSet(null, cause);
      endJob();
    }
  }

  /** Ends whatever is left of it, also what was to stay, and waits. */
  void endNow() {
    end(Cause.DESTROYED);
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

  /** Whether processes of it have been left after the command's own end. */
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
  public void destroy() {
    end(Cause.DESTROYED);
  }

  @Override
  public Process destroyForcibly() {
    end(Cause.DESTROYED);
    return this;
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
