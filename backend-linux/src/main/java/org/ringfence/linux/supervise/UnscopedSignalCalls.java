package org.ringfence.linux.supervise;

import static org.ringfence.linux.bind.Constants.PIDFD_THREAD;
import static org.ringfence.linux.bind.Constants.SIGKILL;
import static org.ringfence.linux.bind.Constants.SIGSTOP;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.ProcessMarks;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Decides on signals where Landlock does not scope them: a process signals those of its own
 * command, which carry the same mark, and gets EPERM for all others, as from the kernel's scope.
 *
 * <p>The kernel makes the call only where a process signals itself, or a thread of its own by both
 * numbers. Then the target is in registers, and its number is not given to another, since the
 * caller lives in the held call. Every other signal this class sends itself, through a pidfd: it
 * opens the pidfd, then looks at the mark by number, then sends. While the pidfd's process is not
 * reaped, its number is no other's; afterwards the signal fails. So no reused number leads to a
 * process outside.
 *
 * <p>A receiver sees the caller's process and user, and the code SI_QUEUE: the kernel lets no
 * process send SI_USER or SI_TKILL in another's name. Before Linux 6.9 no pidfd names a single
 * thread; a signal to a thread of a process with several, other than the caller's own, fails there
 * with EPERM. Thread-safe.
 */
final class UnscopedSignalCalls {
  // asm-generic/siginfo.h
  private static final int SI_QUEUE = -1;
  private static final int SI_TKILL = -6;
  private static final int INFO_BYTES = 128;
  // The kernel's own part of the structure (struct kernel_siginfo).
  private static final int KERNEL_INFO_BYTES = 48;
  private static final int AT_CODE = 8;
  private static final int AT_PROCESS = 16;
  private static final int AT_USER = 20;
  // asm-generic/signal.h: _NSIG
  private static final int LAST_SIGNAL = 64;
  // linux/pidfd.h, Linux 6.9
  private static final int PIDFD_SIGNAL_PROCESS_GROUP = 1 << 2;
  // linux/capability.h
  private static final int CAP_KILL = 5;
  private static final int MOST_PASSES = 8;
  private static final Pattern PIDFD = Pattern.compile("^Pid:\\s+(-?[0-9]+)$", Pattern.MULTILINE);
  private static final Pattern DIRECTORY = Pattern.compile("/proc/([0-9]{1,9})");

  private final Kernel kernel;
  private final TargetMemory child;
  private final ProcessMarks marks;
  private final boolean root;
  private final boolean interrupted;
  private final boolean threadDescriptors;
  private final int jvm = (int) ProcessHandle.current().pid();

  /**
   * Decides for a sandbox.
   *
   * @param root whether this JVM runs as root, and could signal more than a caller
   * @param interrupted whether a signal interrupts a held call, as before Linux 5.19
   */
  UnscopedSignalCalls(Kernel kernel, ProcessMarks marks, boolean root, boolean interrupted) {
    this.interrupted = interrupted;
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.marks = marks;
    this.root = root;
    long own = kernel.call(Syscall.PIDFD_OPEN, jvm, PIDFD_THREAD);
    this.threadDescriptors = own >= 0;
    if (own >= 0) {
      kernel.call(Syscall.CLOSE, own);
    }
  }

  /** A process that sends a signal. */
  private record Sender(SyscallNotification call, int process, long mark) {}

  /** The signal, and what the sender says with it; null for a signal without. */
  private record Message(int signal, byte[] info) {}

  /** Answers a call that signals. */
  void answer(Syscall syscall, SyscallNotification call) {
    try {
      int process = child.processOf(call.tid());
      long mark = marks.of(call.tid());
      call.live();
      if (process == jvm || keepsToItself(syscall, call, process)) {
        call.proceed();
      } else if (!marks.include(mark)) {
        call.fail(Errno.EPERM);
      } else {
        call.result(send(syscall, call, new Sender(call, process, mark)));
      }
    } catch (AccessException e) {
      call.result(e.result());
    }
  }

  /** Returns whether the registers alone show that the caller signals its own process. */
  private static boolean keepsToItself(Syscall syscall, SyscallNotification call, int process) {
    return switch (syscall) {
      case KILL, RT_SIGQUEUEINFO, TGKILL, RT_TGSIGQUEUEINFO -> call.intArgument(0) == process;
      case TKILL -> call.intArgument(0) == call.tid();
      default -> false;
    };
  }

