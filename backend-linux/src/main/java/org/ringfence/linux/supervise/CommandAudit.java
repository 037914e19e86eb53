package org.ringfence.linux.supervise;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.ringfence.event.AuditRecord;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.Reporter;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/** Records each program while the supervisor holds its execve call, and its end. Thread-safe. */
final class CommandAudit implements AutoCloseable {
  private static final int MOST_ARGUMENTS = 256;
  private static final int MOST_ARGUMENT_BYTES = 65_536;
  private static final int FEWER_ARGUMENT_BYTES = 1024;
  private static final int MANY_PROCESSES = 256;
  // linux/pidfd.h: PIDFD_GET_INFO is _IOWR(PIDFS_IOCTL_MAGIC, 11, struct pidfd_info), whose size
  // may grow; the kernel takes the first version's 64 bytes. PIDFD_INFO_EXIT came with Linux 6.15.
  private static final long PIDFD_GET_INFO = 0xc040ff0bL;
  private static final long PIDFD_INFO_EXIT = 1 << 3;
  private static final int INFO_EXIT_CODE = 60;

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  private final Reporter reporter;
  private final Map<Integer, Running> byPid = new HashMap<>();
  private final Map<Integer, Running> byPidfd = new HashMap<>();

  /** A running program: its record so far and its process. */
  private record Running(AuditRecord start, int pid, int pidfd, Instant end) {
    private Running(AuditRecord start, int pid, int pidfd) {
      this(start, pid, pidfd, null);
    }

    private Running endedNow() {
      return new Running(start, pid, pidfd, Instant.now());
    }

    private AuditRecord ended(OptionalInt exit) {
      return new AuditRecord(
          start.pid(),
          start.parent(),
          start.path(),
          start.arguments(),
          start.directory(),
          start.start(),
          end == null ? Instant.now() : end,
          exit);
    }
  }

  CommandAudit(Kernel kernel, PathResolver paths, Reporter reporter) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.paths = paths;
    this.reporter = reporter;
  }

  /**
   * Records that a thread is about to execute a program.
   *
   * @param commands the running commands, and those that this JVM is starting
   * @return a pidfd to watch, for the end
   */
  Optional<Integer> executes(
      Syscall syscall, SyscallNotification call, Collection<SupervisedCommand> commands) {
    boolean at = syscall == Syscall.EXECVEAT;
    long words = call.argument(at ? 2 : 1);
    Optional<Path> start =
        commands.stream().flatMap(command -> command.startsIn(words).stream()).findFirst();
    try {
      int pid = child.processOf(call.tid());
      byte[] name = child.string(call.tid(), call.argument(at ? 1 : 0));
      int directory = at ? call.intArgument(0) : AT_FDCWD;
      if (name.length > 0 && start.isEmpty()) {
        // A shell tries one directory after the other and executes no missing file.
        child.close(paths.open(call.tid(), directory, name, true));
      }
      List<String> arguments = child.strings(call.tid(), words, MOST_ARGUMENTS, room());
      String workingDirectory =
          start.isPresent() ? real(start.get()) : workingDirectory(call.tid());
      Instant now = Instant.now();
      AuditRecord record =
          new AuditRecord(
              pid,
              child.parent(call.tid()),
              new String(name, StandardCharsets.UTF_8),
              arguments,
              workingDirectory,
              now,
              now,
              OptionalInt.empty());
      return begins(pid, record);
    } catch (AccessException e) {
      // It fails to execute, or is gone.
      return Optional.empty();
    }
  }

  private String workingDirectory(int tid) throws AccessException {
    int working = paths.workingDirectory(tid);
    try {
      return paths.pathOf(working);
    } finally {
      child.close(working);
    }
  }

  private static String real(Path directory) {
    try {
      return directory.toRealPath().toString();
    } catch (IOException e) {
      // It is gone by now; the command thread is in it.
      return directory.toString();
    }
  }

  /** The look-up may take long: only the bookkeeping is for one thread at a time. */
  private synchronized Optional<Integer> begins(int pid, AuditRecord record) {
    Running before = byPid.get(pid);
    if (before != null) {
      reporter.executed(before.ended(OptionalInt.empty()));
      replace(new Running(record, pid, before.pidfd()));
      return Optional.empty();
    }
    long pidfd = kernel.call(Syscall.PIDFD_OPEN, pid, 0);
    if (pidfd < 0) {
      // It is gone, or this JVM has no descriptor left to watch its end.
      reporter.executed(new Running(record, pid, -1).ended(OptionalInt.empty()));
      return Optional.empty();
    }
    replace(new Running(record, pid, (int) pidfd));
    return Optional.of((int) pidfd);
  }

  /** Returns the room for one process's arguments, less when many run. */
  private synchronized int room() {
    return byPid.size() < MANY_PROCESSES ? MOST_ARGUMENT_BYTES : FEWER_ARGUMENT_BYTES;
  }

  private void replace(Running running) {
    byPid.put(running.pid(), running);
    byPidfd.put(running.pidfd(), running);
  }

  /**
   * Records that the process of a pidfd has ended. The kernel shows the status once its parent has
   * reaped it.
   *
   * @param reaped whether the parent has reaped it
   * @return false if the caller must call again once the parent has reaped it
   */
  synchronized boolean ended(int pidfd, boolean reaped) {
    Running running = byPidfd.get(pidfd);
    if (running == null) {
      return true;
    }
    OptionalInt exit = exitOf(pidfd);
    if (exit.isEmpty() && !reaped) {
      byPid.remove(running.pid());
      byPidfd.put(pidfd, running.endedNow());
      return false;
    }
    byPidfd.remove(pidfd);
    byPid.remove(running.pid(), running);
    child.close(pidfd);
    reporter.executed(running.ended(exit));
    return true;
  }

  /** Returns the status of any process, also of one that this JVM cannot wait for. */
  private OptionalInt exitOf(int pidfd) {
    try (NativeBlock block = new NativeBlock(96)) {
      long info = block.allocate(64);
      block.setLong(info, PIDFD_INFO_EXIT);
      if (kernel.call(Syscall.IOCTL, pidfd, PIDFD_GET_INFO, info) < 0
          || (block.getLong(info) & PIDFD_INFO_EXIT) == 0) {
        return OptionalInt.empty();
      }
      int status = block.getInt(info + INFO_EXIT_CODE);
      int signal = status & 0x7f;
      return OptionalInt.of(signal == 0 ? status >> 8 & 0xff : 128 + signal);
    }
  }

  /** Reports the remaining records, since every process has ended. */
  @Override
  public synchronized void close() {
    List.copyOf(byPidfd.keySet()).forEach(pidfd -> ended(pidfd, true));
  }
}
