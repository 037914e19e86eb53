package org.ringfence.linux.git;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.AT_SYMLINK_FOLLOW;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.O_RDONLY;
import static org.ringfence.linux.bind.Constants.O_RDWR;
import static org.ringfence.linux.bind.Constants.S_IFDIR;
import static org.ringfence.linux.bind.Constants.S_IFREG;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.path.PathResolver.Status;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Reads small regular files whole, copies others, and puts new ones in place, by descriptors of
 * directories. No command ever has a descriptor of such a new file for writing.
 */
final class SmallFiles {
  // A protected name: a command can open, link or replace it nowhere. It lasts for two calls. In a
  // working tree, a project's own policy may be a directory of this name.
  private static final byte[] TEMPORARY = ascii(".ringfence");
  private static final byte[] NESTED = ascii(".ringfence/pointer");
  private static final byte[] GIT = ascii(".git");
  private static final byte[] POINTER = ascii("gitdir: ");
  private static final int TMPFILE_BIT = 0x400000;
  private static final int MOST_TRIES = 8;
  private static final int BLOCK = 8192;
  private static final int LARGE_BLOCK = 1 << 16;
  private static final int MODE = 0777;

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  private final int directoryFlag;

  SmallFiles(Kernel kernel, PathResolver paths) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.paths = paths;
    // asm/fcntl.h
    this.directoryFlag = kernel.arch() == Arch.X86_64 ? 0x10000 : 0x4000;
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
    int made = unnamed(entry.directory());
    try {
      write(made, content);
      put(entry, made, mode);
    } finally {
      child.close(made);
    }
  }

  private void put(Entry entry, int made, int mode) throws AccessException {
    checked(kernel.call(Syscall.FCHMOD, made, mode & MODE));
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      if (placed(entry, made)) {
        return;
      }
    }
    throw new AccessException(-Errno.EBUSY.value());
  }

  /**
   * A copy without a name.
   *
   * @param descriptor a descriptor of it; the holder closes it
   * @param mode the original's mode
   * @param times the original's times of access and change, two {@code struct timespec}
   */
  record Copy(int descriptor, int mode, byte[] times) {}

  /** Copies a regular file of any size to where another entry is. */
  Copy copy(Entry from, Entry to) throws AccessException {
    int object = paths.openBelowPlain(from.directory(), from.name());
    int opened = -1;
    int made = -1;
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
      made = unnamed(to.directory());
      copy(opened, made);
      kept = true;
      return new Copy(made, status.mode(), times.array());
    } finally {
      child.close(object);
      child.close(opened);
      if (!kept) {
        child.close(made);
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

  /** Puts a copy in place of an entry, with its original's times: git compares them with files'. */
  void put(Entry entry, Copy copy, int most) throws AccessException {
    try (NativeBlock block = new NativeBlock(128)) {
      long times = block.bytes(copy.times());
      checked(kernel.call(Syscall.UTIMENSAT, copy.descriptor(), 0, times, 0));
    }
    put(entry, copy.descriptor(), copy.mode() & most);
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

  private int unnamed(int directory) throws AccessException {
    try (NativeBlock block = new NativeBlock(32)) {
      int flags = TMPFILE_BIT | directoryFlag | O_RDWR | O_CLOEXEC;
      return (int) checked(kernel.call(Syscall.OPENAT, directory, block.string("."), flags, 0600));
    }
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

  /**
   * Gives a file without a name the entry's name. Where the name is taken, that needs another one
   * in between.
   *
   * @return false if another supervisor was in the way
   */
  private boolean placed(Entry entry, int made) throws AccessException {
    byte[] between = isDirectory(entry.directory(), TEMPORARY) ? NESTED : TEMPORARY;
    try (NativeBlock block = new NativeBlock(entry.name().length + 256L)) {
      long own = block.string(PathResolver.own(made));
      long name = block.allocate(entry.name().length + 1L);
      block.setBytes(name, entry.name());
      long temporary = block.allocate(between.length + 1L);
      block.setBytes(temporary, between);
      long linked = link(own, entry.directory(), name);
      if (linked != -Errno.EEXIST.value()) {
        checked(linked);
        return true;
      }
      linked = link(own, entry.directory(), temporary);
      if (linked == -Errno.EEXIST.value()) {
        if (isLeftOver(entry, between)) {
          kernel.call(Syscall.UNLINKAT, entry.directory(), temporary, 0);
        }
        return false;
      }
      checked(linked);
      long renamed =
          kernel.call(
              Syscall.RENAMEAT2, entry.directory(), temporary, entry.directory(), name, 0, 0);
      if (renamed < 0) {
        kernel.call(Syscall.UNLINKAT, entry.directory(), temporary, 0);
      }
      if (renamed == -Errno.ENOENT.value()) {
        return false;
      }
      checked(renamed);
      return true;
    }
  }

  private boolean isDirectory(int directory, byte[] name) throws AccessException {
    int object = -1;
    try {
      object = paths.openBelowPlain(directory, name);
      return paths.status(object).is(S_IFDIR);
    } catch (AccessException e) {
      if (e.result() == -Errno.ENOENT.value()) {
        return false;
      }
      throw e;
    } finally {
      child.close(object);
    }
  }

  /**
   * Returns whether a file in between is another supervisor's, or that of one that was killed. In a
   * working tree, a file of that name may be the user's.
   */
  private boolean isLeftOver(Entry entry, byte[] between) throws AccessException {
    if (!Arrays.equals(entry.name(), GIT)) {
      return true;
    }
    Content found = read(new Entry(entry.directory(), between, between), POINTER.length);
    return found != null && Arrays.equals(Arrays.copyOf(found.bytes(), POINTER.length), POINTER);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private long link(long own, int directory, long name) {
    return kernel.call(Syscall.LINKAT, AT_FDCWD, own, directory, name, AT_SYMLINK_FOLLOW, 0);
  }

  private static long checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
    return result;
  }
}
