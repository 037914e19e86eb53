package org.ringfence.linux.git;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.O_RDONLY;
import static org.ringfence.linux.bind.Constants.S_IFREG;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.path.PathResolver.Status;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Reads small regular files whole, copies others, and puts new ones in place, by descriptors of
 * directories. No command ever has a descriptor of such a new file for writing.
 */
final class SmallFiles {
  private static final int BLOCK = 8192;
  private static final int LARGE_BLOCK = 1 << 16;
  private static final int MODE = 0777;

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;

  SmallFiles(Kernel kernel, PathResolver paths) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.paths = paths;
  }

  /**
   * A file's content.
   *
   * @param bytes the bytes, at most one more than the limit
   * @param status the file
   */
  record Content(byte[] bytes, Status status) {}

  /**
   * Reads a file; follows no link, and waits for nothing.
   *
   * @return null if nothing is there
   * @throws AccessException if it is no regular file, or cannot be read
   */
  Content read(Entry entry, int most) throws AccessException {
    int object;
    try {
      object = paths.openBelowPlain(entry.directory(), entry.name());
    } catch (AccessException e) {
      if (e.result() == -Errno.ENOENT.value()) {
        return null;
      }
      throw e;
    }
    try {
      Status status = paths.status(object);
      if (!status.is(S_IFREG)) {
        throw new AccessException(-Errno.EACCES.value());
      }
      int opened = reopened(object, O_RDONLY | O_NONBLOCK);
      try {
        return new Content(content(opened, most), status);
      } finally {
        child.close(opened);
      }
    } finally {
      child.close(object);
    }
  }

  /** Reads from the start of an open file, at most one byte more than the limit. */
  byte[] content(int opened, int most) throws AccessException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (NativeBlock block = new NativeBlock(BLOCK + 16L)) {
      long buffer = block.allocate(BLOCK);
      while (bytes.size() <= most) {
        int wanted = Math.min(BLOCK, most + 1 - bytes.size());
        long count =
            checked(kernel.call(Syscall.PREAD64, opened, buffer, wanted, (long) bytes.size()));
        if (count == 0) {
          break;
        }
        bytes.writeBytes(block.getBytes(buffer, (int) count));
      }
    }
    return bytes.toByteArray();
  }

  /** Opens a descriptor's object again. */
  int reopened(int object, int flags) throws AccessException {
    try (NativeBlock block = new NativeBlock(96)) {
      return (int)
          checked(
              kernel.call(
                  Syscall.OPENAT,
                  AT_FDCWD,
                  block.string(PathResolver.own(object)),
                  flags | O_CLOEXEC,
                  0));
    }
  }

  /** Puts a new file in place of an entry, or where nothing is. */
  void put(Entry entry, byte[] content, int mode) throws AccessException {
    try (NewFile made = new NewFile(kernel, paths, entry)) {
      write(made.descriptor(), content);
      put(made, mode);
    }
  }

  private void put(NewFile made, int mode) throws AccessException {
    checked(kernel.call(Syscall.FCHMOD, made.descriptor(), mode & MODE));
    made.place();
  }

  /**
   * A copy of a file.
   *
   * @param file the copy; the holder closes it
   * @param mode the original's mode
   * @param times the original's times of access and change, two {@code struct timespec}
   */
  record Copy(NewFile file, int mode, byte[] times) implements AutoCloseable {
    int descriptor() {
      return file.descriptor();
    }

    @Override
    public void close() {
      file.close();
    }
  }

  /** Copies a regular file of any size to where another entry is. */
  Copy copy(Entry from, Entry to) throws AccessException {
    int object = paths.openBelowPlain(from.directory(), from.name());
    int opened = -1;
    NewFile made = null;
    boolean kept = false;
    try (NativeBlock block = new NativeBlock(512)) {
      Status status = paths.status(object);
      if (!status.is(S_IFREG)) {
        throw new AccessException(-Errno.EACCES.value());
      }
      opened = reopened(object, O_RDONLY | O_NONBLOCK);
      // STATX_ATIME | STATX_MTIME is 0x60; in struct statx, the times lie at 64 and 112.
      long statx = block.allocate(256);
      checked(kernel.call(Syscall.STATX, opened, block.allocate(1), AT_EMPTY_PATH, 0x60, statx, 0));
      ByteBuffer times = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
      for (int at : new int[] {64, 112}) {
        times.putLong(block.getLong(statx + at)).putLong(block.getInt(statx + at + 8));
      }
      made = new NewFile(kernel, paths, to);
      copy(opened, made.descriptor());
      kept = true;
      return new Copy(made, status.mode(), times.array());
    } finally {
      child.close(object);
      child.close(opened);
      if (!kept && made != null) {
        made.close();
      }
    }
  }

  private void copy(int from, int to) throws AccessException {
    long done = 0;
    try (NativeBlock block = new NativeBlock(LARGE_BLOCK + 16L)) {
      long buffer = block.allocate(LARGE_BLOCK);
      while (true) {
        long count = checked(kernel.call(Syscall.PREAD64, from, buffer, LARGE_BLOCK, done));
        if (count == 0) {
          return;
        }
        long written = 0;
        while (written < count) {
          written +=
              checked(
                  kernel.call(
                      Syscall.PWRITE64, to, buffer + written, count - written, done + written));
        }
        done += count;
      }
    }
  }

  /** Puts a copy in its place, with its original's times: git compares them with files'. */
  void put(Copy copy, int most) throws AccessException {
    try (NativeBlock block = new NativeBlock(128)) {
      long times = block.bytes(copy.times());
      checked(kernel.call(Syscall.UTIMENSAT, copy.descriptor(), 0, times, 0));
    }
    put(copy.file(), copy.mode() & most);
  }

  /** Reads an open file from its start. */
  InputStream stream(int opened) {
    return new InputStream() {
      private long at;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
          return 0;
        }
        try (NativeBlock block = new NativeBlock(LARGE_BLOCK + 16L)) {
          long buffer = block.allocate(LARGE_BLOCK);
          long count =
              kernel.call(Syscall.PREAD64, opened, buffer, Math.min(length, LARGE_BLOCK), at);
          if (count < 0) {
            throw new IOException("error " + -count);
          }
          at += count;
          System.arraycopy(block.getBytes(buffer, (int) count), 0, bytes, offset, (int) count);
          return count == 0 ? -1 : (int) count;
        }
      }
    };
  }

  private void write(int fd, byte[] content) throws AccessException {
    try (NativeBlock block = new NativeBlock(content.length + 64L)) {
      long at = block.bytes(content);
      long done = 0;
      while (done < content.length) {
        done += checked(kernel.call(Syscall.PWRITE64, fd, at + done, content.length - done, done));
      }
    }
  }

  private static long checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
    return result;
  }
}
