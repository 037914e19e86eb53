package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/** Operations on files, links and their metadata. */
final class FileOperations {
  // asm-generic/fcntl.h
  private static final int O_WRONLY = 1;
  private static final int O_RDWR = 2;
  private static final int O_CREAT = KernelNumbers.here().create();
  private static final int O_TRUNC = KernelNumbers.here().truncate();
  private static final int O_APPEND = KernelNumbers.here().append();
  // The nearest equivalent elsewhere is a descriptor for reading.
  private static final int O_PATH = NativeCalls.LINUX ? 0x200000 : 0;
  private static final int EACCES = 13;
  private static final int MODE = 0644;
  // linux/fs.h; RENAME_SWAP of sys/stdio.h of macOS
  private static final int RENAME_EXCHANGE = 2;

  private FileOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("create", a -> writeAt(NativeCalls.AT_FDCWD, a[0], O_WRONLY | O_CREAT));
    all.put("append", a -> writeAt(NativeCalls.AT_FDCWD, a[0], O_WRONLY | O_APPEND));
    all.put("overwrite", a -> writeAt(NativeCalls.AT_FDCWD, a[0], O_RDWR));
    all.put("open-truncate", a -> writeAt(NativeCalls.AT_FDCWD, a[0], O_WRONLY | O_TRUNC));
    all.put("truncate", a -> NativeCalls.call("truncate", a[0], 0L));
    all.put("unlink", a -> NativeCalls.call("unlink", a[0]));
    all.put("mkdir", a -> NativeCalls.call("mkdir", a[0], 0755));
    all.put("rmdir", a -> NativeCalls.call("rmdir", a[0]));
    all.put("rename", a -> NativeCalls.call("rename", a[0], a[1]));
    all.put(
        "exchange",
        a -> rename(NativeCalls.AT_FDCWD, a[0], NativeCalls.AT_FDCWD, a[1], RENAME_EXCHANGE));
    all.put("link", a -> NativeCalls.call("link", a[0], a[1]));
    all.put("symlink", a -> NativeCalls.call("symlink", a[0], a[1]));
    all.put("mkfifo", a -> NativeCalls.call("mkfifo", a[0], MODE));
    all.put("read", a -> readOnce(a[0]));
    all.put("list", a -> list(a[0]));
    all.put("read-device", a -> readOnce(a[0]));
    all.put("symlink-then-create", FileOperations::symlinkThenCreate);
    all.put("symlink-then-read", a -> linked(a, () -> readOnce(a[1])));
    all.put(
        "symlink-then-append",
        a -> linked(a, () -> writeAt(NativeCalls.AT_FDCWD, a[1], O_WRONLY | O_APPEND)));
    all.put("openat2-read", a -> openat2(a[0], 0));
    all.put("openat2-append", a -> openat2(a[0], O_WRONLY | O_APPEND));
    all.put("chdir-then-read", FileOperations::chdirThenRead);
    all.put("create-race", FileOperations::createRace);
    all.put("openat-through-directory", FileOperations::openatThroughDirectory);
    all.put("chdir-then-create", FileOperations::chdirThenCreate);
    all.put("reopen-through-proc", FileOperations::reopenThroughProc);
    all.put("mknod-device", a -> NativeCalls.call("mknod", a[0], 0060000 | MODE, 0x0800L));
    metadata(all);
  }

  private static long linked(String[] names, java.util.function.LongSupplier action) {
    long made = NativeCalls.call("symlink", names[0], names[1]);
    return made < 0 ? made : action.getAsLong();
  }

  private static long openat2(String path, int flags) {
    // struct open_how of linux/openat2.h
    Memory how = NativeCalls.memory(24);
    how.clear();
    how.setLong(0, flags);
    return NativeCalls.syscall(437, 437, NativeCalls.AT_FDCWD, NativeCalls.string(path), how, 24);
  }

  private static long chdirThenRead(String[] names) {
    long moved = NativeCalls.call("chdir", names[0]);
    return moved < 0 ? moved : readOnce(names[1]);
  }

  /** Creates a harmless file repeatedly while another thread rewrites its name in memory. */
  private static long createRace(String[] arguments) throws InterruptedException {
    byte[] harmless = (arguments[0] + "\0").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    byte[] protectedName = (arguments[1] + "\0").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Memory name = NativeCalls.memory(Math.max(harmless.length, protectedName.length));
    name.write(0, harmless, 0, harmless.length);
    var stop = new java.util.concurrent.atomic.AtomicBoolean();
    Thread swapper =
        new Thread(
            () -> {
              while (!stop.get()) {
                name.write(0, protectedName, 0, protectedName.length);
                name.write(0, harmless, 0, harmless.length);
              }
            });
    swapper.setDaemon(true);
    swapper.start();
    int rounds = Integer.parseInt(arguments[2]);
    for (int i = 0; i < rounds; i++) {
      long fd = NativeCalls.call("openat", NativeCalls.AT_FDCWD, name, O_WRONLY | O_CREAT, MODE);
      if (fd >= 0) {
        NativeCalls.call("close", (int) fd);
      }
    }
    stop.set(true);
    swapper.join();
    return new java.io.File(arguments[1]).exists() ? 1 : -EACCES;
  }

  private static void metadata(Map<String, Operation> all) {
    all.put("chmod", a -> NativeCalls.call("chmod", a[0], 0600));
    all.put("fchmod", a -> onReadOnly(a[0], fd -> NativeCalls.call("fchmod", fd, 0600)));
    all.put(
        "fchmodat2",
        a ->
            NativeCalls.syscall(452, 452, NativeCalls.AT_FDCWD, NativeCalls.string(a[0]), 0600, 0));
    all.put(
        "chmod-proc-fd",
        a -> onPath(a[0], fd -> NativeCalls.call("chmod", "/proc/self/fd/" + onlyLinux(fd), 0600)));
    all.put("chown", a -> NativeCalls.call("chown", a[0], uid(), -1));
    all.put("fchown", a -> onReadOnly(a[0], fd -> NativeCalls.call("fchown", fd, uid(), -1)));
    all.put("lchown", a -> NativeCalls.call("lchown", a[0], uid(), -1));
    all.put("utimes", a -> NativeCalls.call("utimes", a[0], times()));
    all.put("futimens", a -> onReadOnly(a[0], fd -> NativeCalls.call("futimens", fd, times())));
    all.put(
        "utimensat", a -> NativeCalls.call("utimensat", NativeCalls.AT_FDCWD, a[0], times(), 0));
    all.put("setxattr", a -> NativeCalls.call("setxattr", a[0], "user.ringfence", "x", 1L, 0, 0));
    all.put(
        "fsetxattr",
        a ->
            onReadOnly(
                a[0], fd -> NativeCalls.call("fsetxattr", fd, "user.ringfence", "x", 1L, 0, 0)));
    all.put("inode-flags", a -> onReadOnly(a[0], FileOperations::setNoDump));
  }

  private static long setNoDump(int fd) {
    if (!NativeCalls.LINUX) {
      // UF_NODUMP of sys/stat.h
      return NativeCalls.call("fchflags", fd, 1);
    }
    // FS_IOC_SETFLAGS with FS_NODUMP_FL (linux/fs.h)
    Memory flags = NativeCalls.memory(8);
    flags.setInt(0, 0x40);
    return NativeCalls.call("ioctl", fd, 0x40086602L, flags);
  }

  /** Renames like {@code renameat2(2)}, which has another name elsewhere. */
  static long rename(int base, String from, int otherBase, String to, int flags) {
    String function = NativeCalls.LINUX ? "renameat2" : "renameatx_np";
    return NativeCalls.call(function, base, from, otherBase, to, flags);
  }

  private static int onlyLinux(int fd) {
    NativeCalls.onlyLinux("/proc/self/fd");
    return fd;
  }

  private interface OnDescriptor {
    long apply(int fd);
  }

  private static long onReadOnly(String path, OnDescriptor action) {
    return on(NativeCalls.call("open", path, 0, 0), action);
  }

  private static long onPath(String path, OnDescriptor action) {
    return on(NativeCalls.call("open", path, O_PATH, 0), action);
  }

  private static long on(long fd, OnDescriptor action) {
    return fd < 0 ? fd : action.apply((int) fd);
  }

  private static int uid() {
    return (int) NativeCalls.call("getuid");
  }

  private static Memory times() {
    Memory times = NativeCalls.memory(32);
    times.setLong(0, 1_000_000);
    times.setLong(16, 1_000_000);
    return times;
  }

  static long writeAt(int directory, String path, int flags) {
    long fd = NativeCalls.call("openat", directory, path, flags, MODE);
    return fd < 0 ? fd : NativeCalls.call("write", (int) fd, "ringfence", 9L);
  }

  static long readOnce(String path) {
    long fd = NativeCalls.call("open", path, 0, 0);
    return fd < 0 ? fd : NativeCalls.call("read", (int) fd, NativeCalls.memory(64), 64L);
  }

  private static long list(String path) throws java.io.IOException {
    try (var entries = java.nio.file.Files.list(java.nio.file.Path.of(path))) {
      return entries.count();
    } catch (java.nio.file.AccessDeniedException e) {
      return -13;
    } catch (java.nio.file.NoSuchFileException e) {
      return -2;
    }
  }

  /** Makes a link inside that leads out, then creates a file through it. */
  private static long symlinkThenCreate(String[] a) {
    long linked = NativeCalls.call("symlink", a[0], a[1]);
    return linked < 0 ? linked : writeAt(NativeCalls.AT_FDCWD, a[1] + a[2], O_WRONLY | O_CREAT);
  }

  private static long openatThroughDirectory(String[] a) {
    return onPath(a[0], fd -> writeAt(fd, a[1], O_WRONLY | O_CREAT));
  }

  private static long chdirThenCreate(String[] a) {
    long changed = NativeCalls.call("chdir", a[0]);
    return changed < 0 ? changed : writeAt(NativeCalls.AT_FDCWD, a[1], O_WRONLY | O_CREAT);
  }

  /** Opens for reading, then reopens for writing through the descriptor's own name. */
  private static long reopenThroughProc(String[] a) {
    return onReadOnly(
        a[0], fd -> writeAt(NativeCalls.AT_FDCWD, "/proc/self/fd/" + onlyLinux(fd), O_WRONLY));
  }
}
