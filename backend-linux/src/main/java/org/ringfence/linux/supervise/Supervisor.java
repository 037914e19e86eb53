package org.ringfence.linux.supervise;

import static org.ringfence.linux.bind.Constants.CLONE_FS;
import static org.ringfence.linux.bind.Constants.EPOLLHUP;
import static org.ringfence.linux.bind.Constants.EPOLLIN;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.EventPoll;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.cgroup.GroupFigures;
import org.ringfence.linux.cgroup.SandboxCgroup;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.restricted.Watchdog;
import org.ringfence.linux.socket.SocketRoom;
import org.ringfence.linux.task.Deadlines;
import org.ringfence.linux.task.Exhaustion;
import org.ringfence.linux.task.HeldCall;
import org.ringfence.linux.task.ProcessMarks;
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
  private static final int EPOLLPRI = 2;
  private static final int MOST_EVENTS = 32;
  private static final int EPERM = Errno.EPERM.value();
  private static final int EAGAIN = Errno.EAGAIN.value();
  private static final int ENOMEM = Errno.ENOMEM.value();
  private static final int RETRY_MILLIS = 50;
  private static final long LONGEST_WAIT_MILLIS = 60_000;

  private final Kernel kernel;
  private final Descriptors descriptors;
  private final EventPoll poll;
  private final Set<SupervisedCommand> commands = ConcurrentHashMap.newKeySet();
  private final Deadlines deadlines = new Deadlines();
  private final EventOrder events;
  private final FirstProcesses firsts;
  private final CallDispatch calls;
  private final PathResolver paths;
  private final MountWatch mounts;
  private final Optional<SandboxCgroup> cgroup;
  private final WallClock clock;
  private final ServingThreads threads;
  private volatile boolean unsettled;
  private volatile int listener = -1;
  private volatile Watchdog watchdog;

  /**
   * The parameters of a supervisor.
   *
   * @param kernel the system calls
   * @param view the policy and how the sandbox sees paths
   * @param supervision which calls it answers
   * @param user the user of this JVM
   * @param cgroup the cgroup that limits commands, or null
   * @param room a network namespace for inet sockets, closed with the supervisor; null for this
   *     JVM's
   * @param marks the marks of commands; null where a signal scope or a namespace is
   * @param waitKillable whether signals leave a held call alone
   * @param listener receives the events
   */
  public record Setting(
      Kernel kernel,
      FileView view,
      Supervision supervision,
      int user,
      SandboxCgroup cgroup,
      SocketRoom room,
      ProcessMarks marks,
      boolean waitKillable,
      EventSink listener) {}

  /**
   * Starts the thread.
   *
   * @param setting its parameters
   * @throws IOException if a part of it cannot be made
   */
  public Supervisor(Setting setting) throws IOException {
    this.kernel = setting.kernel();
    this.descriptors = new Descriptors(kernel);
    this.cgroup = Optional.ofNullable(setting.cgroup());
    this.paths =
        new PathResolver(
            kernel, setting.supervision().inNamespaces(), setting.view().ownProcesses());
    Deque<Runnable> begun = new ArrayDeque<>();
    boolean done = false;
    try {
      this.events = new EventOrder(this, setting.listener());
      begun.push(events.reporter()::close);
      this.poll = new EventPoll(kernel);
      begun.push(poll::close);
      this.firsts = new FirstProcesses(kernel, poll, PollData.END);
      begun.push(firsts::close);
      this.calls =
          new CallDispatch(setting, paths, poll, deadlines, events.reporter(), firsts, commands);
      begun.push(calls::close);
      poll.add(poll.event(), EPOLLIN, PollData.EVENT);
      this.mounts = new MountWatch(descriptors, setting.view().policy());
      begun.push(mounts::close);
      poll.add(mounts.descriptor(), EPOLLPRI, PollData.MOUNT);
      this.threads = new ServingThreads(this::loop);
      this.clock = new WallClock(kernel, this::takeOverWhenStuck);
      begun.push(clock::close);
      threads.begin();
      done = true;
    } finally {
      if (!done) {
        begun.forEach(Runnable::run);
      }
    }
  }

  private void takeOverWhenStuck() {
    if (threads.takeOverWhenStuck()) {
      // Checked again soon.
      unsettled = true;
    }
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

  /** Ends all commands when a watchdog has ended, which tells {@link #event()} of it. */
  public void watchedBy(Watchdog guard) {
    watchdog = guard;
  }

  /** Returns whether the watchdog has ended, so that no command may run. */
  public boolean isUnwatched() {
    Watchdog guard = watchdog;
    return guard != null && guard.hasEnded();
  }

  /** Starts answering the calls that this listener receives. */
  public void listen(int descriptor) throws IOException {
    listener = descriptor;
    poll.add(descriptor, EPOLLIN, PollData.LISTENER);
  }

  public void add(SupervisedCommand command) {
    events.begins(command);
    synchronized (commands) {
      commands.add(command);
      clock.add(command.timed());
      calls.launching();
    }
  }

  public void remove(SupervisedCommand command) {
    clock.remove(command.timed());
    commands.remove(command);
    firsts.forget((int) command.pid());
    cgroup.ifPresent(group -> group.leave(command.pid()));
    events.gone(command);
  }

  public EventOrder events() {
    return events;
  }

  public FirstProcesses firsts() {
    return firsts;
  }

  /** Returns the figures of the group that limits a command; empty if there is none. */
  public Optional<GroupFigures> figures(SupervisedCommand command) {
    return cgroup.flatMap(group -> group.figures(command.pid()));
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

  private Runnable loop() {
    Room room = Room.of(kernel);
    return () -> serve(room);
  }

  private void serve(Room room) {
    // Files made for a command get the command's umask, not this JVM's.
    if (kernel.call(Syscall.UNSHARE, CLONE_FS) >= 0) {
      kernel.call(Syscall.UMASK, 0);
    }
    threads.awaitTurn();
    try (room) {
      room.held().answerSoon();
      while (threads.serves()) {
        try {
          turn(room);
        } catch (Throwable e) {
          failed(e);
        }
      }
    } finally {
      if (threads.isServer()) {
        stopListening();
      }
    }
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
    for (int i = 0; i < count && threads.serves(); i++) {
      long at = poll.entry(room.list(), i);
      long data = poll.data(block, at);
      if (data == PollData.EVENT) {
        kernel.call(Syscall.READ, poll.event(), room.counter(), 8);
        unsettled = true;
      } else if (data == PollData.MOUNT) {
        continue;
      } else if (data >= PollData.END) {
        firsts.ended((int) (data - PollData.END));
      } else if (data >= PollData.CONNECT) {
        calls.connectReady((int) (data - PollData.CONNECT));
      } else if (data >= PollData.PROCESS) {
        calls.processEnded((int) (data - PollData.PROCESS), block.getInt(at));
      } else {
        listenerReady(room, block.getInt(at));
      }
    }
    if (threads.serves()) {
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
      if (poll.data(block, poll.entry(list, i)) == PollData.MOUNT) {
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
    // Looked at first: until it has ended, a thread that this one has replaced may take an event
    // whose work is this one's.
    boolean alone = threads.isAlone();
    long nanos = deadlines.untilNext();
    if (unsettled || !alone && nanos < 0) {
      return RETRY_MILLIS;
    }
    return nanos <= 0
        ? (int) nanos
        : (int)
            Math.min(
                TimeUnit.NANOSECONDS.toMillis(nanos) + 1,
                alone ? LONGEST_WAIT_MILLIS : RETRY_MILLIS);
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
    threads.busy();
    try {
      calls.answer(held.call());
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
      events.reporter().another();
      LOG.error("a call could not be answered", e);
    } finally {
      threads.idle();
    }
  }

  /** Settles ended commands; a step that fails for lack of memory is retried soon. */
  private void settleEnded() {
    if (!unsettled) {
      return;
    }
    unsettled = false;
    if (isUnwatched() && !commands.isEmpty()) {
      LOG.error("commands are ended: the sandbox's watchdog has ended");
      commands.forEach(SupervisedCommand::endNow);
    }
    commands.forEach(SupervisedCommand::settle);
    synchronized (commands) {
      if (commands.isEmpty()) {
        calls.noneLeft();
      }
    }
  }

  /** Ends the thread. All command threads must have ended. */
  @Override
  public void close() {
    threads.end();
    poll.wake();
    threads.close();
    clock.close();
    calls.close();
    events.reporter().close();
    mounts.close();
    firsts.close();
    poll.close();
  }
}
