package org.ringfence.linux.supervise;

import static org.ringfence.linux.bind.Constants.CLONE_FS;
import static org.ringfence.linux.bind.Constants.EPOLLHUP;
import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.EPOLLOUT;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.EventPoll;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.files.FileLocks;
import org.ringfence.linux.files.MetadataCalls;
import org.ringfence.linux.files.NameCalls;
import org.ringfence.linux.net.SandboxNetwork;
import org.ringfence.linux.path.NameDecisions;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.Reporter;
import org.ringfence.linux.socket.SocketRoom;
import org.ringfence.linux.task.CallerRights;
import org.ringfence.linux.task.CoreDumps;
import org.ringfence.linux.task.Deadlines;
import org.ringfence.linux.task.Exhaustion;
import org.ringfence.linux.task.HeldCall;
import org.ringfence.linux.task.OwnDescriptors;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.WaitingCalls;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.EventSink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An unrestricted thread per sandbox that answers the calls that the seccomp filters send to it and
 * notices ended commands; when a call blocks it, the next thread takes over. It wakes up through
 * one epoll descriptor. The {@link WallClock} ends commands in time.
 */
public final class Supervisor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
  private static final long EVENT_DATA = 0;
  private static final long LISTENER_DATA = 1;
  private static final long MOUNT_DATA = 2;
  private static final int EPOLLPRI = 2;
  private static final long SOON_NANOS = 200_000;
  private static final long PROCESS_DATA = 1L << 32;
  private static final long CONNECT_DATA = 2L << 32;
  private static final long END_DATA = 3L << 32;
  private static final int MOST_EVENTS = 32;
  private static final int EPERM = Errno.EPERM.value();
  private static final int EAGAIN = Errno.EAGAIN.value();
  private static final int ENOMEM = Errno.ENOMEM.value();
  private static final int MOST_SERVERS = 64;
  private static final int RETRY_MILLIS = 50;
  private static final long STUCK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long LONGEST_WAIT_MILLIS = 60_000;

  private final Kernel kernel;
  private final Descriptors descriptors;
  private final EventPoll poll;
  private final Set<SupervisedCommand> commands = ConcurrentHashMap.newKeySet();
  private final Deadlines deadlines = new Deadlines();
  private final Map<Integer, Syscall> trapped = new HashMap<>();
  private final DecidedCalls decided;
  private final LimitGate gate;
  private final WaitingCalls waiting;
  private final SandboxNetwork network;
  private final EventOrder events;
  private final Reporter reporter;
  private final SetUpPhase setUp;
  private final FirstProcesses firsts;
  private final CommandAudit audit;
  private final PathResolver paths;
  private final MountWatch mounts;
  private final WallClock clock;
  private final AtomicInteger servers = new AtomicInteger();
  private volatile Thread server;
  // The time at which the serving thread began its current call; 0 if it has none.
  private volatile long busySince;
  private volatile boolean unsettled;
  private volatile boolean closed;
  private volatile int listener = -1;

  /**
   * Starts the thread.
   *
   * @param kernel the system calls
   * @param view the policy and how the sandbox sees paths
   * @param supervision which calls it answers
   * @param user user and group of this JVM
   * @param cgroup the cgroup that limits commands, or null
   * @param room a network namespace for inet sockets, closed with this; null for this JVM's
   * @param listener receives the events
   */
  public Supervisor(
      Kernel kernel,
      FileView view,
      Supervision supervision,
      int[] user,
      SandboxCgroup cgroup,
      SocketRoom room,
      EventSink listener)
      throws IOException {
    EffectivePolicy policy = view.policy();
    this.paths = new PathResolver(kernel, supervision.inNamespaces(), view.ownProcesses());
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
    this.events = new EventOrder(this, listener);
    this.reporter = events.reporter();
    CallerRights rights = new CallerRights(kernel, user[0] == 0);
    this.waiting = new WaitingCalls(kernel, rights);
    OwnDescriptors ownDescriptors = new OwnDescriptors(kernel);
    NameDecisions names = new NameDecisions(kernel, paths, view, reporter::violation);
    this.network =
        new SandboxNetwork(
            new SandboxNetwork.Setting(
                kernel,
                paths,
                view,
                names,
                supervision,
                policy.policy().network(),
                user[0] == 0,
                reporter,
                deadlines,
                waiting,
                ownDescriptors,
                room),
            listener,
            this::watchConnect,
            fd -> poll().remove(fd));
    NameCalls calls =
        new NameCalls(
            kernel, paths, view, supervision, network.own(), names, reporter::violation, waiting);
    this.decided =
        new DecidedCalls(
            rights,
            calls,
            new MetadataCalls(
                kernel, paths, view, names.git(), calls.guard(), user[0], reporter::violation),
            new FileLocks(kernel, paths, view, reporter::violation, waiting),
            network,
            ownDescriptors,
            new CoreDumps(kernel),
            waiting);
    this.gate =
        new LimitGate(
            kernel, policy.policy().limits(), cgroup, LimitGate.processesAbove(view, supervision));
    this.audit =
        supervision.commands() && listener.observes().contains(EventSink.Observation.COMMANDS)
            ? new CommandAudit(kernel, paths, reporter)
            : null;
    for (Syscall syscall : Syscall.values()) {
      trapped.put(syscall.number(kernel.arch()), syscall);
    }
    this.poll = new EventPoll(kernel);
    this.firsts = new FirstProcesses(kernel, poll, END_DATA);
    this.setUp =
        supervision.inNamespaces()
            ? new SetUpPhase(
                kernel,
                filters(kernel) + 1,
                action -> deadlines.add(SOON_NANOS, action),
                firsts::take)
            : null;
    poll.add(poll.event(), EPOLLIN, EVENT_DATA);
    this.mounts = new MountWatch(descriptors, policy);
    poll.add(mounts.descriptor(), EPOLLPRI, MOUNT_DATA);
    this.clock = new WallClock(kernel, this::takeOverWhenStuck);
    begin();
  }

  /** Makes a new thread serve; the previous one ends after its current call. */
  private void begin() {
    // Everything that it needs exists before it starts serving.
    Room room = Room.of(kernel);
    Thread next = new Thread(() -> serve(room), "ringfence-supervisor");
    next.setDaemon(true);
    next.start();
    servers.incrementAndGet();
    busySince = 0;
    server = next;
  }

  /**
   * Starts the next thread when the serving one is stuck: a file system that does not answer, or
   * another program's lease, may block a call. When too many threads are stuck, calls wait, and
   * time limits still hold.
   */
  private void takeOverWhenStuck() {
    long since = busySince;
    if (since != 0
        && System.nanoTime() - since > STUCK_NANOS
        && servers.get() < MOST_SERVERS
        && !closed) {
      try {
        begin();
      } catch (OutOfMemoryError e) {
        // No thread is available now: checked again soon.
        unsettled = true;
      }
    }
  }

  /** Returns the number of seccomp filters on this JVM itself. */
  private static long filters(Kernel kernel) throws IOException {
    try {
      return new TargetMemory(kernel).filters((int) ProcessHandle.current().pid());
    } catch (TargetMemory.AccessException e) {
      throw new IOException("the kernel does not count seccomp filters (Linux 5.10 does)", e);
    }
  }

  private EventPoll poll() {
    return poll;
  }

  private boolean watchConnect(int fd) {
    try {
      poll.add(fd, EPOLLOUT, CONNECT_DATA + fd);
      poll.wake();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  int epoll() {
    return poll.epoll();
  }

  public int event() {
    return poll.event();
  }

  /** Resolves names; also knows the sandbox's own terminals. */
  public PathResolver paths() {
    return paths;
  }

  /** Returns the clock that keeps the time of commands. */
  public WallClock clock() {
    return clock;
  }

  /** Starts answering the calls that this listener receives. */
  public void listen(int descriptor) throws IOException {
    listener = descriptor;
    poll.add(descriptor, EPOLLIN, LISTENER_DATA);
  }

  /**
   * Handles the end of a process. Linux 6.15 reports the hang-up when the process's parent has
   * waited for it.
   */
  private void processEnded(int pidfd, int events) {
    if (!audit.ended(pidfd, (events & EPOLLHUP) != 0)) {
      try {
        poll.change(pidfd, 0, PROCESS_DATA + pidfd);
      } catch (IOException e) {
        audit.ended(pidfd, true);
      }
    }
  }

  private void watchProcess(int pidfd) {
    try {
      poll.add(pidfd, EPOLLIN, PROCESS_DATA + pidfd);
    } catch (IOException e) {
      LOG.warn("the end of an executed command will not be recorded: {}", e.getMessage());
    }
  }

  public void add(SupervisedCommand command) {
    events.begins(command);
    synchronized (commands) {
      commands.add(command);
      clock.add(command.timed());
      if (setUp != null) {
        setUp.launching();
      }
    }
  }

  public void remove(SupervisedCommand command) {
    clock.remove(command.timed());
    commands.remove(command);
    firsts.forget((int) command.pid());
    events.gone(command);
  }

  public EventOrder events() {
    return events;
  }

  public FirstProcesses firsts() {
    return firsts;
  }

  /** Makes the thread check the end of a command again. */
  public void settleSoon() {
    poll.wake();
  }

  /** Runs something later, on the supervisor's thread; it must not block. */
  public Deadlines.Deadline schedule(long delayNanos, Runnable action) {
    Deadlines.Deadline deadline = deadlines.add(delayNanos, action);
    poll.wake();
    return deadline;
  }

  /** Runs something later, as {@link #schedule}; the result cancels it. */
  public Runnable after(Duration time, Runnable action) {
    Deadlines.Deadline deadline = schedule(time.toNanos(), action);
    return () -> cancel(deadline);
  }

  public void cancel(Deadlines.Deadline deadline) {
    if (deadline != null) {
      deadlines.remove(deadline);
    }
  }

  private void serve(Room room) {
    // Files made for a command get the command's umask, not this JVM's.
    kernel.call(Syscall.UNSHARE, CLONE_FS);
    kernel.call(Syscall.UMASK, 0);
    while (server != Thread.currentThread() && !closed) {
      Thread.onSpinWait();
    }
    try (room) {
      room.held().answerSoon();
      while (serves()) {
        try {
          turn(room);
        } catch (Throwable e) {
          failed(e);
        }
      }
    } finally {
      servers.decrementAndGet();
      if (server == Thread.currentThread()) {
        stopListening();
      }
    }
  }

  private boolean serves() {
    return !closed && server == Thread.currentThread();
  }

  /** Memory of a serving thread. */
  private record Room(NativeBlock block, long list, long counter, HeldCall held)
      implements AutoCloseable {
    static Room of(Kernel kernel) {
      NativeBlock block = new NativeBlock(MOST_EVENTS * 16L + 256);
      return new Room(
          block, block.allocate(MOST_EVENTS * 16L), block.allocate(8), new HeldCall(kernel));
    }

    @Override
    public void close() {
      held.close();
      block.close();
    }
  }

  private void turn(Room room) {
    NativeBlock block = room.block();
    long count =
        kernel.call(
            Syscall.EPOLL_PWAIT, poll.epoll(), room.list(), MOST_EVENTS, millisToWait(), 0, 8);
    mountsChanged(block, room.list(), count);
    for (int i = 0; i < count && serves(); i++) {
      long at = poll.entry(room.list(), i);
      long data = poll.data(block, at);
      if (data == EVENT_DATA) {
        kernel.call(Syscall.READ, poll.event(), room.counter(), 8);
        unsettled = true;
      } else if (data == MOUNT_DATA) {
        continue;
      } else if (data >= END_DATA) {
        firsts.ended((int) (data - END_DATA));
      } else if (data >= CONNECT_DATA) {
        network.ready((int) (data - CONNECT_DATA));
      } else if (data >= PROCESS_DATA) {
        processEnded((int) (data - PROCESS_DATA), block.getInt(at));
      } else {
        listenerReady(room, block.getInt(at));
      }
    }
    if (serves()) {
      keepTime();
      settleEnded();
    }
  }

  /**
   * Handles changed mounts, before calls are answered: a caller may have seen the new mount
   * already.
   */
  private void mountsChanged(NativeBlock block, long list, long count) {
    for (int i = 0; i < count; i++) {
      if (poll.data(block, poll.entry(list, i)) == MOUNT_DATA) {
        mounts
            .changed()
            .ifPresent(
                problem -> {
                  LOG.error("commands are ended: {}", problem);
                  commands.forEach(SupervisedCommand::endNow);
                });
      }
    }
  }

  /** Returns why no command can start now; empty if one can. */
  public String mountProblem() {
    return mounts.problem();
  }

  /**
   * Handles a failure. When the heap is full, the supervisor can neither decide nor report, and
   * every command ends now. After any other failure calls that would be decided fail; ends must
   * still be reported. Throws nothing: logging may need memory that is not there.
   */
  private void failed(Throwable error) {
    unsettled = true;
    try {
      if (!(error instanceof VirtualMachineError)) {
        stopListening();
      } else if (!Exhaustion.ofThreads(error)) {
        clock.endAll();
      }
      LOG.error("the supervisor has failed; commands are ended, or their calls fail", error);
    } catch (Throwable again) {
      unsettled = true;
    }
  }

  /**
   * Closes the listener. The kernel then answers ENOSYS: no caller waits for an answer that cannot
   * come.
   */
  private void stopListening() {
    int descriptor = listener;
    listener = -1;
    descriptors.close(descriptor);
  }

  private int millisToWait() {
    long nanos = deadlines.untilNext();
    if (unsettled) {
      return RETRY_MILLIS;
    }
    return nanos <= 0
        ? (int) nanos
        : (int) Math.min(TimeUnit.NANOSECONDS.toMillis(nanos) + 1, LONGEST_WAIT_MILLIS);
  }

  private void keepTime() {
    for (Deadlines.Deadline due = deadlines.takeDue(); due != null; due = deadlines.takeDue()) {
      due.action().run();
    }
  }

  private void listenerReady(Room room, int events) {
    if ((events & EPOLLIN) != 0) {
      // One at a time: a receive without a waiting call would block, so epoll is asked again.
      answerOne(room.held());
    } else if ((events & EPOLLHUP) != 0) {
      // The last task under the filter is gone, the sandbox thread included.
      poll.remove(listener);
    }
  }

  private void answerOne(HeldCall held) {
    if (!held.receive(listener)) {
      return;
    }
    busySince = System.nanoTime() | 1;
    try {
      dispatch(held.call());
    } catch (OutOfMemoryError e) {
      boolean threads = Exhaustion.ofThreads(e);
      held.refuse(threads ? EAGAIN : ENOMEM);
      if (!threads) {
        throw e;
      }
      // Commands may have used up all threads.
      LOG.warn("a call is put off: {}", e.getMessage());
    } catch (RejectedExecutionException e) {
      // More calls wait than this JVM has threads for.
      held.refuse(EAGAIN);
    } catch (RuntimeException | Error e) {
      held.refuse(EPERM);
      LOG.error("a call could not be answered", e);
    } finally {
      if (server == Thread.currentThread()) {
        busySince = 0;
      }
    }
  }

  private void dispatch(SyscallNotification call) {
    Syscall syscall = trapped.get(call.number());
    if (syscall == null) {
      call.fail(Errno.ENOSYS);
      return;
    }
    if (setUp != null && (syscall == Syscall.PRCTL || syscall == Syscall.SECCOMP)) {
      setUp.loadsFilter(call);
      return;
    }
    if (setUp != null && setUp.includes(call.tid())) {
      call.proceed();
      return;
    }
    if (syscall == Syscall.EXECVE || syscall == Syscall.EXECVEAT) {
      if (audit != null) {
        audit.executes(syscall, call, commands).ifPresent(this::watchProcess);
      }
      gate.answer(call);
      return;
    }
    decided.answer(syscall, call);
  }

  /** Settles ended commands; a step that fails for lack of memory is retried soon. */
  private void settleEnded() {
    if (!unsettled) {
      return;
    }
    unsettled = false;
    commands.forEach(SupervisedCommand::settle);
    if (setUp != null) {
      synchronized (commands) {
        if (commands.isEmpty()) {
          setUp.noneLeft();
        }
      }
    }
  }

  private void awaitServer() {
    long end = System.nanoTime() + PATIENCE_NANOS;
    Thread waited = server;
    boolean interrupted = false;
    while (waited.isAlive() && System.nanoTime() - end < 0) {
      try {
        waited.join(RETRY_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      waited = server;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the thread. All command threads must have ended. */
  @Override
  public void close() {
    closed = true;
    poll.wake();
    if (Thread.currentThread() != server) {
      awaitServer();
    }
    clock.close();
    // Before the network: a call that waits may still connect.
    waiting.close();
    decided.close();
    network.close();
    paths.terminals().close();
    if (audit != null) {
      audit.close();
    }
    reporter.close();
    mounts.close();
    firsts.close();
    poll.close();
  }
}
