package org.ringfence.linux.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import java.util.function.ToLongBiFunction;
import org.ringfence.CommandSignal;
import org.ringfence.CommandSignal.Reach;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.restricted.CommandThread;
import org.ringfence.linux.signal.Signals;
import org.ringfence.linux.supervise.SetUpPhase;
import org.ringfence.linux.task.MarkedProcesses;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Sends signals to a command. The command thread signals the process that it has spawned, which
 * keeps its number until that thread has waited for it. Below bubblewrap the command has another
 * parent, and its number may become another process's: this class signals it through a descriptor
 * that it has checked after opening it.
 */
final class SignalDelivery {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
  // linux/pidfd.h, Linux 6.9: the pidfd refers to the process that leads the group.
  private static final int PIDFD_SIGNAL_PROCESS_GROUP = 1 << 2;
  // The fields of /proc/PID/stat after the name, proc(5).
  private static final int STAT_GROUP = 2;

  private final Kernel kernel;
  private final TargetMemory processes;
  private final CommandThread commandThread;
  private final boolean namespaced;
  private final Optional<MarkedProcesses> marked;
  private final ToLongBiFunction<Integer, Boolean> requests;

  /**
   * Sends signals to one command.
   *
   * @param commandThread its command thread
   * @param namespaced whether the command thread's child is bubblewrap
   * @param marked the command's processes, where they carry a mark
   * @param requests asks the command thread for a signal, by number and whether to the group;
   *     returns what the command thread's {@code sent} takes, 0 when it is gone
   */
  SignalDelivery(
      Kernel kernel,
      CommandThread commandThread,
      boolean namespaced,
      Optional<MarkedProcesses> marked,
      ToLongBiFunction<Integer, Boolean> requests) {
    this.kernel = kernel;
    this.processes = new TargetMemory(kernel);
    this.commandThread = commandThread;
    this.namespaced = namespaced;
    this.marked = marked;
    this.requests = requests;
  }

  /** Sends a signal; returns whether it was sent. */
  boolean send(CommandSignal signal, Reach reach) {
    int number = Signals.number(signal);
    return switch (signal) {
      case SUSPEND -> !isIgnored(number) && toAll(Constants.SIGSTOP);
      case CONTINUE -> toAll(number);
      default ->
          namespaced
              ? throughDescriptor(awaitedCommand(), number, reach)
              : requested(() -> requests.applyAsLong(number, reach == Reach.GROUP));
    };
  }

  /**
   * Sends a command below bubblewrap SIGTERM if it is set up. Waits for nothing: the supervisor may
   * call this, and without it no command is set up.
   */
  void askToEnd() {
    throughDescriptor(command(), Constants.SIGTERM, Reach.COMMAND);
  }

  private boolean toAll(int number) {
    if (commandThread.reachesAll()) {
      return requested(() -> requests.applyAsLong(number, false));
    }
    if (commandThread.rootEnded()) {
      return false;
    }
    if (marked.isPresent()) {
      return marked.get().signal(number);
    }
    new SessionSweep(kernel).signal(commandThread.pid(), number);
    return true;
  }

  /** Waits until the command thread has sent it: a caller may stop itself next. */
  private boolean requested(LongSupplier request) {
    long bit = request.getAsLong();
    return bit != 0
        && waited(
            () -> commandThread.sent(bit) || commandThread.rootEnded() || commandThread.done())
        // A command that the signal has ended has received it.
        && commandThread.sent(bit);
  }

  private static boolean waited(BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }

  private boolean isIgnored(int number) {
    OptionalInt pid = namespaced ? awaitedCommand() : OptionalInt.of(commandThread.pid());
    try {
      return pid.isPresent() && processes.ignores(pid.getAsInt(), number);
    } catch (AccessException e) {
      // It has ended.
      return false;
    }
  }

  private boolean throughDescriptor(OptionalInt command, int number, Reach reach) {
    if (command.isEmpty()) {
      return false;
    }
    int pid = command.getAsInt();
    return reach == Reach.COMMAND ? toOne(pid, number, this::isCommand) : toGroup(pid, number);
  }

  /** Waits while bubblewrap sets up the command, and returns its number. */
  private OptionalInt awaitedCommand() {
    OptionalInt[] found = {OptionalInt.empty()};
    waited(
        () -> {
          found[0] = command();
          return found[0].isPresent() || commandThread.rootEnded();
        });
    return found[0];
  }

  private OptionalInt command() {
    return below().stream().mapToInt(Integer::intValue).filter(this::isCommand).findFirst();
  }

  /** Returns the processes below bubblewrap. */
  private List<Integer> below() {
    return ProcessHandle.of(commandThread.pid()).stream()
        .flatMap(ProcessHandle::descendants)
        .map(each -> (int) each.pid())
        .toList();
  }

  /**
   * Returns whether a process is the command: the second of bubblewrap's process namespace or,
   * where it has none, bubblewrap's child.
   */
  private boolean isCommand(int pid) {
    try {
      int parent = processes.parent(pid);
      return commandThread.killsLeftovers()
          ? processes.innerNumber(pid) == SetUpPhase.COMMAND_NUMBER
              && processes.parent(parent) == commandThread.pid()
          : parent == commandThread.pid();
    } catch (AccessException e) {
      // It has ended.
      return false;
    }
  }

  /** Signals a process if the check holds for the process that a descriptor holds. */
  private boolean toOne(int pid, int number, IntPredicate check) {
    return signalled(pid, number, 0, check) >= 0;
  }

  private long signalled(int pid, int number, int flags, IntPredicate check) {
    long pidfd = kernel.call(Syscall.PIDFD_OPEN, pid, 0);
    if (pidfd < 0) {
      return pidfd;
    }
    try {
      // While the descriptor's process lives, its number is no other's; afterwards the signal
      // fails.
      return check.test(pid)
          ? kernel.call(Syscall.PIDFD_SEND_SIGNAL, pidfd, number, 0, flags)
          : -Errno.ESRCH.value();
    } finally {
      kernel.call(Syscall.CLOSE, pidfd);
    }
  }

  private boolean toGroup(int pid, int number) {
    OptionalInt group = group(pid);
    if (group.isEmpty()) {
      return false;
    }
    int leader = group.getAsInt();
    IntPredicate still = each -> isCommand(pid) && inGroup(pid, leader);
    if (signalled(leader, number, PIDFD_SIGNAL_PROCESS_GROUP, still) >= 0) {
      return true;
    }
    // An older kernel, or a group whose leader has ended.
    return below().stream().filter(each -> toOne(each, number, one -> inGroup(one, leader))).count()
        > 0;
  }

  private static boolean inGroup(int pid, int group) {
    OptionalInt own = group(pid);
    return own.isPresent() && own.getAsInt() == group;
  }

  private static OptionalInt group(int pid) {
    try {
      String stat =
          Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
      return OptionalInt.of(
          Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[STAT_GROUP]));
    } catch (IOException e) {
      // It has ended.
      return OptionalInt.empty();
    }
  }
}
