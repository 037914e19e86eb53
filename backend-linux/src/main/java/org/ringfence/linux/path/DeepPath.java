package org.ringfence.linux.path;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_RDONLY;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Finds the path of a directory that lies too deep for the kernel to name it (PATH_MAX of
 * linux/limits.h), as {@code getcwd(3)} does: upwards, by the number of each directory in the one
 * above, until the kernel has a name. The search is bounded.
 */
final class DeepPath {
  private static final int MOST_LEVELS = 2048;
  private static final int MOST_READS = 4096;
  private static final int LISTING = 16 << 10;
  private static final int LONGEST = 4096;

  private final Kernel kernel;
  private final int directoryFlag;
  private int reads;

  DeepPath(Kernel kernel, int directoryFlag) {
    this.kernel = kernel;
    this.directoryFlag = directoryFlag;
  }

  byte[] of(int fd) throws AccessException {
    Deque<byte[]> names = new ArrayDeque<>();
    try (NativeBlock block = new NativeBlock(LISTING + LONGEST + 1024L)) {
      long dots = block.string("..");
      long empty = block.allocate(1);
      long statx = block.allocate(256);
      long buffer = block.allocate(LISTING);
      long link = block.allocate(LONGEST);
      int at = fd;
      try {
        for (int level = 0; level < MOST_LEVELS; level++) {
          int flags = O_RDONLY | O_CLOEXEC | directoryFlag;
          int above = checked(kernel.call(Syscall.OPENAT, at, dots, flags, 0));
          try {
            // STATX_INO is 0x100; struct statx has stx_ino at 32.
            checked(kernel.call(Syscall.STATX, at, empty, AT_EMPTY_PATH, 0x100, statx, 0));
            names.push(name(block, above, buffer, block.getLong(statx + 32)));
          } catch (AccessException e) {
            kernel.call(Syscall.CLOSE, above);
            throw e;
          }
          if (at != fd) {
            kernel.call(Syscall.CLOSE, at);
          }
          at = above;
          byte[] known = link(at, block, link);
          if (known.length > 0) {
            return joined(known, names);
          }
        }
      } finally {
        if (at != fd) {
          kernel.call(Syscall.CLOSE, at);
        }
      }
    }
    throw tooLong();
  }

  private static AccessException tooLong() {
    return new AccessException(-Errno.ENAMETOOLONG.value());
  }

  private static int checked(long result) throws AccessException {
    if (result < 0) {
      throw tooLong();
    }
    return (int) result;
  }

  /** Returns the name of a directory in the one above: struct linux_dirent64 of linux/dirent.h. */
  private byte[] name(NativeBlock block, int above, long buffer, long inode)
      throws AccessException {
    while (reads++ < MOST_READS) {
      int length = checked(kernel.call(Syscall.GETDENTS64, above, buffer, LISTING));
      if (length == 0) {
        break;
      }
      for (long at = buffer; at < buffer + length; at += block.getShort(at + 16) & 0xffff) {
        if (block.getLong(at) == inode) {
          byte[] rest = block.getBytes(at + 19, (block.getShort(at + 16) & 0xffff) - 19);
          int end = 0;
          while (rest[end] != 0) {
            end++;
          }
          return Arrays.copyOf(rest, end);
        }
      }
    }
    throw tooLong();
  }

  private byte[] link(int fd, NativeBlock block, long buffer) throws AccessException {
    try (NativeBlock own = new NativeBlock(64)) {
      long name = own.string(PathResolver.own(fd));
      long length = kernel.call(Syscall.READLINKAT, AT_FDCWD, name, buffer, LONGEST);
      if (length == -Errno.ENAMETOOLONG.value()) {
        return new byte[0];
      }
      return block.getBytes(buffer, checked(length));
    }
  }

  private static byte[] joined(byte[] known, Deque<byte[]> names) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(known);
    for (byte[] name : names) {
      out.write('/');
      out.writeBytes(name);
    }
    return out.toByteArray();
  }
}
