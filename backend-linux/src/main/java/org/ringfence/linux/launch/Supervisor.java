package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.CLONE_FS;
import static org.ringfence.linux.bind.Constants.EPOLLHUP;
import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.EPOLLOUT;
import static org.ringfence.linux.bind.Constants.EPOLL_CTL_ADD;
import static org.ringfence.linux.bind.Constants.EPOLL_CTL_DEL;
import static org.ringfence.linux.bind.Constants.EPOLL_CTL_MOD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SECCOMP_IOCTL_NOTIF_RECV;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.ringfence.event.SandboxListener;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.Lifetime.Leftovers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One unrestricted thread per sandbox that answers what the seccomp filters send to it, hears of
 * ended commands and keeps time. It wakes up through one epoll descriptor.
 */
final class Supervisor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
  private static final long EVENT_DATA = 0;
  private static final long LISTENER_DATA = 1;
  private static final long MOUNT_DATA = 2;
  private static final int EPOLLPRI = 2;
  private static final long SOON_NANOS = 200_000;
  private static final int SCHED_ATTR_BYTES = 56;
  // kernel/sched/syscalls.c: 0.1 ms is the least that is taken.
  private static final long SHORTEST_SLICE_NANOS = 100_000;
  private static final long PROCESS_DATA = 1L << 32;
  private static final long CONNECT_DATA = 2L << 32;
  private static final int MOST_EVENTS = 32;
  private static final int NOTIFICATION_BYTES = 80;
  private static final int MOST_BLOCKING_CALLS = 256;
  private static final long IDLE_SECONDS = 10;
  private static final long LONGEST_WAIT_MILLIS = 60_000;

  private final Kernel kernel;
  private final Descriptors descriptors;
  private final int epoll;
  private final int event;
  private final int eventSize;
  private final Map<Keeper, LinuxProcess> byKeeper = new ConcurrentHashMap<>();
  private final Queue<Keeper> ended = new ConcurrentLinkedQueue<>();
  private final Deadlines deadlines = new Deadlines();
  private final Map<Integer, Syscall> trapped = new HashMap<>();
  private final MetadataCalls metadata;
  private final NameCalls names;
  private final CallerRights rights;
  private final FileLocks locks;
  private final LimitGate gate;
  private final ThreadPoolExecutor blocking;
  private final SandboxNetwork network;
  private final Reporter reporter;
  private final SetUpPhase setUp;
  private final CommandAudit audit;
  private final HandedDescriptors handed;
  private final MountWatch mounts;
  private final Thread thread;
  private volatile boolean closed;
  private volatile int listener = -1;

  /**
   * Starts the thread.
   *
   * @param kernel the system calls
   * @param view the policy and how the sandbox sees paths
   * @param supervision which calls are answered
   * @param user user and group of this JVM
   * @param cgroup where commands are bounded, or null
   * @param listener hears of what happens
   */
  Supervisor(
      Kernel kernel,
      FileView view,
      Supervision supervision,
      int[] user,
      SandboxCgroup cgroup,
      SandboxListener listener)
      throws IOException {
    EffectivePolicy policy = view.policy();
    PathObject paths = new PathObject(kernel, supervision.inNamespaces(), view.ownProcesses());
    this.kernel = kernel;
    this.handed = paths.handed();
    this.descriptors = new Descriptors(kernel);
    this.eventSize = epollEventSize(kernel);
    this.blocking =
        new ThreadPoolExecutor(
            MOST_BLOCKING_CALLS,
            MOST_BLOCKING_CALLS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            daemon("ringfence-blocking"));
    blocking.allowCoreThreadTimeOut(true);
    this.reporter = new Reporter(listener);
    boolean root = user[0] == 0;
    this.rights = new CallerRights(kernel, root);
    Executor waiting = rights.carriedTo(blocking);
    this.locks = new FileLocks(kernel, paths, view, reporter::violation, waiting);
    this.metadata = new MetadataCalls(kernel, paths, view, user[0], reporter::violation);
    this.network =
        new SandboxNetwork(
            new SandboxNetwork.Setting(
                kernel,
                paths,
                view,
                supervision,
                policy.policy().network(),
                root,
                reporter,
                deadlines,
                waiting),
            listener,
            this::watchConnect,
            this::unwatch);
    this.names =
        new NameCalls(
            kernel, paths, view, supervision, network.own(), reporter::violation, waiting);
    this.gate =
        new LimitGate(kernel, policy.policy().limits(), cgroup, processesAbove(view, supervision));
    this.audit =
        supervision.commands() && listener.interests().contains(SandboxListener.Interest.COMMANDS)
            ? new CommandAudit(kernel, paths, reporter)
            : null;
    this.setUp =
        supervision.inNamespaces()
            ? new SetUpPhase(
                kernel, filters(kernel) + 1, action -> deadlines.add(SOON_NANOS, action))
            : null;
    for (Syscall syscall : Syscall.values()) {
      trapped.put(syscall.number(kernel.arch()), syscall);
    }
    this.epoll = (int) Descriptors.check("epoll", kernel.call(Syscall.EPOLL_CREATE1, O_CLOEXEC));
    this.event = descriptors.event();
    watch(event, EVENT_DATA);
    this.mounts = new MountWatch(descriptors, policy);
    watch(EPOLL_CTL_ADD, mounts.descriptor(), EPOLLPRI, MOUNT_DATA);
    this.thread = new Thread(this::serve, "ringfence-supervisor");
    thread.setDaemon(true);
    thread.start();
  }

  /** {@code struct epoll_event} is packed, 12 bytes, on x86_64 alone. */
  static int epollEventSize(Kernel kernel) {
    return kernel.arch() == org.ringfence.linux.plan.Arch.X86_64 ? 12 : 16;
  }

  private static java.util.concurrent.ThreadFactory daemon(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** bubblewrap's own process, and the first of a process namespace. */
  private static int processesAbove(FileView view, Supervision supervision) {
    if (!supervision.inNamespaces()) {
      return 0;
    }
    return view.policy().policy().lifetime().onRootExit() == Leftovers.KILL ? 2 : 1;
  }

  /** How many seccomp filters this JVM itself is under. */
  private static long filters(Kernel kernel) throws IOException {
    try {
      return new Child(kernel).filters((int) ProcessHandle.current().pid());
    } catch (Child.AccessException e) {
      throw new IOException("the kernel does not count seccomp filters (Linux 5.10 does)", e);
    }
  }

  private void unwatch(int descriptor) {
    kernel.call(Syscall.EPOLL_CTL, epoll, EPOLL_CTL_DEL, descriptor, 0);
  }

  private boolean watchConnect(int fd) {
    try {
      watch(EPOLL_CTL_ADD, fd, EPOLLOUT, CONNECT_DATA + fd);
      wake();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** What commands have through descriptors alone. */
  HandedDescriptors handed() {
    return handed;
  }

  int epoll() {
    return epoll;
  }

  int event() {
    return event;
  }

  Queue<Keeper> ended() {
    return ended;
  }

  /** Answers from now on what this listener gets. */
  void listen(int descriptor) throws IOException {
    listener = descriptor;
    watch(descriptor, LISTENER_DATA);
  }

  private void watch(int descriptor, long data) throws IOException {
    watch(EPOLL_CTL_ADD, descriptor, EPOLLIN, data);
  }

  private void watch(int operation, int descriptor, int events, long data) throws IOException {
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(16);
      block.setInt(at, events);
      block.setLong(at + eventSize - 8, data);
      Descriptors.check("epoll", kernel.call(Syscall.EPOLL_CTL, epoll, operation, descriptor, at));
    }
  }

  /** Linux 6.15 reports the hang-up when the process's parent has waited for it. */
  private void processEnded(int pidfd, int events) {
    if (!audit.ended(pidfd, (events & EPOLLHUP) != 0)) {
      try {
        watch(EPOLL_CTL_MOD, pidfd, 0, PROCESS_DATA + pidfd);
      } catch (IOException e) {
        audit.ended(pidfd, true);
      }
    }
  }

  private void watchProcess(int pidfd) {
    try {
      watch(pidfd, PROCESS_DATA + pidfd);
    } catch (IOException e) {
      LOG.warn("the end of an executed command will not be recorded: {}", e.getMessage());
    }
  }

  void add(LinuxProcess process) {
    synchronized (byKeeper) {
      byKeeper.put(process.keeper(), process);
      if (setUp != null) {
        setUp.launching();
      }
    }
  }

  void remove(LinuxProcess process) {
    byKeeper.remove(process.keeper());
  }

  /** Has the end of a command looked at again. */
  void settleSoon(Keeper keeper) {
    ended.add(keeper);
    wake();
  }

  /** Runs something later, on the supervisor's thread; it must not block. */
  Deadlines.Deadline schedule(long delayNanos, Runnable action) {
    Deadlines.Deadline deadline = deadlines.add(delayNanos, action);
    wake();
    return deadline;
  }

  void cancel(Deadlines.Deadline deadline) {
    if (deadline != null) {
      deadlines.remove(deadline);
    }
  }

  private void wake() {
    try (NativeBlock block = new NativeBlock(16)) {
      long one = block.allocate(8);
      block.setLong(one, 1);
      kernel.call(Syscall.WRITE, event, one, 8);
    }
  }

  private void serve() {
    // Files that are made for a command get the command's umask, not this JVM's.
    kernel.call(Syscall.UNSHARE, CLONE_FS);
    kernel.call(Syscall.UMASK, 0);
    answerSoon();
    try (NativeBlock block = new NativeBlock(MOST_EVENTS * 16L + 256)) {
      long list = block.allocate(MOST_EVENTS * 16L);
      long notification = block.allocate(NOTIFICATION_BYTES);
      long counter = block.allocate(8);
      while (!closed) {
        long count =
            kernel.call(Syscall.EPOLL_PWAIT, epoll, list, MOST_EVENTS, millisToWait(), 0, 8);
        try {
          mountsChanged(block, list, count);
          for (int i = 0; i < count; i++) {
            long at = list + (long) i * eventSize;
            long data = block.getLong(at + eventSize - 8);
            if (data == EVENT_DATA) {
              kernel.call(Syscall.READ, event, counter, 8);
            } else if (data == MOUNT_DATA) {
              continue;
            } else if (data >= CONNECT_DATA) {
              network.ready((int) (data - CONNECT_DATA));
            } else if (data >= PROCESS_DATA) {
              processEnded((int) (data - PROCESS_DATA), block.getInt(at));
            } else {
              listenerReady(block, block.getInt(at), notification);
            }
          }
        } catch (RuntimeException | Error e) {
          // Commands still have to be ended in time, and their ends told.
          LOG.error("the supervisor has failed; calls that it would decide now fail", e);
          stopListening();
        }
        keepTime();
        settleEnded();
      }
    } catch (RuntimeException | Error e) {
      LOG.error("the supervisor has failed; no time is kept any more", e);
    } finally {
      stopListening();
    }
  }

  /** Before calls are answered: who asks now may have seen the mount already. */
  private void mountsChanged(NativeBlock block, long list, long count) {
    for (int i = 0; i < count; i++) {
      if (block.getLong(list + (long) i * eventSize + eventSize - 8) == MOUNT_DATA) {
        mounts
            .changed()
            .ifPresent(
                problem -> {
                  LOG.error("commands are ended: {}", problem);
                  byKeeper.values().forEach(LinuxProcess::endNow);
                });
      }
    }
  }

  /** Why nothing can be started now; empty when it can. */
  String mountProblem() {
    return mounts.problem();
  }

  /**
   * Asks for short slices: who waits for an answer on a busy machine waits for this thread to be
   * run. Linux 6.12 gives a thread with a shorter slice its turn earlier; an error changes nothing.
   */
  private void answerSoon() {
    try (NativeBlock block = new NativeBlock(96)) {
      // struct sched_attr of linux/sched/types.h: size, policy, flags, nice, priority, runtime.
      long attributes = block.allocate(SCHED_ATTR_BYTES);
      block.setInt(attributes, SCHED_ATTR_BYTES);
      block.setLong(attributes + 24, SHORTEST_SLICE_NANOS);
      kernel.call(Syscall.SCHED_SETATTR, 0, attributes, 0);
    }
  }

  /** Without a listener the kernel answers ENOSYS: nobody waits for an answer that cannot come. */
  private void stopListening() {
    int descriptor = listener;
    listener = -1;
    descriptors.close(descriptor);
  }

  private int millisToWait() {
    long nanos = deadlines.untilNext();
    return nanos <= 0
        ? (int) nanos
        : (int) Math.min(TimeUnit.NANOSECONDS.toMillis(nanos) + 1, LONGEST_WAIT_MILLIS);
  }

  private void keepTime() {
    for (Deadlines.Deadline due = deadlines.takeDue(); due != null; due = deadlines.takeDue()) {
      due.action().run();
    }
  }

  private void listenerReady(NativeBlock block, int events, long notification) {
    if ((events & EPOLLIN) != 0) {
      // One at a time: a receive with nothing waiting would block, so epoll is asked again.
      answerOne(block, notification);
    } else if ((events & EPOLLHUP) != 0) {
      // The last task under the filter is gone, the warden included.
      unwatch(listener);
    }
  }

  private void answerOne(NativeBlock block, long notification) {
    block.clear(notification, NOTIFICATION_BYTES);
    if (kernel.call(Syscall.IOCTL, listener, SECCOMP_IOCTL_NOTIF_RECV, notification) < 0) {
      // ENOENT: the caller was killed before we could look.
      return;
    }
    // struct seccomp_notif: id, pid, flags, then struct seccomp_data.
    int number = block.getInt(notification + 16);
    long[] arguments = new long[6];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = block.getLong(notification + 32 + 8L * i);
    }
    TrappedCall call =
        new TrappedCall(
            kernel,
            listener,
            block.getLong(notification),
            block.getInt(notification + 8),
            number,
            arguments);
    try {
      dispatch(call);
    } catch (OutOfMemoryError e) {
      // No thread could be started for a call that waits: commands may have taken all there are.
      LOG.warn("call {} is put off: {}", number, e.getMessage());
      call.fail(Errno.EAGAIN);
    } catch (RuntimeException | Error e) {
      LOG.error("call {} could not be answered", number, e);
      call.fail(Errno.EPERM);
    }
  }

  private void dispatch(TrappedCall call) {
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
        audit.executes(syscall, call).ifPresent(this::watchProcess);
      }
      gate.answer(call);
      return;
    }
    try {
      rights.as(call, () -> perform(syscall, call));
    } catch (AccessException e) {
      call.result(e.result());
    }
  }

  private void perform(Syscall syscall, TrappedCall call) {
    switch (syscall) {
      case FLOCK -> locks.answer(call);
      case OPEN,
          OPENAT,
          CREAT,
          TRUNCATE,
          MKDIR,
          MKDIRAT,
          MKNOD,
          MKNODAT,
          SYMLINK,
          SYMLINKAT,
          LINK,
          LINKAT,
          RENAME,
          RENAMEAT,
          RENAMEAT2,
          UNLINK,
          UNLINKAT,
          RMDIR ->
          names.answer(syscall, call);
      case SOCKET,
          BIND,
          GETSOCKNAME,
          LISTEN,
          CONNECT,
          SENDTO,
          SENDMSG,
          SENDMMSG,
          RECVFROM,
          RECVMSG ->
          network.answer(syscall, call);
      default -> metadata.answer(syscall, call);
    }
  }

  private void settleEnded() {
    for (Keeper keeper = ended.poll(); keeper != null; keeper = ended.poll()) {
      LinuxProcess process = byKeeper.get(keeper);
      if (process != null) {
        process.settle();
      }
    }
    if (setUp != null) {
      synchronized (byKeeper) {
        if (byKeeper.isEmpty()) {
          setUp.noneLeft();
        }
      }
    }
  }

  /** Ends the thread. All keepers must have ended. */
  @Override
  public void close() {
    closed = true;
    wake();
    if (Thread.currentThread() != thread) {
      ThreadEnd.await(thread);
    }
    network.close();
    blocking.shutdownNow();
    if (audit != null) {
      audit.close();
    }
    reporter.close();
    mounts.close();
    descriptors.close(epoll);
    descriptors.close(event);
  }
}
