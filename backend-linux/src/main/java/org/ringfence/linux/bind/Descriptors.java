package org.ringfence.linux.bind;

import java.io.IOException;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/** Operations on descriptors by number. Not for restricted threads: it allocates. */
public final class Descriptors {
  /** Lower descriptors are the standard streams; this JVM must not use their numbers. */
  private static final int LOWEST = 3;

  private final Kernel kernel;

  /**
   * Makes the operations on a kernel.
   *
   * @param kernel the system calls
   */
  public Descriptors(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Opens a file, close-on-exec.
   *
   * @param path the path
   * @param flags the flags of {@code open(2)}
   * @param mode the mode for a new file
   * @return the descriptor, 3 or above
   * @throws IOException if it cannot be opened
   */
  public int open(String path, int flags, int mode) throws IOException {
    try (NativeBlock block = new NativeBlock(3L * path.length() + 32)) {
      long fd =
          kernel.call(
              Syscall.OPENAT,
              Constants.AT_FDCWD,
              block.string(path),
              flags | Constants.O_CLOEXEC,
              mode);
      if (fd < 0) {
        throw new IOException(path + ": " + Errno.name((int) -fd));
      }
      return lifted((int) fd);
    }
  }

  /**
   * Makes a pipe, close-on-exec.
   *
   * @return the read end and the write end
   * @throws IOException if there are no descriptors left
   */
  public int[] pipe() throws IOException {
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(8);
      check("pipe", kernel.call(Syscall.PIPE2, at, Constants.O_CLOEXEC));
      int[] ends = {block.getInt(at), block.getInt(at + 4)};
      boolean done = false;
      try {
        for (int i = 0; i < ends.length; i++) {
          int end = ends[i];
          // Closed there, too, if no number above is left.
          ends[i] = -1;
          ends[i] = lifted(end);
        }
        done = true;
        return ends;
      } finally {
        if (!done) {
          close(ends[0]);
          close(ends[1]);
        }
      }
    }
  }

  /**
   * Makes an eventfd, close-on-exec and non-blocking.
   *
   * @return the descriptor
   * @throws IOException if there are no descriptors left
   */
  public int event() throws IOException {
    return lifted(
        (int)
            check(
                "eventfd",
                kernel.call(Syscall.EVENTFD2, 0, Constants.O_CLOEXEC | Constants.O_NONBLOCK)));
  }

  /**
   * Copies a descriptor, close-on-exec.
   *
   * @param fd the descriptor
   * @return the copy, 3 or above
   * @throws IOException if there are no descriptors left
   */
  public int copy(int fd) throws IOException {
    return (int) check("fcntl", kernel.call(Syscall.FCNTL, fd, Constants.F_DUPFD_CLOEXEC, LOWEST));
  }

  /**
   * Moves a descriptor out of the way of the standard streams.
   *
   * @param fd the descriptor; closed if it is moved
   * @return the descriptor, 3 or above
   * @throws IOException if there are no descriptors left
   */
  public int lifted(int fd) throws IOException {
    if (fd >= LOWEST) {
      return fd;
    }
    long higher = kernel.call(Syscall.FCNTL, fd, Constants.F_DUPFD_CLOEXEC, LOWEST);
    close(fd);
    return (int) check("fcntl", higher);
  }

  /**
   * Turns a failed call into an exception.
   *
   * @param what the call
   * @param result its result
   * @return the result when it is no error
   * @throws IOException when it is
   */
  public static long check(String what, long result) throws IOException {
    if (result < 0) {
      throw new IOException(what + ": " + problem((int) -result));
    }
    return result;
  }

  /**
   * Names an error, with a remedy where descriptors are used up.
   *
   * @param error the error number
   * @return its name, for {@code EMFILE} and {@code ENFILE} with a remedy
   */
  public static String problem(int error) {
    if (error == Errno.EMFILE.value()) {
      return "EMFILE: this JVM has as many descriptors open as it may; raise ulimit -n, or close"
          + " streams and sandboxes that are not used any more";
    }
    if (error == Errno.ENFILE.value()) {
      return "ENFILE: the system has as many files open as it can; see /proc/sys/fs/file-max";
    }
    return Errno.name(error);
  }

  /**
   * Closes a descriptor.
   *
   * @param fd the descriptor; ignored below 0
   */
  public void close(int fd) {
    if (fd >= 0) {
      kernel.call(Syscall.CLOSE, fd);
    }
  }
}
