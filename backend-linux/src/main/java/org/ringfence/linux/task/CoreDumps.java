package org.ringfence.linux.task;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_WRONLY;

import java.nio.charset.StandardCharsets;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Answers a process that gives up {@code PR_SET_DUMPABLE}, as agents for keys do. The kernel would
 * then keep a JVM without CAP_SYS_PTRACE from the process's memory and descriptors, and each of its
 * calls that the supervisor decides would fail. Instead the process's memory is left out of core
 * dumps, and the flag stays; {@code PR_GET_DUMPABLE} says so. Where this class answers, without
 * namespaces, the filter closes ptrace and process_vm_readv, and Landlock closes the process to
 * every other sandbox.
 *
 * <p>Thread-safe.
 */
public final class CoreDumps {
  // linux/capability.h
  private static final long CAP_SYS_PTRACE = 1L << 19;

  /** No kind of memory: core(5), "Controlling which mappings are written to the core dump". */
  private static final byte[] NO_MEMORY = "0".getBytes(StandardCharsets.US_ASCII);

  private final Kernel kernel;
  private final boolean reachesAll;

  public CoreDumps(Kernel kernel) {
    this.kernel = kernel;
    this.reachesAll = reachesAll(kernel);
  }

  private static boolean reachesAll(Kernel kernel) {
    try {
      int own = (int) ProcessHandle.current().pid();
      return (new TargetMemory(kernel).rights(own).capabilities() & CAP_SYS_PTRACE) != 0;
    } catch (AccessException e) {
      return false;
    }
  }

  /** Answers {@code prctl(PR_SET_DUMPABLE, 0)}. */
  public void forbid(SyscallNotification call) {
    if (reachesAll || call.argument(1) != 0) {
      // Decided on registers alone: this JVM reaches the process all the same, or the kernel
      // refuses.
      call.proceed();
      return;
    }
    if (leaveOutMemory(call)) {
      call.result(0);
    } else {
      call.fail(Errno.EPERM);
    }
  }

  private boolean leaveOutMemory(SyscallNotification call) {
    try (NativeBlock block = new NativeBlock(128)) {
      long path = block.string("/proc/" + call.tid() + "/coredump_filter");
      long fd = kernel.call(Syscall.OPENAT, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
      if (fd < 0) {
        return false;
      }
      // Opened while the caller waits, the file is the caller's.
      long written =
          call.alive()
              ? kernel.call(Syscall.WRITE, fd, block.bytes(NO_MEMORY), NO_MEMORY.length)
              : -1;
      kernel.call(Syscall.CLOSE, fd);
      return written == NO_MEMORY.length;
    }
  }
}
