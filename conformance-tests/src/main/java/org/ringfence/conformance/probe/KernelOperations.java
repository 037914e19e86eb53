package org.ringfence.conformance.probe;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/**
 * Operations that widen the kernel's attack surface: namespaces, mounts, other entries, tracing.
 */
final class KernelOperations {
  // linux/sched.h
  private static final long CLONE_NEWUSER = 0x10000000L;
  private static final long CLONE_NEWNET = 0x40000000L;
  private static final int SIGKILL = 9;
  private static final int SIGCHLD = 17;
  private static final long X32 = 0x40000000L;

  private KernelOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("unshare-user", a -> NativeCalls.syscall(272, 97, CLONE_NEWUSER));
    all.put("unshare-user-net", a -> NativeCalls.syscall(272, 97, CLONE_NEWUSER | CLONE_NEWNET));
    all.put("clone-user", a -> childOf(NativeCalls.syscall(56, 220, CLONE_NEWUSER | SIGCHLD, 0L)));
    all.put("clone3-user", KernelOperations::clone3);
    all.put("mount", a -> mount(a[0]));
    all.put("fsopen", a -> NativeCalls.syscall(430, 430, NativeCalls.string("tmpfs"), 0));
    all.put(
        "open-tree",
        a -> NativeCalls.syscall(428, 428, NativeCalls.AT_FDCWD, NativeCalls.string(a[0]), 1));
    all.put("setns", KernelOperations::setns);
    all.put("chroot", a -> NativeCalls.call("chroot", a[0]));
    all.put("io-uring", a -> NativeCalls.syscall(425, 425, 4, NativeCalls.memory(256)));
    all.put("bpf", a -> NativeCalls.syscall(321, 280, 0L, bpfMap(), 72L));
    all.put("perf", a -> NativeCalls.syscall(298, 241, perfEvent(), 0L, -1L, -1L, 0L));
    all.put("userfaultfd", a -> NativeCalls.syscall(323, 282, 1));
    all.put("keyctl", a -> NativeCalls.syscall(250, 219, 0, -3, 1));
    all.put("add-key", KernelOperations::addKey);
    all.put("open-by-handle", a -> NativeCalls.syscall(304, 265, -100, NativeCalls.memory(128), 0));
    all.put("handle-of-file", KernelOperations::openByHandle);
    all.put("kexec", a -> NativeCalls.syscall(246, 104, 0L, 0L, 0L, 0L));
    all.put(
        "module",
        a -> NativeCalls.syscall(175, 105, NativeCalls.memory(8), 0L, NativeCalls.string("")));
    all.put("reboot", a -> NativeCalls.syscall(169, 142, 0L, 0L, 0L, 0L));
    all.put("swapon", a -> NativeCalls.syscall(167, 224, NativeCalls.string(a[0]), 0));
    all.put(
        "quotactl",
        a -> NativeCalls.syscall(179, 60, 0x800001L << 8, 0L, 0L, NativeCalls.memory(256)));
    all.put("tiocsti", a -> terminal(0x5412L, "x"));
    all.put(
        "tiocsti-high-bits",
        a -> NativeCalls.syscall(16, 29, 0L, 0x100005412L, NativeCalls.string("x")));
    all.put("tioclinux", a -> terminal(0x541CL, "\2"));
    all.put("x32", a -> NativeCalls.X86 ? NativeCalls.syscall(X32 | 39, 0) : -38);
    all.put("i386", a -> NativeCalls.X86 && NativeCalls.LINUX ? int80(20) : -38);
    all.put("fanotify", a -> NativeCalls.syscall(300, 262, 0, 0));
    all.put("own-seccomp", KernelOperations::ownSeccomp);
    all.put("sysv-new", a -> sysvNew());
    all.put("sysv-memory", a -> NativeCalls.call("shmget", Integer.parseInt(a[0]), 0L, 0));
    all.put("sysv-messages", a -> NativeCalls.call("msgget", Integer.parseInt(a[0]), 0));
    all.put("message-queue", KernelOperations::messageQueue);
    all.put("own-landlock", a -> NativeCalls.syscall(444, 444, 0L, 0L, 1L));
  }

  private static long terminal(long request, String text) {
    NativeCalls.onlyLinux("request " + Long.toHexString(request) + " of terminals");
    return NativeCalls.call("ioctl", 0, request, NativeCalls.string(text));
  }

  private static long mount(String directory) {
    NativeCalls.onlyLinux("a file system of memory");
    return NativeCalls.call("mount", "none", directory, "tmpfs", 0L, null);
  }

  private static long childOf(long pid) {
    if (pid == 0) {
      // The child of a raw clone has only one thread of this JVM.
      NativeCalls.call("_exit", 0);
    }
    if (pid > 0) {
      // The child may have been made while another thread held a lock, and waits for it for ever.
      NativeCalls.call("kill", (int) pid, SIGKILL);
      NativeCalls.call("waitpid", (int) pid, null, 0);
    }
    return pid;
  }

  private static long messageQueue(String[] a) {
    // fcntl.h: O_RDWR
    return NativeCalls.call("mq_open", "/ringfence-probe-" + a[0], 2, 0, null);
  }

  private static long clone3(String[] a) {
    Memory arguments = NativeCalls.memory(88);
    arguments.setLong(0, CLONE_NEWUSER);
    arguments.setLong(32, SIGCHLD);
    return childOf(NativeCalls.syscall(435, 435, arguments, 88L));
  }

  private static long setns(String[] a) {
    NativeCalls.onlyLinux("namespaces");
    long fd = NativeCalls.call("open", "/proc/" + a[0] + "/ns/" + a[1], 0, 0);
    return fd < 0 ? fd : NativeCalls.call("setns", (int) fd, 0);
  }

  /** Returns {@code BPF_MAP_CREATE} attributes of an array map with one element. */
  private static Memory bpfMap() {
    Memory attributes = NativeCalls.memory(72);
    attributes.setInt(0, 2);
    attributes.setInt(4, 4);
    attributes.setInt(8, 4);
    attributes.setInt(12, 1);
    return attributes;
  }

  /** Returns the attributes of a software clock of this process ({@code linux/perf_event.h}). */
  private static Memory perfEvent() {
    Memory attributes = NativeCalls.memory(128);
    attributes.setInt(0, 1);
    attributes.setInt(4, 128);
    // exclude_kernel and exclude_hv, which perf_event_paranoid asks of ordinary users
    attributes.setLong(40, 1 << 5 | 1 << 6);
    return attributes;
  }

  private static long addKey(String[] a) {
    return NativeCalls.syscall(
        248,
        217,
        NativeCalls.string("user"),
        NativeCalls.string("ringfence-probe"),
        NativeCalls.string("x"),
        1L,
        -1L);
  }

  /** Calls {@code name_to_handle_at}, then {@code open_by_handle_at} with its handle. */
  private static long openByHandle(String[] a) {
    Memory handle = NativeCalls.memory(256);
    handle.setInt(0, 128);
    Memory mountId = NativeCalls.memory(8);
    long named =
        NativeCalls.syscall(
            303, 264, NativeCalls.AT_FDCWD, NativeCalls.string(a[0]), handle, mountId, 0L);
    if (named < 0) {
      return named;
    }
    long mount = NativeCalls.call("open", a[1], 0, 0);
    return mount < 0 ? mount : NativeCalls.syscall(304, 265, mount, handle, 0L);
  }

  /** Uses the 32-bit entry: {@code mov eax, number; int 0x80; ret} in executable memory. */
  private static long int80(int number) {
    byte[] code = {
      (byte) 0xb8, (byte) number, 0, 0, 0, (byte) 0xcd, (byte) 0x80, 0x48, (byte) 0x98, (byte) 0xc3
    };
    long address = NativeCalls.call("mmap", 0L, 4096L, 7, 0x22, -1, 0L);
    if (address < 0 && address > -4096) {
      return address;
    }
    new Pointer(address).write(0, code, 0, code.length);
    return Function.getFunction(new Pointer(address)).invokeLong(new Object[0]);
  }

  /** Installs a filter, as programs such as browsers and OpenSSH do for themselves. */
  private static long ownSeccomp(String[] a) {
    NativeCalls.call("prctl", 38, 1L, 0L, 0L, 0L);
    Memory code = NativeCalls.memory(8);
    code.setShort(0, (short) 0x06);
    code.setInt(4, 0x7fff0000);
    Memory program = NativeCalls.memory(16);
    program.setShort(0, (short) 1);
    program.setPointer(8, code);
    return NativeCalls.syscall(317, 277, 1L, 0L, program);
  }

  /** Makes a segment of shared memory that no key names, and removes it. */
  private static long sysvNew() {
    long segment = NativeCalls.call("shmget", 0, 4096L, 0600);
    // IPC_RMID of linux/ipc.h
    return segment < 0 ? segment : NativeCalls.call("shmctl", (int) segment, 0, null);
  }
}
