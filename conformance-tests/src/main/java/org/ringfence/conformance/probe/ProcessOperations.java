package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/** Operations on other processes, identified by number. */
final class ProcessOperations {
  // linux/ptrace.h
  private static final long PTRACE_TRACEME = 0;
  private static final long PTRACE_SEIZE = 0x4206;
  private static final int RLIMIT_NOFILE = 7;

  private ProcessOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("ptrace-seize", a -> NativeCalls.syscall(101, 117, PTRACE_SEIZE, number(a[0]), 0L, 0L));
    all.put("ptrace-traceme", a -> NativeCalls.syscall(101, 117, PTRACE_TRACEME, 0L, 0L, 0L));
    all.put("process-vm-read", ProcessOperations::processVmRead);
    all.put("kill", a -> NativeCalls.call("kill", number(a[0]), 0));
    all.put("kill-term", a -> NativeCalls.call("kill", number(a[0]), 15));
    all.put("tgkill", a -> NativeCalls.syscall(234, 131, number(a[0]), number(a[0]), 0));
    all.put("pidfd-signal", ProcessOperations::pidfdSignal);
    all.put("pidfd-getfd", ProcessOperations::pidfdGetfd);
    all.put("prlimit", ProcessOperations::prlimit);
    all.put("setpriority", a -> NativeCalls.call("setpriority", 0, number(a[0]), 10));
    all.put("sched-setaffinity", ProcessOperations::affinity);
    all.put("read-environ", a -> FileOperations.readOnce(proc(a[0], "environ")));
    all.put("read-maps", a -> FileOperations.readOnce(proc(a[0], "maps")));
    all.put("read-memory", a -> NativeCalls.call("open", proc(a[0], "mem"), 0, 0));
    all.put("write-memory", a -> NativeCalls.call("open", proc(a[0], "mem"), 2, 0));
    all.put("through-root", a -> FileOperations.readOnce(proc(a[0], "root" + a[1])));
    all.put("variable-present", a -> System.getenv(a[0]) == null ? -2 : 0);
    all.put("environment-value", ProcessOperations::environmentHolds);
    all.put("descriptors", ProcessOperations::strayDescriptors);
    all.put("no-new-privs", a -> statusIs("NoNewPrivs:\t1"));
    all.put("seccomp-filter", a -> statusIs("Seccomp:\t2"));
    all.put("own-process", ProcessOperations::ownProcess);
    all.put("capability", a -> capability(Integer.parseInt(a[0])));
  }

  private static String proc(String process, String name) {
    NativeCalls.onlyLinux("/proc");
    return "/proc/" + process + "/" + name;
  }

  private static int number(String text) {
    return Integer.parseInt(text);
  }

  private static long processVmRead(String[] a) throws IOException {
    String maps = Files.readString(Path.of(proc("self", "maps")));
    long address = Long.parseLong(maps.substring(0, maps.indexOf('-')), 16);
    Memory local = NativeCalls.memory(16);
    Memory buffer = NativeCalls.memory(16);
    local.setPointer(0, buffer);
    local.setLong(8, 8);
    Memory remote = NativeCalls.memory(16);
    remote.setLong(0, address);
    remote.setLong(8, 8);
    long result = NativeCalls.syscall(310, 270, number(a[0]), local, 1L, remote, 1L, 0L);
    // EFAULT means that the kernel looked there: it granted access.
    return result == -14 ? 0 : result;
  }

  private static long pidfdSignal(String[] a) {
    long fd = NativeCalls.syscall(434, 434, number(a[0]), 0);
    return fd < 0 ? fd : NativeCalls.syscall(424, 424, fd, 0L, 0L, 0L);
  }

  private static long pidfdGetfd(String[] a) {
    long fd = NativeCalls.syscall(434, 434, number(a[0]), 0);
    return fd < 0 ? fd : NativeCalls.syscall(438, 438, fd, 0L, 0L);
  }

  private static long prlimit(String[] a) {
    Memory limit = NativeCalls.memory(16);
    limit.setLong(0, 64);
    limit.setLong(8, 64);
    return NativeCalls.call("prlimit", number(a[0]), RLIMIT_NOFILE, limit, null);
  }

  private static long affinity(String[] a) {
    Memory mask = NativeCalls.memory(128);
    mask.setLong(0, 1);
    return NativeCalls.call("sched_setaffinity", number(a[0]), 128L, mask);
  }

  private static long environmentHolds(String[] a) {
    return System.getenv().values().stream().anyMatch(value -> value.contains(a[0])) ? 0 : -2;
  }

  /** Tries every descriptor that is no standard stream and that this JVM did not open. */
  private static long strayDescriptors(String[] a) {
    int high = Integer.parseInt(a[0]);
    return NativeCalls.call("write", high, "leak", 4L);
  }

  private static long statusIs(String line) throws IOException {
    return Files.readString(Path.of(proc("self", "status"))).contains(line + "\n") ? 0 : -1;
  }

  /** Finds this process by each name that leads to it, and its own files below /proc. */
  private static long ownProcess(String[] a) throws IOException {
    NativeCalls.onlyLinux("/proc");
    Path workspace = Path.of(a[0]);
    Files.createSymbolicLink(workspace.resolve("link"), Path.of("/proc/self"));
    Files.createSymbolicLink(workspace.resolve("second"), Path.of("link/stat"));
    Files.createSymbolicLink(workspace.resolve("up"), Path.of("/proc/net/../stat"));
    Files.createSymbolicLink(workspace.resolve("round"), Path.of("/proc/self/cwd/round"));
    NativeCalls.call("chdir", "/proc");
    String own = ProcessHandle.current().pid() + " ";
    for (String name :
        List.of(
            "/proc/self/stat",
            "/proc/./self/stat",
            "//proc/self/stat",
            "self/stat",
            workspace + "/link/stat",
            workspace + "/second",
            workspace + "/up")) {
      String got = text(name);
      if (!got.startsWith(own)) {
        throw new IOException(name + " is not of process " + own + ": " + got);
      }
    }
    for (String name : List.of("/proc/net/dev", "/proc/mounts", "net/dev", "mounts")) {
      if (text(name).isEmpty()) {
        throw new IOException(name + " is empty");
      }
    }
    NativeCalls.call("chdir", workspace.toString());
    long round = NativeCalls.call("open", "round", 0, 0);
    if (round != KernelNumbers.error("ELOOP")) {
      throw new IOException("a link that leads round: " + round);
    }
    return 0;
  }

  /** Reads through libc, so that relative names begin at the directory of this process. */
  private static String text(String name) throws IOException {
    int fd = (int) NativeCalls.call("open", name, 0, 0);
    if (fd < 0) {
      throw new IOException(name + ": " + NativeCalls.errorName(-fd));
    }
    Memory buffer = NativeCalls.memory(4096);
    long length = NativeCalls.call("read", fd, buffer, 4096L);
    NativeCalls.call("close", fd);
    return length <= 0 ? "" : new String(buffer.getByteArray(0, (int) length));
  }

  /** Returns the effective capabilities of the calling thread. */
  static long capabilities() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/thread-self/status"))) {
      if (line.startsWith("CapEff:")) {
        return Long.parseUnsignedLong(line.substring(7).trim(), 16);
      }
    }
    throw new IOException("/proc/thread-self/status has no CapEff");
  }

  /** Drops all capabilities of the calling thread outside a set. */
  static void keepCapabilities(long kept) throws IOException {
    Memory header = NativeCalls.memory(8);
    // _LINUX_CAPABILITY_VERSION_3 of linux/capability.h
    header.setInt(0, 0x20080522);
    // Twice effective, permitted and inheritable: the lower half, then the upper.
    Memory data = NativeCalls.memory(24);
    for (int half = 0; half < 2; half++) {
      data.setInt(12L * half, (int) (kept >> 32 * half));
      data.setInt(12L * half + 4, (int) (kept >> 32 * half));
    }
    if (NativeCalls.syscall(126, 91, header, data) != 0 || capabilities() != kept) {
      throw new IOException("capabilities " + Long.toHexString(kept) + " cannot be kept alone");
    }
  }

  private static long capability(int number) throws IOException {
    return (capabilities() >> number & 1) == 1 ? 0 : -1;
  }
}
