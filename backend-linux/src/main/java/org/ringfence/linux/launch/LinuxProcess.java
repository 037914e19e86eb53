package org.ringfence.linux.launch;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ringfence.CommandSignal;
import org.ringfence.CommandSignal.Reach;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.kit.process.ExitStatus;
import org.ringfence.kit.process.ManagedProcess;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.MemoryHold;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.cgroup.GroupFigures;
import org.ringfence.linux.names.ExistingNames;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.restricted.CommandThread;
import org.ringfence.linux.restricted.SpawnOrders;
import org.ringfence.linux.stream.PseudoTerminal;
import org.ringfence.linux.stream.StreamPumps;
import org.ringfence.linux.supervise.SupervisedCommand;
import org.ringfence.linux.supervise.Supervisor;
import org.ringfence.linux.supervise.WallClock;
import org.ringfence.linux.task.Deadlines;
import org.ringfence.linux.task.MarkedProcesses;
import org.ringfence.spi.Launch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that a command thread has spawned. */
final class LinuxProcess extends ManagedProcess implements SupervisedCommand {
  private static final Logger LOG = LoggerFactory.getLogger(LinuxProcess.class);
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long KILL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  // linux/resource.h
  private static final int RUSAGE_SELF = 0;

  private final Kernel kernel;
  private final Supervisor supervisor;
  private final CommandThread commandThread;
  private final int wake;
  private final Optional<MemoryHold> memory;
  private final Optional<ExistingNames> names;
  private final Optional<MarkedProcesses> marked;
  private final Path directory;
  private final Object wakeLock = new Object();
  private final AtomicBoolean reported = new AtomicBoolean();
  private boolean rootSettled;
  private volatile boolean searched;
  private boolean searching;
  private volatile boolean rusage;
  private volatile Optional<GroupFigures> figures = Optional.empty();
  private final NativeBlock block = new NativeBlock(16);
  private final long one = block.allocate(8);
  private final WallClock.Timed timed = new WallClock.Timed(this);
  private boolean wakeClosed;
  private final Duration grace;
  private final SignalDelivery signals;
  private volatile ProcessHandle handle;
  private Streams streams;
  private Runnable whenGone = () -> {};

  /**
   * The parent's ends of the command's streams.
   *
   * @param input the command's input
   * @param inputPipe the pipe behind it, which is closed at the command's end
   * @param output the command's output
   * @param error its error output
   * @param terminal the terminal behind them or null
   * @param outputs both outputs; the process settles them at the command's end
   * @param copies the pumps that replace descriptors handed in
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
   * @param launch the command
   * @param memory keeps this JVM's memory from the command, and is closed when the command and its
   *     command thread are gone; empty where the command thread's child is bubblewrap, and the
   *     command below it, in namespaces from which no thread of this JVM can be traced
   * @param names searched when the command has ended, before its end is reported; empty if names
   *     are decided meanwhile
   * @param marked its processes, where neither a signal scope nor a namespace tells them from
   *     others
   */
  LinuxProcess(
      Launch launch,
      Kernel kernel,
      Supervisor supervisor,
      CommandThread commandThread,
      int wake,
      Optional<MemoryHold> memory,
      Optional<ExistingNames> names,
      Optional<MarkedProcesses> marked) {
    super(launch.id(), launch.limits().grace(), supervisor::after);
    this.memory = memory;
    this.names = names;
    this.marked = marked;
    this.searched = names.isEmpty();
    this.directory = launch.directory();
    this.kernel = kernel;
    this.supervisor = supervisor;
    this.commandThread = commandThread;
    this.wake = wake;
    this.grace = launch.limits().grace();
    this.signals =
        new SignalDelivery(kernel, commandThread, namespaced(), marked, this::requestSignal);
    block.setLong(one, 1);
  }

  @Override
  public WallClock.Timed timed() {
    return timed;
  }

  @Override
  public Optional<Path> startsIn(long arguments) {
    return namespaced() || commandThread.started() || !commandThread.executes(arguments)
        ? Optional.empty()
        : Optional.of(directory);
  }

  @Override
  public boolean executes(long arguments) {
    return !namespaced() && commandThread.executes(arguments);
  }

  @Override
  public Optional<MarkedProcesses> marked() {
    return marked;
  }

