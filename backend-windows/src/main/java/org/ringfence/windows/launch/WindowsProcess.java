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
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;
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

  private final WindowsSystem windows;
  private final Processes.Started started;
  private final Handle job;
  private final WindowsStreams streams;
  private final boolean killLeftovers;
  private final Runnable whenGone;
  private volatile boolean left;
  private final AtomicReference<Cause> intended = new AtomicReference<>();
  private final CountDownLatch settled = new CountDownLatch(1);

  WindowsProcess(
      WindowsSystem windows,
      Processes.Started started,
      Handle job,
      WindowsStreams streams,
      boolean killLeftovers,
      Runnable whenGone) {
    this.windows = windows;
    this.started = started;
    this.job = job;
    this.streams = streams;
    this.killLeftovers = killLeftovers;
    this.whenGone = whenGone;
  }

  /** Waits for the end on a thread of its own. */
  void watch() {
    Thread thread = new Thread(this::settle, "ringfence-process-" + started.pid());
    thread.setDaemon(true);
    thread.start();
  }

  private void settle() {
    int code = ENDED_BY_US;
    try {
      windows.processes().await(started.process(), -1);
      code = windows.processes().exitCode(started.process());
    } catch (WindowsCallException e) {
      LOG.warn("process {} cannot be waited for and is ended", started.pid(), e);
      end(Cause.DESTROYED);
    }
    if (killLeftovers || intended.get() != null) {
      endJob();
    }
    left = !killLeftovers && anyLeft();
    Cause cause = intended.get();
    ended(new Termination(cause == null ? Cause.EXITED : cause, code, 0));
    // Before Windows 11 24H2 this waits until the output has been read.
    streams.console().ifPresent(Handle::close);
    if (!left) {
      job.close();
    }
    started.thread().close();
    started.process().close();
    whenGone.run();
    settled.countDown();
  }

  private void endJob() {
    try {
      windows.jobs().terminate(job, ENDED_BY_US);
    } catch (WindowsCallException | IllegalStateException e) {
      // Closing the last handle ends them as well.
      LOG.debug("job of process {} cannot be ended", started.pid(), e);
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
      job.close();
    }
  }

  private boolean anyLeft() {
    try {
      return windows.jobs().activeProcesses(job) > 0;
    } catch (WindowsCallException e) {
      // Then there may be some.
      return true;
    }
  }

  /** Whether processes of it have been left after the command's own end. */
  boolean left() {
    return left;
  }

  @Override
  public void resize(TerminalSize size) {
    if (streams.console().isEmpty()) {
      super.resize(size);
    } else if (isAlive()) {
      try {
        windows.processes().resize(streams.console().get(), size.columns(), size.rows());
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
    return started.pid();
  }

  @Override
  public ProcessHandle toHandle() {
    return ProcessHandle.of(started.pid())
        .orElseThrow(() -> new UnsupportedOperationException("the process is gone"));
  }
}
