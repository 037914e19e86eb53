package org.ringfence.linux.launch;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.plan.Syscall;

/**
 * Tells the program that makes a command's namespaces from the command. Both are under the filter
 * that has the listener; only the command is under the second one, which forbids namespaces and
 * mounts and can never be taken off. What is under one filter less than a command is the set-up,
 * which does nothing of its own accord.
 *
 * <p>Thread-safe.
 */
final class SetUpPhase {
  /** bwrap loads the second filter in the command's process and in the one that reaps for it. */
  private static final int LOADS_PER_LAUNCH = 2;

  private static final int MOST_LOOKS = 50;

  /** The number of the command's process in its namespace; 1 is bubblewrap's own. */
  static final int COMMAND_NUMBER = 2;

  private final Kernel kernel;
  private final Child child;
  private final long filters;
  private final Consumer<Runnable> later;
  // Known to be of the set-up, with a pidfd each: a number alone may go to another process.
  private final Map<Integer, Integer> known = new HashMap<>();
  // Commands that wait, by the first process of their namespace.
  private final Map<Integer, TrappedCall> waiting = new HashMap<>();
  private final AtomicInteger expected = new AtomicInteger();

  /**
   * Knows no set-up yet.
   *
   * @param kernel the system calls
   * @param filters how many filters a set-up is under
   * @param later runs something on the supervisor's thread a moment later
   */
  SetUpPhase(Kernel kernel, long filters, Consumer<Runnable> later) {
    this.later = later;
    this.kernel = kernel;
    this.child = new Child(kernel);
    this.filters = filters;
  }

  /** A command is about to be started. */
  void launching() {
    expected.addAndGet(LOADS_PER_LAUNCH);
  }

  /** No command lives any more: what has failed to set up is not waited for. */
  synchronized void noneLeft() {
    expected.set(0);
    forgetAll();
  }

  /** Whether a held thread is of the set-up, so that its call may simply go on. */
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
   * Answers a thread that is about to load a filter: from then on it is of the set-up no more. A
   * command's process waits until the first process of its namespace is under the filter as well,
   * or the command could change that one's memory before it is.
   */
  synchronized void loadsFilter(TrappedCall call) {
    int tid = call.tid();
    if (!includes(tid)) {
      // A command may load filters of its own: they only ever add.
      call.proceed();
      return;
    }
    int first = firstProcessOf(tid);
    if (first > 0 && !isFiltered(first)) {
      waiting.put(first, call);
      later.accept(() -> goOn(first));
      return;
    }
    pass(call);
    if (waiting.containsKey(tid)) {
      // It has been let go on and loads its filter within microseconds.
      for (int i = 0; i < MOST_LOOKS && !isFiltered(tid); i++) {
        Thread.onSpinWait();
      }
      goOn(tid);
    }
  }

  /** Looks again whether a command need not wait any more. */
  private synchronized void goOn(int first) {
    TrappedCall call = waiting.remove(first);
    if (call != null) {
      loadsFilter(call);
    }
  }

  private void pass(TrappedCall call) {
    forget(call.tid());
    if (expected.decrementAndGet() <= 0) {
      forgetAll();
    }
    call.proceed();
  }

  /** The first process of the namespace that a command's process is in; 0 for any other process. */
  private int firstProcessOf(int tid) {
    try {
      return child.innerNumber(tid) == COMMAND_NUMBER ? child.parent(tid) : 0;
    } catch (AccessException e) {
      return 0;
    }
  }

  private boolean isFiltered(int tid) {
    try {
      return child.filters(tid) > filters;
    } catch (AccessException e) {
      // It is gone.
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