  /** Kills the command's processes where signals have no scope. */
  private void sweep(boolean alsoRoot) {
    if (marked.isPresent()) {
      marked.get().kill(alsoRoot ? commandThread.pid() : 0);
    } else if (!commandThread.scoped() && commandThread.pid() > 0) {
      new SessionSweep(kernel).kill(commandThread.pid(), alsoRoot);
    }
  }

  private boolean namespaced() {
    return memory.isEmpty();
  }

  /**
   * Takes the handle before the command thread can reap the process, then lets the command thread
   * continue.
   */
  void running(Streams ends, Runnable gone) {
    streams = ends;
    whenGone = gone;
    handle = ProcessHandle.of(commandThread.pid()).orElse(null);
    supervisor.events().started(this);
    ends.copies().start(() -> supervisor.settleSoon());
    commandThread.observed();
  }

  /** Frees the resources of a launch whose command did not start. */
  void abandon() {
    commandThread.free();
    // The command thread has reaped the process; its number stays taken while its session lives.
    sweep(false);
    memory.ifPresent(MemoryHold::close);
    closeWake();
    supervisor.remove(this);
    marked.ifPresent(MarkedProcesses::close);
  }

  /** Removes a process that has no command thread and never gets one. */
  void neverBegun() {
    memory.ifPresent(MemoryHold::close);
    supervisor.remove(this);
    closeWake();
    marked.ifPresent(MarkedProcesses::close);
  }

  /** Ends a started command that no caller receives. */
  void lost(Runnable gone) {
    whenGone = gone;
    endNow();
    commandThread.observed();
    Streams ends = streams;
    if (ends != null && ends.terminal() != null) {
      ends.terminal().close();
    }
  }

  /**
   * Makes the clock end the command, independently of all else; called before the start, so that no
   * command ever runs unbounded.
   */
  void boundWallTime(Duration time) {
    supervisor.clock().limit(timed, time.plus(grace).toNanos());
  }

  @Override
  public void timeIsUp() {
    intend(Termination.Cause.TIMED_OUT);
    killNow();
  }

  /** Allocates nothing where signals have a scope or processes a mark. */
  @Override
  public void killNow() {
    request(CommandThread.REQUEST_KILL);
    try {
      sweep(true);
    } catch (OutOfMemoryError e) {
      // The command itself is dead; its children end with the command thread's own signal, or
      // later.
      request(CommandThread.REQUEST_KILL);
    }
  }

  @Override
  public void settle() {
    if (commandThread.rootEnded() && !rootSettled && !copied()) {
      return;
    }
    if (commandThread.rootEnded() && !rootSettled) {
      supervisor.clock().disarm(timed);
      dropAlarms();
      if (commandThread.killsLeftovers()) {
        sweep(false);
      }
      ExitStatus status = statusOf(commandThread.status());
      figures = supervisor.figures(this);
      if (status.signal() == Constants.SIGKILL && figures.map(GroupFigures::killed).orElse(false)) {
        intend(Termination.Cause.MEMORY_LIMIT);
      }
      rusage = isWhole(commandThread.status());
      settleStreams(() -> searchThen(() -> endedOnce(terminationOf(status))));
      // Only now: the supervisor repeats a step that fails for want of memory.
      rootSettled = true;
    }
    if (!commandThread.done() || !commandThread.started()) {
      return;
    }
    if (!rootSettled) {
      // The wait itself failed; the command thread has killed the command.
      searchThen(() -> endedOnce(ExitStatus.KILLED.because(null)));
    }
    if (!searched) {
      return;
    }
    commandThread.free();
    memory.ifPresent(MemoryHold::close);
    closeWake();
    supervisor.remove(this);
    marked.ifPresent(MarkedProcesses::close);
    whenGone.run();
  }

  /**
   * Searches for names that the command has made, on another thread, before its end is reported.
   */
  private synchronized void searchThen(Runnable report) {
    if (names.isEmpty()) {
      report.run();
    } else if (!searching) {
      searching = true;
      names
          .get()
          .atEnd(
              commandId(),
              commandThread.pid(),
              () -> supervisor.firsts().awaitEnd(commandThread.pid()),
              supervisor.events()::tell,
              () -> {
                report.run();
                searched = true;
                supervisor.settleSoon();
              });
    }
  }

  /** Returns whether all output has reached its place; if not, the end is reported when it has. */
  private boolean copied() {
    return streams == null || streams.copies().commandEnded(intended().isPresent());
  }

