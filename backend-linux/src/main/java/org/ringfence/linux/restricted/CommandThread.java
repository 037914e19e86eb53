package org.ringfence.linux.restricted;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.CLONE_FILES;
import static org.ringfence.linux.bind.Constants.CLONE_FS;
import static org.ringfence.linux.bind.Constants.CLOSE_RANGE_UNSHARE;
import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.FD_CLOEXEC;
import static org.ringfence.linux.bind.Constants.F_DUPFD_CLOEXEC;
import static org.ringfence.linux.bind.Constants.F_SETFD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.SECCOMP_SET_MODE_FILTER;
import static org.ringfence.linux.bind.Constants.SIGCONT;
import static org.ringfence.linux.bind.Constants.SIGKILL;
import static org.ringfence.linux.bind.Constants.SIGSTOP;
import static org.ringfence.linux.bind.Constants.SIGTERM;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.LibC;
import org.ringfence.linux.bind.RestrictedThread;
import org.ringfence.linux.bind.ThreadEnd;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * Restricts its own thread, spawns one command and stays until it has ended, because a child's
 * parent-death signal and the wait belong to the thread that made it.
 *
 * <p>The seccomp filter and no_new_privs come from the sandbox thread. This code runs under the
 * command's own restrictions, with a private descriptor table: it must not start a thread, load a
 * class, use JNA's Memory, throw, or wake a Java thread (waking a virtual thread may start a
 * carrier). It therefore makes system calls on prepared memory and signals through a futex and an
 * eventfd.
 */
public final class CommandThread implements Runnable {
  /** The name of every command thread, before its number. */
  public static final String THREAD_NAME = "ringfence-command-";

  // The steps at which a launch can fail.
  static final int STEP_NONE = 0;
  public static final int STEP_LANDLOCK = 1;
  public static final int STEP_DESCRIPTORS = 2;
  public static final int STEP_DIRECTORY = 3;
  public static final int STEP_SPAWN = 4;
  public static final int STEP_WAIT = 5;
  static final int STEP_UNEXPECTED = 6;
  public static final int STEP_THREAD = 7;
  public static final int STEP_FILTER = 8;

  // Requests from other threads.
  public static final int REQUEST_TERM = 1;
  public static final int REQUEST_KILL = 2;

  /** The bit of signal 0 to the command's group; those to the command itself start at bit 0. */
  private static final int GROUP_SIGNALS = 32;

  private static final int ENOEXEC = 8;
  private static final int EINTR = 4;
  private static final int ALL_PROCESSES = -1;
  private static final long LAST_DESCRIPTOR = 0xffffffffL;
  // The places of the command thread's own descriptors once the command is running.
  private static final int SLOT_WAKE = 0;
  private static final int SLOT_SUPERVISOR = 1;
  private static final int SLOT_PIDFD = 2;

  private final Kernel kernel;
  private final SpawnOrders orders;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong signals = new AtomicLong();

  private volatile int failedStep = STEP_NONE;
  private volatile int error;
  private volatile int pid;
  private volatile int status;
  private volatile long cpuMicros;
  private volatile long peakKib;
  private volatile boolean started;
  private volatile boolean restricted;
  private volatile boolean rootEnded;
  private volatile boolean done;
  private volatile Thread thread;

  public CommandThread(Kernel kernel, SpawnOrders orders) {
    this.kernel = kernel;
    this.orders = orders;
  }

  @Override
  @RestrictedThread
  public void run() {
    boolean signalled = false;
    try {
      if (restrict() && spawn()) {
        started = true;
        orders.startedWord.set();
        signalled = true;
        awaitEnd();
      }
    } catch (Throwable e) {
      // No code here throws by design; after any error, the caller must not wait forever.
      failedStep = STEP_UNEXPECTED;
    } finally {
      if (!signalled) {
        orders.startedWord.set();
      }
      done = true;
      wakeSupervisor();
    }
  }

  /** Replaces {@link #run} when no thread could be started for it. */
  @RestrictedThread
  void notBegun() {
    error = Errno.EAGAIN.value();
    failedStep = STEP_THREAD;
    done = true;
    orders.startedWord.set();
  }

