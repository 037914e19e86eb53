package org.ringfence.linux.task;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;

import java.nio.charset.StandardCharsets;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * The file mode creation masks of callers. A mask changes without a call that the filter holds, so
 * each is read when it is needed. What is kept is one descriptor, of the last caller's status: the
 * kernel ties it to the thread itself, not to its number (proc_single_show in fs/proc/base.c).
 *
 * <p>So a read also proves something: while the kept descriptor answers, its thread has had its
 * number since the descriptor was opened, and each value read by that number in between came from
 * that thread.
 *
 * <p>Safe for use by several threads.
 */
public final class CallerUmasks implements AutoCloseable {
  private static final int STATUS_BYTES = 4096;
  private static final String FIELD = "\nUmask:\t";
  private static final int OCTAL = 8;

  private final Kernel kernel;
  // Guarded by this.
  private int thread;
  private int kept = -1;
  private boolean closed;

  /**
   * Keeps nothing yet.
   *
   * @param kernel the system calls
   */
  public CallerUmasks(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Returns the mask of the thread that made a call, and ensures that earlier reads by its number
   * were of this thread.
   *
   * @param call the call
   * @return the mask
   * @throws AccessException if the thread no longer waits
   */
  public int of(SyscallNotification call) throws AccessException {
    int known = knownOf(call.tid());
    if (known >= 0) {
      return known;
    }
    int opened = open(call.tid());
    boolean keeps = false;
    try {
      int umask = read(opened);
      call.live();
      if (umask < 0) {
        throw new AccessException(-Errno.ESRCH.value());
      }
      keeps = keep(call.tid(), opened);
      return umask;
    } finally {
      if (!keeps) {
        kernel.call(Syscall.CLOSE, opened);
      }
    }
  }

  private synchronized int knownOf(int tid) {
    if (kept < 0 || thread != tid) {
      return -1;
    }
    int umask = read(kept);
    if (umask < 0) {
      // The thread has ended; its number may belong to another.
      forget();
    }
    return umask;
  }

  private synchronized boolean keep(int tid, int descriptor) {
    if (closed) {
      return false;
    }
    forget();
    thread = tid;
    kept = descriptor;
    return true;
  }

  private int open(int tid) throws AccessException {
    try (NativeBlock block = new NativeBlock(96)) {
      long path = block.string("/proc/" + tid + "/status");
      long descriptor = kernel.call(Syscall.OPENAT, AT_FDCWD, path, O_CLOEXEC, 0);
      if (descriptor < 0) {
        throw new AccessException(-Errno.ESRCH.value());
      }
      return (int) descriptor;
    }
  }

  /** Reads the mask; -1 when the thread is gone, or has none any more because it ends. */
  private int read(int descriptor) {
    try (NativeBlock block = new NativeBlock(STATUS_BYTES + 32L)) {
      long buffer = block.allocate(STATUS_BYTES);
      long length = kernel.call(Syscall.PREAD64, descriptor, buffer, STATUS_BYTES, 0);
      String status =
          new String(
              block.getBytes(buffer, (int) Math.max(0, length)), StandardCharsets.ISO_8859_1);
      int start = status.indexOf(FIELD);
      if (start < 0) {
        return -1;
      }
      int end = status.indexOf('\n', start + 1);
      return Integer.parseInt(status.substring(start + FIELD.length(), end), OCTAL);
    }
  }

  /** Gives the kept descriptor back, when no command is left. */
  public synchronized void forget() {
    if (kept >= 0) {
      kernel.call(Syscall.CLOSE, kept);
      kept = -1;
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    forget();
  }
}
