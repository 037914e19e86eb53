package org.ringfence.linux.launch;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.kit.process.ExitStatus;
import org.ringfence.kit.process.ManagedProcess;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Syscall;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that a keeper has spawned. */
final class LinuxProcess extends ManagedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(LinuxProcess.class);
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(2);

  // linux/resource.h
  private static final int RUSAGE_SELF = 0;

  private final Kernel kernel;
  private final Supervisor supervisor;
  private final Keeper keeper;
  private final int wake;
  private final boolean namespaced;
  private final Object wakeLock = new Object();
  private final AtomicBoolean reported = new AtomicBoolean();
  private boolean rootSettled;
  private volatile boolean rusage;
  private final NativeBlock block = new NativeBlock(16);
  private final long one = block.allocate(8);
  private final WallClock.Timed timed = new WallClock.Timed(this);
  private boolean wakeClosed;
  private final Duration grace;
  private volatile ProcessHandle handle;
  private Streams streams;
  private Runnable whenGone = () -> {};

  /**
   * The parent's ends of the command's streams.
   *
   * @param input what the command reads
   * @param inputPipe the pipe behind it, which is closed at the command's end
   * @param output what the command writes
   * @param error what it writes as errors
   * @param terminal the terminal behind them or null
   * @param outputs both outputs, to be settled at the command's end
   * @param copies copy in the place of descriptors that were handed in
   */
  record Streams(
      OutputStream input,
      Closeable inputPipe,
      InputStream output,
      InputStream error,
      PseudoTerminal terminal,
      CommandOutputs outputs,
      StreamPumps copies) {}

  /**
   * A process about to be started.
   *
   * @param id the command's number
   * @param namespaced whether the keeper's child is bubblewrap, and the command below it
   */
  LinuxProcess(
      long id,
      Kernel kernel,
      Supervisor supervisor,
      Keeper keeper,
      int wake,
      Duration grace,
      boolean namespaced) {
    super(id, grace, supervisor::after);
    this.namespaced = namespaced;
    this.kernel = kernel;
    this.supervisor = supervisor;
    this.keeper = keeper;
    this.wake = wake;
    this.grace = grace;
    block.setLong(one, 1);
  }

  WallClock.Timed timed() {
    return timed;
  }

  Keeper keeper() {
    return keeper;
  }

  /** Takes the handle while the process cannot have been reaped, then lets the keeper go on. */
  void running(Streams ends, Runnable gone) {
    streams = ends;
    whenGone = gone;
    handle = ProcessHandle.of(keeper.pid()).orElse(null);
    supervisor.events().started(this);
    ends.copies().start(() -> supervisor.settleSoon());
    keeper.observed();
  }

  /** The command did not start: frees what the launch took. */
  void abandon() {
    keeper.free();
    closeWake();
    supervisor.remove(this);
  }

  /** It has no keeper, and never will. */
  void neverBegun() {
    supervisor.remove(this);
    closeWake();
  }

  /** Nobody gets it, though it has started: it goes. */
  void lost(Runnable gone) {
    whenGone = gone;
    endNow();
    keeper.observed();
  }

  /**
   * Has the clock end the command, whatever becomes of everything else; before it starts, so that
   * no command ever runs without.
   */
  void boundWallTime(Duration time) {
    supervisor.clock().limit(timed, time.plus(grace).toNanos());
  }

  /** Called by the clock, which allocates nothing, when time and grace are over. */
  void timeIsUp() {
    intend(Termination.Cause.TIMED_OUT);
    killNow();
  }

  /** Kills what is left of the command; allocates nothing where signals have a scope. */
  void killNow() {
    request(Keeper.REQUEST_KILL);
    if (!keeper.scoped() && keeper.pid() > 0) {
      try {
        new SessionSweep(kernel).kill(keeper.pid(), true);
      } catch (OutOfMemoryError e) {
        // The command itself is dead; its children end with the keeper's own signal, or later.
        request(Keeper.REQUEST_KILL);
      }
    }
  }

  /** Called by the supervisor when the keeper has news. */
  void settle() {
    if (keeper.rootEnded() && !rootSettled && !copied()) {
      return;
    }
    if (keeper.rootEnded() && !rootSettled) {
      supervisor.clock().disarm(timed);
      dropAlarms();
      if (!keeper.scoped() && keeper.killsLeftovers()) {
        new SessionSweep(kernel).kill(keeper.pid(), false);
      }
      ExitStatus status = statusOf(keeper.status());
      // bubblewrap's process ends before the one that it would have to wait for.
      rusage = !namespaced;
      settleStreams(() -> endedOnce(terminationOf(status)));
      // Only now: what fails for want of memory is done again.
      rootSettled = true;
    }
    if (!keeper.done() || !keeper.started()) {
      return;
    }
    if (!rootSettled) {
      // The wait itself failed; the keeper has killed the command.
      endedOnce(ExitStatus.KILLED.because(null));
    }
    keeper.free();
    closeWake();
    supervisor.remove(this);
    whenGone.run();
  }

  /** Whether all that was written is where it belongs; if not, the end is told when it is. */
  private boolean copied() {
    return streams == null || streams.copies().commandEnded(intended().isPresent());
  }

  /** Takes what the command left in its pipes, before its end is reported. */
  private void settleStreams(Runnable then) {
    if (streams == null) {
      then.run();
      return;
    }
    try {
      streams.inputPipe().close();
    } catch (IOException e) {
      LOG.debug("standard input is gone", e);
    }
    // Another program may hold a pipe open that the command passed on.
    Deadlines.Deadline patience =
        supervisor.schedule(SETTLE_NANOS, () -> streams.outputs().settleNow());
    streams
        .outputs()
        .settle(
            keeper.killsLeftovers() && streams.terminal() == null,
            () -> {
              supervisor.cancel(patience);
              then.run();
            });
  }

  /** Reports the end when all events of the command have been told, or that takes too long. */
  private void endedOnce(Termination how) {
    if (reported.get()) {
      return;
    }
    try {
      supervisor.events().afterTold(() -> report(how));
    } catch (OutOfMemoryError e) {
      // The end is worth more than what waits to be told before it.
      report(how);
    }
  }

  /**
   * A program inherits the peak of the memory that it was started from, which is this JVM's
   * (exec_mmap in fs/exec.c keeps it). Only a figure above that is the command's own.
   */
  private OptionalLong peakMemory() {
    try (NativeBlock block = new NativeBlock(KeeperOrders.USAGE_BYTES + 16)) {
      long at = block.allocate(KeeperOrders.USAGE_BYTES);
      boolean known = kernel.call(Syscall.GETRUSAGE, RUSAGE_SELF, at) == 0;
      long own = block.getLong(at + KeeperOrders.USAGE_PEAK);
      return known && keeper.usedPeakKib() > own
          ? OptionalLong.of(keeper.usedPeakKib() * 1024)
          : OptionalLong.empty();
    }
  }

  private void report(Termination how) {
    if (!reported.compareAndSet(false, true)) {
      return;
    }
    boolean done = false;
    try {
      if (rusage) {
        ended(
            how, Optional.of(Duration.of(keeper.usedCpuMicros(), ChronoUnit.MICROS)), peakMemory());
      } else {
        ended(how);
      }
      done = true;
    } finally {
      if (!done) {
        reported.set(false);
      }
    }
  }

  private ExitStatus statusOf(int status) {
    ExitStatus ended = ExitStatus.ofWait(status);
    // bubblewrap reports a signal of the command as a shell does.
    return namespaced && ended.signal() == 0 ? ExitStatus.ofShell(ended.value()) : ended;
  }

  private void closeWake() {
    synchronized (wakeLock) {
      if (!wakeClosed) {
        wakeClosed = true;
        new Descriptors(kernel).close(wake);
        block.close();
      }
    }
  }

  private void request(int what) {
    synchronized (wakeLock) {
      if (!wakeClosed) {
        keeper.request(what, wake, one);
      }
    }
  }

  /** Processes that the command has left may be there after its end. */
  @Override
  protected boolean canBeEnded() {
    synchronized (wakeLock) {
      return !wakeClosed;
    }
  }

  @Override
  protected void kill() {
    if (!keeper.scoped()) {
      new SessionSweep(kernel).kill(keeper.pid(), true);
    }
    request(Keeper.REQUEST_KILL);
    if (keeper.rootEnded() && streams != null) {
      streams.copies().commandEnded(true);
    }
  }

  @Override
  protected void askToEnd() {
    if (namespaced) {
      Bubblewrap.commandOf(kernel, keeper.pid())
          .ifPresent(pid -> kernel.call(Syscall.KILL, pid, Constants.SIGTERM));
    } else {
      request(Keeper.REQUEST_TERM);
    }
  }

  /** What ends it from now on is the caller's doing. */
  void cancel() {
    intend(Termination.Cause.DESTROYED);
  }

  @Override
  public void resize(TerminalSize size) {
    if (streams.terminal() == null) {
      super.resize(size);
      return;
    }
    streams.terminal().resize(size);
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
  public long pid() {
    return keeper.pid();
  }

  @Override
  public ProcessHandle toHandle() {
    if (handle == null) {
      throw new UnsupportedOperationException("this system gives no handle for the process");
    }
    return handle;
  }
}