  /** Takes the command's remaining output from its pipes, before its end is reported. */
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
    // Another program may hold open a pipe that the command passed on.
    Deadlines.Deadline patience =
        supervisor.schedule(SETTLE_NANOS, () -> streams.outputs().settleNow());
    streams
        .outputs()
        .settle(
            commandThread.killsLeftovers() && streams.terminal() == null,
            () -> {
              supervisor.cancel(patience);
              then.run();
            });
  }

  /** Reports the end after all events of the command, or when that takes too long. */
  private void endedOnce(Termination how) {
    if (reported.get()) {
      return;
    }
    try {
      supervisor.events().afterTold(() -> report(how));
    } catch (OutOfMemoryError e) {
      // The end matters more than the events before it.
      report(how);
    }
  }

  /**
   * Returns a peak only above this JVM's own: a program inherits the peak of the process that
   * spawned it (exec_mmap in fs/exec.c keeps it).
   */
  private OptionalLong peakMemory() {
    try (NativeBlock block = new NativeBlock(SpawnOrders.USAGE_BYTES + 16)) {
      long at = block.allocate(SpawnOrders.USAGE_BYTES);
      boolean known = kernel.call(Syscall.GETRUSAGE, RUSAGE_SELF, at) == 0;
      long own = block.getLong(at + SpawnOrders.USAGE_PEAK);
      return known && commandThread.usedPeakKib() > own
          ? OptionalLong.of(commandThread.usedPeakKib() * 1024)
          : OptionalLong.empty();
    }
  }

  private void report(Termination how) {
    if (!reported.compareAndSet(false, true)) {
      return;
    }
    boolean done = false;
    try {
      Optional<Duration> cpuTime = figures.flatMap(GroupFigures::cpuTime);
      OptionalLong peak = figures.map(GroupFigures::peakMemory).orElse(OptionalLong.empty());
      if (rusage && cpuTime.isEmpty()) {
        cpuTime = Optional.of(Duration.of(commandThread.usedCpuMicros(), ChronoUnit.MICROS));
      }
      ended(how, cpuTime, rusage && peak.isEmpty() ? peakMemory() : peak);
      done = true;
    } finally {
      if (!done) {
        reported.set(false);
      }
    }
  }

  /**
   * Returns whether the usage is that of the command, too: whether bubblewrap has waited for the
   * process above it, or for the command itself where it has no namespace of processes.
   */
  private boolean isWhole(int status) {
    return !namespaced()
        || ExitStatus.ofWait(status).signal() == 0
            && (!commandThread.killsLeftovers()
                || supervisor.firsts().awaited(commandThread.pid()));
  }

  private ExitStatus statusOf(int status) {
    ExitStatus ended = ExitStatus.ofWait(status);
    if (!namespaced() || ended.signal() != 0) {
      return ended;
    }
    // bubblewrap reports a signal of the command as a shell does.
    return ExitStatus.ofShell(
        supervisor.firsts().status(commandThread.pid()).orElse(ended.value()));
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
        commandThread.request(what, wake, one);
      }
    }
  }

  /** Its leftover processes may exist after the command's end. */
  @Override
  protected boolean canBeEnded() {
    synchronized (wakeLock) {
      return !wakeClosed;
    }
  }

  @Override
  protected void kill() {
    sweep(true);
    if (supervisor.firsts().kill(commandThread.pid())) {
      // bubblewrap ends by itself, after it has waited for the namespace.
      supervisor.schedule(KILL_NANOS, () -> request(CommandThread.REQUEST_KILL));
    } else {
      request(CommandThread.REQUEST_KILL);
    }
    if (commandThread.rootEnded() && streams != null) {
      streams.copies().commandEnded(true);
    }
  }

  @Override
  protected void askToEnd() {
    if (namespaced()) {
      signals.askToEnd();
    } else {
      request(CommandThread.REQUEST_TERM);
    }
  }

  @Override
  public Set<CommandSignal> signals() {
    return Set.of(CommandSignal.values());
  }

  @Override
  public boolean signal(CommandSignal signal, Reach reach) {
    return isAlive() && signals.send(signal, reach);
  }

  private long requestSignal(int number, boolean group) {
    synchronized (wakeLock) {
      return wakeClosed ? 0 : commandThread.signal(number, group, wake, one);
    }
  }

  /** Records that from now on the caller ends the command. */
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
    return commandThread.pid();
  }

  @Override
  public ProcessHandle toHandle() {
    if (handle == null) {
      throw new UnsupportedOperationException("this system gives no handle for the process");
    }
    return handle;
  }
}