  @RestrictedThread
  private boolean restrict() {
    if (!orders.confined) {
      return true;
    }
    if (orders.ruleset >= 0) {
      long result = kernel.call(Syscall.LANDLOCK_RESTRICT_SELF, orders.ruleset, 0);
      if (result < 0) {
        return failed(STEP_LANDLOCK, result);
      }
      restricted = true;
    }
    return orders.filterLength == 0 || spareItself();
  }

  /** Keeps the command's signals from this thread, which is in the command's signal scope. */
  @RestrictedThread
  private boolean spareItself() {
    int number = (int) kernel.call(Syscall.GETTID);
    for (int i = 0; i < orders.numberPlaceCount; i++) {
      orders.block.setInt(orders.block.getLong(orders.numberPlaces + 8L * i), number);
    }
    long result = kernel.call(Syscall.SECCOMP, SECCOMP_SET_MODE_FILTER, 0, orders.filter);
    return result >= 0 || failed(STEP_FILTER, result);
  }

  @RestrictedThread
  private boolean spawn() {
    long result =
        orders.ownFileState
            ? kernel.call(Syscall.UNSHARE, CLONE_FILES | CLONE_FS)
            // Docker's seccomp profile denies unshare, and lets this make a private table.
            : kernel.call(
                Syscall.CLOSE_RANGE, LAST_DESCRIPTOR, LAST_DESCRIPTOR, CLOSE_RANGE_UNSHARE);
    if (result >= 0) {
      result = keepNeededDescriptorsOnly();
    }
    if (result < 0) {
      return failed(STEP_DESCRIPTORS, result);
    }
    result = enterDirectory();
    if (result < 0) {
      return failed(STEP_DIRECTORY, result);
    }
    int code =
        LibC.posix_spawn(
            orders.pid,
            orders.path,
            orders.actions,
            orders.attributes,
            orders.arguments,
            orders.environment);
    if (code == ENOEXEC) {
      // A script without an interpreter line: the shell runs it, as execvp(3) does.
      code =
          LibC.posix_spawn(
              orders.pid,
              orders.shell,
              orders.actions,
              orders.attributes,
              orders.shellArguments,
              orders.environment);
    }
    if (code != 0) {
      return failed(STEP_SPAWN, -code);
    }
    pid = orders.block.getInt(orders.pid);
    return keepOwnDescriptorsOnly();
  }

  /**
   * Enters the directory, or checks that the child, which enters it then, can: an error of the
   * spawn does not say which of its steps failed.
   */
  @RestrictedThread
  private long enterDirectory() {
    if (orders.ownFileState) {
      return kernel.call(Syscall.CHDIR, orders.directory);
    }
    long entered = kernel.call(Syscall.OPENAT, AT_FDCWD, orders.inDirectory, O_PATH | O_CLOEXEC, 0);
    if (entered >= 0) {
      kernel.call(Syscall.CLOSE, entered);
    }
    return entered;
  }

  /**
   * Closes the private table's descriptors that neither the program nor this command thread needs,
   * and marks the others, so that the program gets only those that the spawn gives it. Linux 5.9
   * can do this; close_range with CLOSE_RANGE_CLOEXEC came with 5.11.
   */
  @RestrictedThread
  private long keepNeededDescriptorsOnly() {
    long first = SpawnOrders.STANDARD;
    for (int i = 0; i < orders.neededCount; i++) {
      int needed = orders.block.getInt(orders.needed + 4L * i);
      long result = first < needed ? kernel.call(Syscall.CLOSE_RANGE, first, needed - 1L, 0) : 0;
      if (result >= 0) {
        result = kernel.call(Syscall.FCNTL, needed, F_SETFD, FD_CLOEXEC);
      }
      if (result < 0) {
        return result;
      }
      first = needed + 1L;
    }
    return kernel.call(Syscall.CLOSE_RANGE, first, LAST_DESCRIPTOR, 0);
  }

