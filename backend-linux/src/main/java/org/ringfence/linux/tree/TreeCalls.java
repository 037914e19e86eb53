package org.ringfence.linux.tree;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.text.Printable;

/** System calls on held directories, with names as bytes. */
final class TreeCalls {
  private static final int LOWEST = 3;
  private static final int LISTING = 32 << 10;
  // linux/stat.h
  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final long NANOS = 1_000_000_000L;
  private static final long IN_THE_TREE =
      Constants.RESOLVE_BENEATH | Constants.RESOLVE_NO_SYMLINKS | Constants.RESOLVE_NO_MAGICLINKS;

  private final Kernel kernel;
  private final boolean x86;

  TreeCalls(Kernel kernel) {
    this.kernel = kernel;
    this.x86 = kernel.arch() == Arch.X86_64;
  }

  Kernel kernel() {
    return kernel;
  }

  /**
   * Returns O_DIRECTORY, which differs between the architectures, as O_NOFOLLOW does (asm/fcntl.h).
   */
  int directory() {
    return x86 ? 0x10000 : 0x4000;
  }

  int noFollow() {
    return x86 ? 0x20000 : 0x8000;
  }

  /** Returns a text as a file name, one char for a byte. */
  static String raw(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  static long name(NativeBlock block, String raw) {
    byte[] bytes = raw.getBytes(StandardCharsets.ISO_8859_1);
    long at = block.allocate(bytes.length + 1L);
    block.setBytes(at, bytes);
    return at;
  }

  static NativeBlock blockFor(String raw, int more) {
    return new NativeBlock(raw.length() + more + 64L);
  }

  int openAt(int directory, String raw, int flags, int mode) throws IOException {
    try (NativeBlock block = blockFor(raw, 0)) {
      long fd =
          kernel.call(
              Syscall.OPENAT, directory, name(block, raw), flags | Constants.O_CLOEXEC, mode);
      return lifted(raw, fd);
    }
  }

  /** Opens an entry on the same mount; on kernels without openat2, on the same device. */
  int openHere(int directory, String raw, int flags) throws IOException {
    long fd = openResolved(directory, raw, flags, IN_THE_TREE | Constants.RESOLVE_NO_XDEV);
    if (fd != -Errno.ENOSYS.value() && fd != -Errno.EPERM.value()) {
      return lifted(raw, fd);
    }
    int opened = openAt(directory, raw, flags | noFollow(), 0);
    if (status(opened).device() != status(directory).device()) {
      close(opened);
      throw failure(raw, Errno.EXDEV.value());
    }
    return opened;
  }

  /** Opens a place below a directory, on any file system, over no link. */
  int openBelow(int directory, String raw, int flags) throws IOException {
    return lifted(raw, openResolved(directory, raw, flags, IN_THE_TREE));
  }

  private long openResolved(int directory, String raw, int flags, long resolve) {
    try (NativeBlock block = blockFor(raw, 64)) {
      long path = name(block, raw);
      // linux/openat2.h, struct open_how: flags, mode, resolve
      long how = block.allocate(24);
      block.setLong(how, (long) flags | noFollow() | Constants.O_CLOEXEC);
      block.setLong(how + 16, resolve);
      return kernel.call(Syscall.OPENAT2, directory, path, how, 24);
    }
  }

  private int lifted(String raw, long fd) throws IOException {
    check(raw, fd);
    if (fd >= LOWEST) {
      return (int) fd;
    }
    long higher = kernel.call(Syscall.FCNTL, fd, Constants.F_DUPFD_CLOEXEC, LOWEST);
    close((int) fd);
    return (int) check(raw, higher);
  }

  void close(int fd) {
    kernel.call(Syscall.CLOSE, fd);
  }

  static long check(String raw, long result) throws IOException {
    if (result < 0) {
      throw failure(raw, (int) -result);
    }
    return result;
  }

  /** Returns the exception that the JDK would throw, with a printable name. */
  static FileSystemException failure(String raw, int errno) {
    String name = Printable.ofBytes(raw.getBytes(StandardCharsets.ISO_8859_1));
    if (errno == Errno.EACCES.value()) {
      return new AccessDeniedException(name, null, "EACCES");
    } else if (errno == Errno.ENOENT.value()) {
      return new NoSuchFileException(name, null, "ENOENT");
    } else if (errno == Errno.EEXIST.value()) {
      return new FileAlreadyExistsException(name, null, "EEXIST");
    } else if (errno == Errno.ENOTEMPTY.value()) {
      return new DirectoryNotEmptyException(name);
    }
    return new FileSystemException(name, null, Errno.name(errno));
  }

  Status status(int fd) throws IOException {
    return status(fd, "", Constants.AT_EMPTY_PATH);
  }

  Status status(int directory, String raw, int flags) throws IOException {
    try (NativeBlock block = blockFor(raw, 320)) {
      long path = name(block, raw);
      long statx = block.allocate(256);
      check(raw, kernel.call(Syscall.STATX, directory, path, flags, STATX_BASIC_STATS, statx, 0));
      // struct statx: uid 20, gid 24, mode 28, ino 32, size 40, ctime 96, mtime 112, dev 136
      return new Status(
          block.getShort(statx + 28) & 0xffff,
          block.getInt(statx + 20),
          block.getInt(statx + 24),
          block.getLong(statx + 40),
          time(block, statx + 112),
          time(block, statx + 96),
          (long) block.getInt(statx + 136) << 32 | block.getInt(statx + 140) & 0xffffffffL,
          block.getLong(statx + 32));
    }
  }

  private static long time(NativeBlock block, long at) {
    return block.getLong(at) * NANOS + block.getInt(at + 8);
  }

  /** Receives the entries of a directory. */
  interface Entries {
    /**
     * Receives one.
     *
     * @param name its name
     * @param type its type as {@code d_type} has it, 0 where the file system does not say
     * @return false to end the listing
     */
    boolean next(String name, int type) throws IOException;
  }

  /** Returns all names in a directory, from its beginning. */
  List<String> names(int directory) throws IOException {
    List<String> names = new ArrayList<>();
    list(directory, (name, type) -> names.add(name));
    return names;
  }

  /** Lists a directory, from its beginning. */
  void list(int directory, Entries entries) throws IOException {
    check(".", kernel.call(Syscall.LSEEK, directory, 0, 0));
    try (NativeBlock block = new NativeBlock(LISTING + 64L)) {
      long buffer = block.allocate(LISTING);
      while (true) {
        int length = (int) check(".", kernel.call(Syscall.GETDENTS64, directory, buffer, LISTING));
        if (length == 0) {
          return;
        }
        byte[] bytes = block.getBytes(buffer, length);
        // struct linux_dirent64: reclen at 16, name at 19
        for (int at = 0;
            at < length;
            at += (bytes[at + 16] & 0xff) | (bytes[at + 17] & 0xff) << 8) {
          int end = at + 19;
          while (bytes[end] != 0) {
            end++;
          }
          String name = new String(bytes, at + 19, end - at - 19, StandardCharsets.ISO_8859_1);
          if (!name.equals(".")
              && !name.equals("..")
              && !entries.next(name, bytes[at + 18] & 0xff)) {
            return;
          }
        }
      }
    }
  }

  /** Sets permissions by a descriptor, even one that was opened without any right. */
  void permissions(int fd, String raw, int permissions) throws IOException {
    try (NativeBlock block = new NativeBlock(96)) {
      check(
          raw,
          kernel.call(
              Syscall.FCHMODAT,
              Constants.AT_FDCWD,
              block.string("/proc/self/fd/" + fd),
              permissions & 07777));
    }
  }

  /** Sets the modification time by {@code utimensat(2)}; keeps the access time. */
  void modified(int directory, String raw, long modified) throws IOException {
    try (NativeBlock block = blockFor(raw, 96)) {
      long path = raw.isEmpty() ? 0 : name(block, raw);
      long times = block.allocate(32);
      // linux/stat.h: UTIME_OMIT
      block.setLong(times + 8, (1L << 30) - 2);
      block.setLong(times + 16, Math.floorDiv(modified, NANOS));
      block.setLong(times + 24, Math.floorMod(modified, NANOS));
      int flags = raw.isEmpty() ? 0 : Constants.AT_SYMLINK_NOFOLLOW;
      check(raw, kernel.call(Syscall.UTIMENSAT, directory, path, times, flags));
    }
  }
}