  private long send(Syscall syscall, SyscallNotification call, Sender from) throws AccessException {
    int first = call.intArgument(0);
    int second = call.intArgument(1);
    return switch (syscall) {
      case KILL -> kill(from, first, new Message(second, null));
      case TKILL -> thread(from, 0, first, new Message(second, null));
      case TGKILL ->
          first <= 0
              ? -Errno.EINVAL.value()
              : thread(from, first, second, new Message(call.intArgument(2), null));
      case RT_SIGQUEUEINFO -> {
        byte[] info = info(call, call.argument(2));
        yield mayClaim(info) ? process(from, first, new Message(second, info)) : denied();
      }
      case RT_TGSIGQUEUEINFO -> {
        int signal = call.intArgument(2);
        byte[] info = info(call, call.argument(3));
        yield first <= 0
            ? -Errno.EINVAL.value()
            : mayClaim(info) ? thread(from, first, second, new Message(signal, info)) : denied();
      }
      default -> throughDescriptor(from);
    };
  }

  private static long denied() {
    return -Errno.EPERM.value();
  }

  private long kill(Sender from, int target, Message message) throws AccessException {
    if (target > 0) {
      return process(from, target, message);
    }
    if (target == -1) {
      // The kernel answers so whatever the others' permissions are, and spares the caller.
      each(from, message, pid -> pid != from.process());
      return isSignal(message) ? 0 : -Errno.EINVAL.value();
    }
    if (target == Integer.MIN_VALUE) {
      return -Errno.ESRCH.value();
    }
    int group = target == 0 ? child.group(from.process()) : -target;
    return interrupted ? othersFirst(from, group, message) : group(from, group, message);
  }

  /**
   * Signals a group, and the caller after its call has been answered: the signal would interrupt
   * the call, and the kernel would repeat it.
   */
  private long othersFirst(Sender from, int group, Message message) throws AccessException {
    boolean itself = child.group(from.process()) == group;
    long result = each(from, message, pid -> pid != from.process() && inGroup(pid, group));
    if (!itself || !isSignal(message)) {
      return result;
    }
    from.call().result(0);
    process(from, from.process(), message);
    return 0;
  }

  private static boolean isSignal(Message message) {
    return message.signal() >= 0 && message.signal() <= LAST_SIGNAL;
  }

  private long group(Sender from, int group, Message message) {
    return each(from, message, pid -> inGroup(pid, group));
  }

  private boolean inGroup(int pid, int group) {
    try {
      return child.group(pid) == group;
    } catch (AccessException e) {
      // It has ended.
      return false;
    }
  }

  /** Signals all processes that are chosen, also those that are made meanwhile, once. */
  private long each(Sender from, Message message, IntPredicate chosen) {
    Set<Integer> done = new HashSet<>();
    boolean sent = false;
    long error = -Errno.ESRCH.value();
    boolean grown = true;
    for (int pass = 0; grown && pass < MOST_PASSES; pass++) {
      grown = false;
      for (int pid : processes()) {
        if (!done.contains(pid) && chosen.test(pid)) {
          done.add(pid);
          long result = process(from, pid, message);
          // A process outside brings no others.
          grown |= result >= 0;
          sent |= result >= 0;
          error = result;
        }
      }
    }
    return sent ? 0 : error;
  }

  private static int[] processes() {
    String[] names = new File("/proc").list();
    return names == null
        ? new int[0]
        : Arrays.stream(names)
            .filter(name -> Character.isDigit(name.charAt(0)))
            .mapToInt(Integer::parseInt)
            .toArray();
  }

  /** Signals a process; a thread's number stands for its process. */
  private long process(Sender from, int pid, Message message) {
    try {
      int process = pid;
      long pidfd = pid <= 0 ? -Errno.ESRCH.value() : kernel.call(Syscall.PIDFD_OPEN, pid, 0);
      if (pidfd == -Errno.EINVAL.value() || pidfd == -Errno.ENOENT.value()) {
        process = child.processOf(pid);
        pidfd = kernel.call(Syscall.PIDFD_OPEN, process, 0);
      }
      return pidfd < 0 ? -Errno.ESRCH.value() : closing(from, (int) pidfd, process, message, 0);
    } catch (AccessException e) {
      return e.result();
    }
  }

  /** Signals a thread, of a given process unless that is 0. */
  private long thread(Sender from, int process, int tid, Message message) throws AccessException {
    if (tid <= 0) {
      return -Errno.EINVAL.value();
    }
    int before = child.processOf(tid);
    long pidfd =
        threadDescriptors
            ? kernel.call(Syscall.PIDFD_OPEN, tid, PIDFD_THREAD)
            : kernel.call(Syscall.PIDFD_OPEN, before, 0);
    if (pidfd < 0) {
      return -Errno.ESRCH.value();
    }
    try {
      int of = child.processOf(tid);
      // The thread's number may be that of another process's thread by now.
      if (of != before || process != 0 && of != process) {
        return -Errno.ESRCH.value();
      }
      boolean whole =
          message.signal() == 0
              || message.signal() == SIGKILL
              || message.signal() == SIGSTOP
              || threadDescriptors
              || child.threads(of) == 1;
      long result = checked(from, of, message);
      return result < 0 ? result : !whole ? denied() : deliver(from, (int) pidfd, message, 0);
    } finally {
      kernel.call(Syscall.CLOSE, pidfd);
    }
  }