  /**
   * Closes all other descriptors: open copies in the private table would keep others' pipes from
   * ending.
   */
  @RestrictedThread
  private boolean keepOwnDescriptorsOnly() {
    long pidfd = kernel.call(Syscall.PIDFD_OPEN, pid, 0);
    long wake = kernel.call(Syscall.FCNTL, orders.wake, F_DUPFD_CLOEXEC, 3);
    long supervisor = kernel.call(Syscall.FCNTL, orders.supervisorEvent, F_DUPFD_CLOEXEC, 3);
    if (pidfd < 0 || wake < 0 || supervisor < 0) {
      killUnawaited();
      kernel.call(Syscall.WAIT4, pid, orders.status, 0, 0);
      return failed(STEP_DESCRIPTORS, Math.min(pidfd, Math.min(wake, supervisor)));
    }
    kernel.call(Syscall.DUP3, wake, SLOT_WAKE, 0);
    kernel.call(Syscall.DUP3, supervisor, SLOT_SUPERVISOR, 0);
    kernel.call(Syscall.DUP3, pidfd, SLOT_PIDFD, 0);
    kernel.call(Syscall.CLOSE_RANGE, 3, LAST_DESCRIPTOR, 0);
    return true;
  }

  @RestrictedThread
  private void awaitEnd() {
    boolean exited = false;
    while (true) {
      orders.block.setInt(orders.polls, exited ? -1 : SLOT_PIDFD);
      orders.block.setShort(orders.polls + 4, (short) EPOLLIN);
      orders.block.setInt(orders.polls + 8, SLOT_WAKE);
      orders.block.setShort(orders.polls + 12, (short) EPOLLIN);
      long result = kernel.call(Syscall.PPOLL, orders.polls, 2, 0, 0);
      if (result < 0 && result != -EINTR) {
        killUnawaited();
        failed(STEP_WAIT, result);
        return;
      }
      obey();
      if (!exited && orders.block.getShort(orders.polls + 6) != 0) {
        exited = true;
        if (orders.killsLeftovers) {
          killAll();
        }
        // The zombie is held until the caller has taken its ProcessHandle.
        orders.observedWord.await();
        kernel.call(Syscall.WAIT4, pid, orders.status, 0, orders.usage);
        status = orders.block.getInt(orders.status);
        cpuMicros = cpuMicros();
        peakKib = orders.block.getLong(orders.usage + SpawnOrders.USAGE_PEAK);
        rootEnded = true;
        if (orders.killsLeftovers || !orders.confined) {
          return;
        }
        wakeSupervisor();
      }
      if (exited && (requests.get() & REQUEST_KILL) != 0) {
        return;
      }
    }
  }

  /** Adds user and system time, each in two words of {@code struct rusage} (sys/resource.h). */
  @RestrictedThread
  private long cpuMicros() {
    return (orders.block.getLong(orders.usage) + orders.block.getLong(orders.usage + 16))
            * 1_000_000L
        + orders.block.getLong(orders.usage + 8)
        + orders.block.getLong(orders.usage + 24);
  }

  @RestrictedThread
  private void obey() {
    if (orders.block.getShort(orders.polls + 14) == 0) {
      return;
    }
    kernel.call(Syscall.READ, SLOT_WAKE, orders.counter, 8);
    orders.block.setLong(orders.counter, 1);
    int asked = requests.get();
    if ((asked & REQUEST_TERM) != 0 && !rootEnded) {
      requests.getAndAdd(-REQUEST_TERM);
      kernel.call(Syscall.KILL, pid, SIGTERM);
    }
    sendSignals();
    if ((asked & REQUEST_KILL) != 0) {
      if (rootEnded) {
        killAll();
      } else {
        killUnawaited();
      }
    }
  }

  /** Sends what {@link #signal} asks for; the spawned process leads its group. */
  @RestrictedThread
  private void sendSignals() {
    if (rootEnded) {
      return;
    }
    long asked = signals.get();
    for (int signal = 1; signal < GROUP_SIGNALS; signal++) {
      boolean all = signal == SIGSTOP || signal == SIGCONT;
      if ((asked >>> signal & 1) != 0) {
        kernel.call(Syscall.KILL, all ? ALL_PROCESSES : pid, signal);
      }
      if ((asked >>> GROUP_SIGNALS + signal & 1) != 0) {
        kernel.call(Syscall.KILL, -pid, signal);
      }
    }
    signals.getAndAdd(-asked);
  }

