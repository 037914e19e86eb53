package org.ringfence.linux.supervise;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.ringfence.kit.plan.Statements;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.cgroup.SandboxCgroup;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets rlimits while the supervisor holds the command's first execve, before its program runs; all
 * its processes inherit them.
 */
final class LimitGate {
  private static final Logger LOG = LoggerFactory.getLogger(LimitGate.class);

  private final Kernel kernel;
  private final Limits limits;
  private final SandboxCgroup cgroup;
  private final int above;

  /**
   * Prepares the limits of commands.
   *
   * @param cgroup bounds commands' memory and processes, or null
   * @param above how many processes of the set-up lie between this JVM and a command
   */
  LimitGate(Kernel kernel, Limits limits, SandboxCgroup cgroup, int above) {
    this.cgroup = cgroup;
    this.kernel = kernel;
    this.above = above;
    this.limits = limits;
  }

  /** Counts bubblewrap's own process, and the first of a process namespace. */
  static int processesAbove(FileView view, Supervision supervision) {
    if (!supervision.inNamespaces()) {
      return 0;
    }
    return view.policy().policy().lifetime().onRootExit() == Leftovers.KILL ? 2 : 1;
  }

  /**
   * Answers an execve. Letting it continue is no decision about the executed file. A command is a
   * child of this JVM, its own children are not; repeating the limits at a command's later execve
   * changes nothing.
   */
  void answer(SyscallNotification call) {
    OptionalLong root =
        SeccompCompiler.needsGate(limits) ? rootOf(call.tid()) : OptionalLong.empty();
    if (root.isPresent()) {
      long result = apply(call.tid(), root.getAsLong());
      if (result < 0) {
        call.result(result);
        return;
      }
    }
    call.proceed();
  }

  /**
   * Returns the process that this JVM has spawned for a command; empty for a process that a command
   * has started.
   */
  private OptionalLong rootOf(int pid) {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    long root = pid;
    for (int i = 0; i <= above && process.isPresent(); i++) {
      root = process.get().pid();
      process = process.get().parent();
    }
    boolean command = process.isEmpty() || process.get().pid() == ProcessHandle.current().pid();
    return command ? OptionalLong.of(root) : OptionalLong.empty();
  }

  private long apply(int pid, long root) {
    long result = 0;
    if (cgroup != null) {
      result = enter(pid, root);
    }
    if (result >= 0 && cgroup == null && limits.memory().isPresent()) {
      result = set(pid, Constants.RLIMIT_AS, limits.memory().getAsLong());
    }
    if (result >= 0 && cgroup == null && limits.processes().isPresent()) {
      // The kernel counts all tasks of the user in a user namespace, so the bound starts from the
      // existing ones. In the command's own user namespace that is the first of its process
      // namespace alone.
      long there = above > 0 ? above - 1 : tasksOfUser(pid);
      result = set(pid, Constants.RLIMIT_NPROC, limits.processes().getAsLong() + there);
    }
    if (result >= 0 && limits.cpuTime().isPresent()) {
      long seconds = Statements.wholeSeconds(limits.cpuTime().get());
      result = set(pid, Constants.RLIMIT_CPU, seconds);
    }
    if (result >= 0 && limits.openFiles().isPresent()) {
      result = set(pid, Constants.RLIMIT_NOFILE, limits.openFiles().getAsLong());
    }
    if (result >= 0 && limits.fileSize().isPresent()) {
      result = set(pid, Constants.RLIMIT_FSIZE, limits.fileSize().getAsLong());
    }
    return result;
  }

  /** Enters once: a command that executes another program stays in its cgroup. */
  private long enter(int pid, long root) {
    try {
      if (!cgroup.holds(pid)) {
        cgroup.enter(pid, root, limits);
      }
      return 0;
    } catch (IOException e) {
      LOG.error("process {} cannot be put into a cgroup and is not started", pid, e);
      return -Errno.EPERM.value();
    }
  }

  private long set(int pid, int resource, long value) {
    try (NativeBlock block = new NativeBlock(64)) {
      long old = block.allocate(16);
      long result = kernel.call(Syscall.PRLIMIT64, pid, resource, 0, old);
      if (result < 0) {
        return result;
      }
      // A bound above the existing one changes nothing and would need a privilege.
      long hard = block.getLong(old + 8);
      long bound = Long.compareUnsigned(value, hard) < 0 ? value : hard;
      long at = block.allocate(16);
      block.setLong(at, bound);
      block.setLong(at + 8, bound);
      return kernel.call(Syscall.PRLIMIT64, pid, resource, at, 0);
    }
  }

  private static long tasksOfUser(int pid) {
    long count = 0;
    try {
      Object owner = Files.getAttribute(Path.of("/proc/" + pid), "unix:uid");
      try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
        for (Path process : all) {
          count += tasks(process, owner);
        }
      }
    } catch (IOException e) {
      // The command is gone: its bound no longer matters.
      return 0;
    }
    return count;
  }

  private static long tasks(Path process, Object owner) throws IOException {
    long count = 0;
    try {
      if (Files.getAttribute(process, "unix:uid").equals(owner)) {
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
          for (Path ignored : tasks) {
            count++;
          }
        }
      }
    } catch (NoSuchFileException e) {
      // It ended during the look-up.
      return 0;
    }
    return count;
  }
}
