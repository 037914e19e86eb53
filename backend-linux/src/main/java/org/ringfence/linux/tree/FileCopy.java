package org.ringfence.linux.tree;

import static org.ringfence.linux.bind.Constants.FICLONE;
import static org.ringfence.linux.bind.Constants.SEEK_DATA;
import static org.ringfence.linux.bind.Constants.SEEK_HOLE;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * Copies the content of one open file to another: by shared blocks, in the kernel, or through a
 * buffer.
 */
final class FileCopy {
  private static final int BUFFER = 1 << 17;
  private static final int MOST_ATTRIBUTES = 1 << 16;

  private final Kernel kernel;
  private final int from;
  private final int to;
  private final long size;

  FileCopy(Kernel kernel, int from, int to, long size) {
    this.kernel = kernel;
    this.from = from;
    this.to = to;
    this.size = size;
  }

  void run() throws IOException {
    if (size == 0 || kernel.call(Syscall.IOCTL, to, FICLONE, from) == 0) {
      return;
    }
    long at = 0;
    while (at < size) {
      long data = kernel.call(Syscall.LSEEK, from, at, SEEK_DATA);
      if (data == -Errno.ENXIO.value()) {
        break;
      }
      // A file system without holes has only data.
      long start = data < 0 ? at : data;
      long hole = data < 0 ? size : kernel.call(Syscall.LSEEK, from, start, SEEK_HOLE);
      long end = hole < 0 ? size : hole;
      range(start, Math.min(end, size));
      at = end;
    }
    TreeCalls.check("", kernel.call(Syscall.FTRUNCATE, to, size));
  }

  private void range(long start, long end) throws IOException {
    try (NativeBlock block = new NativeBlock(BUFFER + 96L)) {
      long in = block.allocate(8);
      long out = block.allocate(8);
      long at = start;
      boolean inKernel = true;
      long buffer = block.allocate(BUFFER);
      while (at < end) {
        long count = -1;
        if (inKernel) {
          block.setLong(in, at);
          block.setLong(out, at);
          count = kernel.call(Syscall.COPY_FILE_RANGE, from, in, to, out, end - at, 0);
          inKernel = count > 0;
        }
        if (!inKernel) {
          long most = Math.min(BUFFER, end - at);
          count = TreeCalls.check("", kernel.call(Syscall.PREAD64, from, buffer, most, at));
          for (long done = 0; done < count; ) {
            long left = count - done;
            done +=
                TreeCalls.check(
                    "", kernel.call(Syscall.PWRITE64, to, buffer + done, left, at + done));
          }
        }
        if (count == 0) {
          // The file has become shorter.
          return;
        }
        at += count;
      }
    }
  }

  /** Copies the user's attributes and access lists; omits those that the target cannot have. */
  static void attributes(Kernel kernel, int from, int to) {
    try (NativeBlock block = new NativeBlock(3L * MOST_ATTRIBUTES)) {
      long list = block.allocate(MOST_ATTRIBUTES);
      long length = kernel.call(Syscall.FLISTXATTR, from, list, MOST_ATTRIBUTES);
      if (length <= 0) {
        return;
      }
      byte[] names = block.getBytes(list, (int) length);
      long value = block.allocate(MOST_ATTRIBUTES);
      int start = 0;
      for (int end = 0; end < names.length; end++) {
        if (names[end] == 0) {
          String name = new String(names, start, end - start, StandardCharsets.ISO_8859_1);
          if (name.startsWith("user.") || name.startsWith("system.posix_acl_")) {
            long count = kernel.call(Syscall.FGETXATTR, from, list + start, value, MOST_ATTRIBUTES);
            if (count >= 0) {
              kernel.call(Syscall.FSETXATTR, to, list + start, value, count, 0, 0);
            }
          }
          start = end + 1;
        }
      }
    }
  }
}