  /**
   * Kills the spawned process, which this thread has not yet reaped, and then its descendants.
   * bubblewrap asks for its parent-death signal only after its parent has let it continue
   * (bubblewrap.c), so without the second step a child of a killed bubblewrap would wait forever.
   * No child can follow: fork does not complete in a process that SIGKILL is pending for
   * (kernel/fork.c, copy_process).
   */
  @RestrictedThread
  private void killUnawaited() {
    kernel.call(Syscall.KILL, pid, SIGKILL);
    killAll();
  }

  /**
   * Kills every process of this command thread's Landlock domain and of those nested in it, in one
   * pass under the kernel's task list lock, whatever their sessions and parents: the signal scope
   * lets kill(-1) reach no other process, and the kernel spares the caller's own process
   * (kernel/signal.c, kill_something_info).
   */
  @RestrictedThread
  private void killAll() {
    if (orders.scoped && restricted) {
      kernel.call(Syscall.KILL, ALL_PROCESSES, SIGKILL);
    }
  }

  @RestrictedThread
  private boolean failed(int step, long negatedError) {
    error = (int) -negatedError;
    failedStep = step;
    return false;
  }

  @RestrictedThread
  private void wakeSupervisor() {
    int fd = started ? SLOT_SUPERVISOR : orders.supervisorEvent;
    kernel.call(Syscall.WRITE, fd, orders.counter, 8);
  }

  // Other, unrestricted threads call the methods below.

  /**
   * Returns whether an address is that of the arguments which this command thread executes with.
   */
  public boolean executes(long address) {
    return address == orders.arguments || address == orders.shellArguments;
  }

  /** Blocks until the command runs or has failed to start. Does not react to interruption. */
  public void awaitStarted() {
    orders.startedWord.await();
  }

  public void observed() {
    orders.observedWord.set();
  }

  /**
   * Sends the command thread a request and allocates nothing; the caller keeps {@code
   * wakeDescriptor} open.
   */
  public void request(int what, int wakeDescriptor, long one) {
    int before = requests.get();
    while (!requests.compareAndSet(before, before | what)) {
      before = requests.get();
    }
    kernel.call(Syscall.WRITE, wakeDescriptor, one, 8);
  }

  /**
   * Asks for a signal to the spawned process or its group; SIGSTOP and SIGCONT go to every process
   * of the domain, where {@link #reachesAll()}. The caller keeps {@code wakeDescriptor} open.
   *
   * @return what {@link #sent} takes
   */
  public long signal(int number, boolean group, int wakeDescriptor, long one) {
    long bit = 1L << (group ? GROUP_SIGNALS + number : number);
    long before = signals.get();
    while (!signals.compareAndSet(before, before | bit)) {
      before = signals.get();
    }
    kernel.call(Syscall.WRITE, wakeDescriptor, one, 8);
    return bit;
  }

  /** Returns whether this command thread has sent a signal. */
  public boolean sent(long bit) {
    return (signals.get() & bit) == 0;
  }

  /** Returns whether kill(-1) of this command thread reaches the command's processes alone. */
  public boolean reachesAll() {
    return orders.scoped && restricted;
  }

  public int failedStep() {
    return failedStep;
  }

  public int error() {
    return error;
  }

  public int pid() {
    return pid;
  }

  public int status() {
    return status;
  }

  /**
   * Returns the processor time of the command and its awaited children; valid once it has ended.
   */
  public long usedCpuMicros() {
    return cpuMicros;
  }

  /** Returns the peak memory of one of these processes; valid once the command has ended. */
  public long usedPeakKib() {
    return peakKib;
  }

  /** Returns whether this command thread's own kill reaches the whole tree. */
  public boolean scoped() {
    return orders.scoped;
  }

  public boolean killsLeftovers() {
    return orders.killsLeftovers;
  }

  public boolean started() {
    return started;
  }

  public boolean rootEnded() {
    return rootEnded;
  }

  public boolean done() {
    return done;
  }

  /** Sets the thread; the sandbox thread calls it before the thread runs. */
  @RestrictedThread
  void thread(Thread value) {
    thread = value;
  }

  /** Waits until the command thread no longer uses its orders, and frees them. */
  public void free() {
    if (thread != null) {
      ThreadEnd.await(thread);
    }
    orders.close();
  }
}