  private long throughDescriptor(Sender from) throws AccessException {
    SyscallNotification call = from.call();
    int signal = call.intArgument(1);
    int flags = call.intArgument(3);
    int copy = child.descriptor(call.tid(), call.intArgument(0));
    boolean handed = false;
    try {
      call.live();
      int pid = numberOf(copy);
      if (pid <= 0) {
        return pid;
      }
      byte[] info = null;
      if (call.argument(2) != 0) {
        info = child.read(call.tid(), call.argument(2), KERNEL_INFO_BYTES);
        if (ByteBuffer.wrap(info).order(ByteOrder.nativeOrder()).getInt(0) != signal) {
          return -Errno.EINVAL.value();
        }
        if (!mayClaim(info)) {
          return denied();
        }
      }
      Message message = new Message(signal, info);
      if (flags == PIDFD_SIGNAL_PROCESS_GROUP && threadDescriptors) {
        return group(from, pid, message);
      }
      handed = true;
      return closing(from, copy, pid, message, flags);
    } finally {
      if (!handed) {
        child.close(copy);
      }
    }
  }

  /** Returns the number of a pidfd's process or thread, or a negated error number. */
  private static int numberOf(int pidfd) {
    try {
      String info = Files.readString(Path.of("/proc/self/fdinfo/" + pidfd));
      Matcher found = PIDFD.matcher(info);
      if (found.find()) {
        int pid = Integer.parseInt(found.group(1));
        return pid == 0 ? -Errno.EINVAL.value() : pid < 0 ? -Errno.ESRCH.value() : pid;
      }
      // The kernel also takes a process's directory.
      Matcher directory =
          DIRECTORY.matcher(Files.readSymbolicLink(Path.of("/proc/self/fd/" + pidfd)).toString());
      return directory.matches() ? Integer.parseInt(directory.group(1)) : -Errno.EBADF.value();
    } catch (IOException e) {
      return -Errno.EBADF.value();
    }
  }

  /** Signals the process of a pidfd, if it may be signalled, and closes the pidfd. */
  private long closing(Sender from, int pidfd, int pid, Message message, int flags) {
    try {
      long result = checked(from, pid, message);
      return result < 0 ? result : deliver(from, pidfd, message, flags);
    } finally {
      kernel.call(Syscall.CLOSE, pidfd);
    }
  }

  /** Returns 0 if a process may be signalled; the pidfd that the signal goes through is open. */
  private long checked(Sender from, int pid, Message message) {
    if (!isSignal(message)) {
      return -Errno.EINVAL.value();
    }
    long mark = marks.of(pid);
    if (mark == -Errno.ESRCH.value()) {
      return mark;
    }
    try {
      return mark == from.mark() && (!root || permitted(from, pid)) ? 0 : denied();
    } catch (AccessException e) {
      return e.result();
    }
  }

  /** Compares users as the kernel does (kernel/signal.c, kill_ok_by_cred). */
  private boolean permitted(Sender from, int pid) throws AccessException {
    long[] sender = child.users(from.call().tid());
    long[] target = child.users(pid);
    return sender[1] == target[2]
        || sender[1] == target[0]
        || sender[0] == target[2]
        || sender[0] == target[0]
        || (child.capabilities(from.call().tid()) >>> CAP_KILL & 1) != 0;
  }

  private long deliver(Sender from, int pidfd, Message message, int flags) {
    try (NativeBlock block = new NativeBlock(INFO_BYTES + 32)) {
      long info = block.allocate(INFO_BYTES);
      if (message.info() != null) {
        block.setBytes(info, message.info());
      } else {
        block.setInt(info + AT_CODE, SI_QUEUE);
        block.setInt(info + AT_PROCESS, from.process());
        block.setInt(info + AT_USER, (int) child.users(from.call().tid())[0]);
      }
      block.setInt(info, message.signal());
      return kernel.call(Syscall.PIDFD_SEND_SIGNAL, pidfd, message.signal(), info, flags);
    } catch (AccessException e) {
      return e.result();
    }
  }

  private byte[] info(SyscallNotification call, long address) throws AccessException {
    byte[] info = child.read(call.tid(), address, KERNEL_INFO_BYTES);
    call.live();
    return info;
  }

  /** Returns whether a process may say this to another (kernel/signal.c, do_rt_sigqueueinfo). */
  private static boolean mayClaim(byte[] info) {
    int code = ByteBuffer.wrap(info).order(ByteOrder.nativeOrder()).getInt(AT_CODE);
    return code < 0 && code != SI_TKILL;
  }
}
