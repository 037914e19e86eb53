package org.ringfence.linux.files;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.F_SETFL;
import static org.ringfence.linux.bind.Constants.O_ACCMODE;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.O_RDONLY;
import static org.ringfence.linux.bind.Constants.O_WRONLY;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.WaitingCalls;

/**
 * Opens a FIFO for a caller that waits for the other side. The supervisor opens it without waiting:
 * writers find such a reader as they find one that waits in {@code open(2)}.
 */
final class FifoOpen implements WaitingCalls.Waiting {
  /** The number of descriptors that it holds. */
  static final int DESCRIPTORS = 2;

  // linux/splice.h
  private static final int SPLICE_F_NONBLOCK = 2;

  private final Kernel kernel;
  private final TargetMemory child;
  private final SyscallNotification call;
  private final int object;
  private final int flags;
  private final int asked;
  private int opened = -1;

  /**
   * Prepares to open a FIFO.
   *
   * @param object a descriptor of the FIFO, taken over and closed
   * @param flags the flags to open it with
   * @param asked the flags of the call
   */
  FifoOpen(Kernel kernel, SyscallNotification call, int object, int flags, int asked) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.call = call;
    this.object = object;
    this.flags = flags;
    this.asked = asked;
  }

  @Override
  public boolean attempt() {
    int mode = flags & O_ACCMODE;
    if (opened < 0) {
      long result = open();
      if (result == -Errno.ENXIO.value() && mode == O_WRONLY) {
        return false;
      }
      if (result < 0) {
        call.result(result);
        return true;
      }
      opened = (int) result;
    }
    if (mode == O_RDONLY && !hasHadWriter()) {
      return false;
    }
    kernel.call(Syscall.FCNTL, opened, F_SETFL, flags & ~O_NONBLOCK);
    call.resultDescriptor(opened, asked & O_CLOEXEC);
    return true;
  }

  private long open() {
    try (NativeBlock block = new NativeBlock(96)) {
      long name = block.string(PathResolver.own(object));
      return kernel.call(Syscall.OPENAT, AT_FDCWD, name, flags | O_NONBLOCK, 0);
    }
  }

  /**
   * Returns whether a writer has opened it since the supervisor did. poll(2) shows a writer that
   * has gone as a hang-up, and shows written data. tee(2) shows a writer that has written nothing
   * yet: it consumes nothing, and fails instead of reporting the end (fs/pipe.c, fs/splice.c).
   */
  private boolean hasHadWriter() {
    if (WaitingCalls.ready(kernel, opened, EPOLLIN, 0)) {
      return true;
    }
    try (NativeBlock block = new NativeBlock(32)) {
      long ends = block.allocate(8);
      if (kernel.call(Syscall.PIPE2, ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        // No descriptor is left just now.
        return false;
      }
      long result = kernel.call(Syscall.TEE, opened, block.getInt(ends + 4), 1, SPLICE_F_NONBLOCK);
      child.close(block.getInt(ends));
      child.close(block.getInt(ends + 4));
      return result > 0 || result == -Errno.EAGAIN.value();
    }
  }

  @Override
  public void close() {
    child.close(opened);
    child.close(object);
  }
}
