package org.ringfence.linux.task;

import java.util.Arrays;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Syscall;

/**
 * Descriptors that give places and no access (O_PATH), as a decision opens one for each directory
 * on its way. This class closes them at the decision's end, after the answer: those that the kernel
 * has numbered in a row by one call. Only such descriptors wait: a copy of a pipe's or a socket's
 * would keep it open for others.
 *
 * <p>Each thread has its own. Thread-safe.
 */
public final class PlaceDescriptors {
  private static final int MOST_AT_ONCE = 32;

  private final Kernel kernel;
  private final ThreadLocal<Decision> current = new ThreadLocal<>();

  /**
   * Holds nothing yet.
   *
   * @param kernel the system calls
   */
  public PlaceDescriptors(Kernel kernel) {
    this.kernel = kernel;
  }

  /** What one decision has opened; for one thread. */
  private static final class Decision {
    private final int[] opened = new int[MOST_AT_ONCE];
    private final int[] done = new int[MOST_AT_ONCE];
    private int openedCount;
    private int doneCount;

    private boolean takes(int fd) {
      for (int i = 0; i < openedCount; i++) {
        if (opened[i] == fd) {
          opened[i] = opened[--openedCount];
          done[doneCount++] = fd;
          return true;
        }
      }
      return false;
    }
  }

  /**
   * Runs a decision, and closes at its end what it has given back.
   *
   * @param decision the decision
   */
  public void during(Runnable decision) {
    if (current.get() != null) {
      decision.run();
      return;
    }
    Decision own = new Decision();
    current.set(own);
    try {
      decision.run();
    } finally {
      current.remove();
      closeAll(own);
    }
  }

  /**
   * Records a descriptor that gives a place, or one whose close may wait for the decision's end.
   *
   * @param fd the descriptor
   * @return the same
   */
  public int opened(int fd) {
    Decision own = current.get();
    if (own != null && fd >= 0 && own.openedCount < MOST_AT_ONCE) {
      own.opened[own.openedCount++] = fd;
    }
    return fd;
  }

  /**
   * Gives a descriptor back. It is closed at the decision's end if it was recorded, else now.
   *
   * @param fd the descriptor; ignored below 0
   */
  public void close(int fd) {
    if (fd < 0) {
      return;
    }
    Decision own = current.get();
    if (own != null && own.doneCount == MOST_AT_ONCE) {
      closeAll(own);
    }
    if (own == null || !own.takes(fd)) {
      kernel.call(Syscall.CLOSE, fd);
    }
  }

  private void closeAll(Decision own) {
    Arrays.sort(own.done, 0, own.doneCount);
    int at = 0;
    while (at < own.doneCount) {
      int first = own.done[at];
      int last = first;
      while (++at < own.doneCount && own.done[at] == last + 1) {
        last++;
      }
      if (last == first) {
        kernel.call(Syscall.CLOSE, first);
      } else if (kernel.call(Syscall.CLOSE_RANGE, first, last, 0) < 0) {
        for (int fd = first; fd <= last; fd++) {
          kernel.call(Syscall.CLOSE, fd);
        }
      }
    }
    own.doneCount = 0;
  }
}
