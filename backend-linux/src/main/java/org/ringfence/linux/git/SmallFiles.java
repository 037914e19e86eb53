package org.ringfence.linux.git;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.AT_SYMLINK_FOLLOW;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.O_RDONLY;
import static org.ringfence.linux.bind.Constants.O_WRONLY;
import static org.ringfence.linux.bind.Constants.S_IFREG;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
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
 * Reads small regular files whole, and puts new ones in place, by descriptors of directories. No
 * command ever has a descriptor of such a new file for writing.
 */
final class SmallFiles {
  // A protected name: a command can open, link or replace it nowhere. It lasts for two calls.
  private static final byte[] TEMPORARY = ".ringfence".getBytes(StandardCharsets.US_ASCII);
  private static final int TMPFILE_BIT = 0x400000;
  private static final int MOST_TRIES = 8;
  private static final int BLOCK = 8192;
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
      checked(kernel.call(Syscall.FCHMOD, made, mode & MODE));
      for (int tries = 0; tries < MOST_TRIES; tries++) {
        if (placed(entry, made)) {
          return;
        }
      }
      throw new AccessException(-Errno.EBUSY.value());
    } finally {
      child.close(made);
    }
  }

  private int unnamed(int directory) throws AccessException {
    try (NativeBlock block = new NativeBlock(32)) {
      int flags = TMPFILE_BIT | directoryFlag | O_WRONLY | O_CLOEXEC;
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
    try (NativeBlock block = new NativeBlock(entry.name().length + 256L)) {
      long own = block.string(PathResolver.own(made));
      long name = block.allocate(entry.name().length + 1L);
      block.setBytes(name, entry.name());
      long temporary = block.allocate(TEMPORARY.length + 1L);
      block.setBytes(temporary, TEMPORARY);
      long linked = link(own, entry.directory(), name);
      if (linked != -Errno.EEXIST.value()) {
        checked(linked);
        return true;
      }
      linked = link(own, entry.directory(), temporary);
      if (linked == -Errno.EEXIST.value()) {
        // Another supervisor's, or that of one that was killed.
        kernel.call(Syscall.UNLINKAT, entry.directory(), temporary, 0);
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
