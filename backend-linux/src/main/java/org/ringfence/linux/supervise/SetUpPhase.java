package org.ringfence.linux.supervise;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Distinguishes a command from the program that makes its namespaces. Both are under the filter
 * with the listener; only the command is under the second filter, which forbids namespaces and
 * mounts and can never be removed. A process with one filter less than a command is the set-up,
 * which does nothing on its own initiative.
 *
 * <p>Thread-safe.
 */
public final class SetUpPhase {
  /** bwrap loads the second filter in the command's process and in the one that reaps for it. */
  private static final int LOADS_PER_LAUNCH = 2;

  private static final int MOST_LOOKS = 50;

  /** The number of the command's process in its namespace; 1 is bubblewrap. */
  public static final int COMMAND_NUMBER = 2;

  private static final int FIRST_NUMBER = 1;

  private final Kernel kernel;
  private final TargetMemory child;
  private final long filters;
  private final Consumer<Runnable> later;
  private final Consumer<SyscallNotification> first;
  // Processes of the set-up, with a pidfd each: the kernel may reuse a number.
  private final Map<Integer, Integer> known = new HashMap<>();
  // Waiting commands, by the first process of their namespace.
  private final Map<Integer, SyscallNotification> waiting = new HashMap<>();
  private final AtomicInteger expected = new AtomicInteger();

  /**
   * Starts without a set-up.
   *
   * @param kernel the system calls
   * @param filters the number of filters on a set-up
   * @param later runs something on the supervisor's thread a moment later
   * @param first gets the last call of the set-up in the first process of each namespace, held
   */
  SetUpPhase(
      Kernel kernel, long filters, Consumer<Runnable> later, Consumer<SyscallNotification> first) {
    this.later = later;
    this.first = first;
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.filters = filters;
  }

  /** Records that a command is about to start. */
  void launching() {
    expected.addAndGet(LOADS_PER_LAUNCH);
  }

  /** Records that no command lives any more: drops set-ups that have failed. */
  synchronized void noneLeft() {
    expected.set(0);
    forgetAll();
  }

  /** Returns whether a held thread belongs to the set-up, so that its call may proceed. */
  synchronized boolean includes(int tid) {
    if (expected.get() <= 0) {
      return false;
    }
    Integer pidfd = known.get(tid);
    if (pidfd != null) {
      if (kernel.call(Syscall.PIDFD_SEND_SIGNAL, pidfd, 0, 0, 0) >= 0) {
        return true;
      }
      forget(tid);
    }
    long opened = kernel.call(Syscall.PIDFD_OPEN, tid, 0);
    if (opened < 0) {
      return false;
    }
    boolean setUp;
    try {
      setUp = child.filters(tid) == filters;
    } catch (AccessException e) {
      setUp = false;
    }
    if (setUp) {
      known.put(tid, (int) opened);
    } else {
      child.close((int) opened);
    }
    return setUp;
  }

  /**
   * Answers a thread that is about to load a filter and so leaves the set-up. A command's process
   * waits until the first process of its namespace is under the filter as well, or the command
   * could change that process's memory first.
   */
  synchronized void loadsFilter(SyscallNotification call) {
    int tid = call.tid();
    if (!includes(tid)) {
      // A command may load more filters: they only add restrictions.
      call.proceed();
      return;
    }
    long number = innerNumber(tid);
    int above = number == COMMAND_NUMBER ? parent(tid) : 0;
    if (above > 0 && !isFiltered(above)) {
      waiting.put(above, call);
      later.accept(() -> goOn(above));
      return;
    }
    if (number == FIRST_NUMBER) {
      first.accept(call);
    }
    pass(call);
    if (waiting.containsKey(tid)) {
      // Its call has proceeded, and it loads its filter within microseconds.
      for (int i = 0; i < MOST_LOOKS && !isFiltered(tid); i++) {
        Thread.onSpinWait();
      }
      goOn(tid);
    }
  }

  /** Checks again whether a waiting command may go on. */
  private synchronized void goOn(int above) {
    SyscallNotification call = waiting.remove(above);
    if (call != null) {
      loadsFilter(call);
    }
  }

  private void pass(SyscallNotification call) {
    forget(call.tid());
    if (expected.decrementAndGet() <= 0) {
      forgetAll();
    }
    call.proceed();
  }

  private long innerNumber(int tid) {
    try {
      return child.innerNumber(tid);
    } catch (AccessException e) {
      return 0;
    }
  }

  private int parent(int tid) {
    try {
      return child.parent(tid);
    } catch (AccessException e) {
      return 0;
    }
  }

  private boolean isFiltered(int tid) {
    try {
      return child.filters(tid) > filters;
    } catch (AccessException e) {
      // The process is gone.
      return true;
    }
  }

  private void forget(int tid) {
    Integer pidfd = known.remove(tid);
    if (pidfd != null) {
      child.close(pidfd);
    }
  }

  private void forgetAll() {
    known.values().forEach(child::close);
    known.clear();
  }
}
