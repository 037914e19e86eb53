package org.ringfence.linux.supervise;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;

/**
 * Keeps a command's signals from the threads of this JVM. The thread that started the command is in
 * the command's signal scope, and a signal to it would reach the whole JVM.
 *
 * <p>The decision rests on registers alone. The number of a thread of this JVM in that scope is no
 * other's while a process of the command lives, so that the kernel may make every other call.
 * Thread-safe.
 */
final class ScopedSignalCalls {
  private static final int NO_SIGNAL = 0;

  private final Kernel kernel;
  private final int jvm = (int) ProcessHandle.current().pid();

  ScopedSignalCalls(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Returns whether a call names a process that is signalled, now or when a descriptor is ready.
   */
  static boolean include(Syscall syscall) {
    return switch (syscall) {
      case KILL, TKILL, RT_SIGQUEUEINFO, FCNTL -> true;
      default -> false;
    };
  }

  /** Answers a call. */
  void answer(Syscall syscall, SyscallNotification call) {
    int target = call.intArgument(syscall == Syscall.FCNTL ? 2 : 0);
    // The thread that starts a command signals it, too, under the same filter.
    if (isOwn(target) && !isOwn(call.tid())) {
      call.fail(Errno.EPERM);
    } else {
      call.proceed();
    }
  }

  /** Returns whether a thread is one of this JVM. */
  private boolean isOwn(int tid) {
    return kernel.call(Syscall.TGKILL, jvm, tid, NO_SIGNAL) >= 0;
  }
}
