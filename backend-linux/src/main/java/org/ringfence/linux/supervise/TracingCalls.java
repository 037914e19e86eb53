package org.ringfence.linux.supervise;

import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Decides on the two ways of tracing inside a command's process namespace that reach beyond the
 * traced process. Both decisions rest on the caller's registers and its place in the tree alone.
 *
 * <p>PTRACE_TRACEME makes the parent the tracer: bubblewrap, above the first process and above the
 * command, would take a stop for an end. A parent that ends after the decision makes bubblewrap's
 * first process the tracer all the same. That harms the caller alone: the first process waits for
 * no stop of it, and its namespace ends with SIGKILL, which ends such a stop.
 *
 * <p>SIGKILL does not end a process that stops at its exit for its tracer (PTRACE_O_TRACEEXIT;
 * kernel/signal.c, get_signal takes the signal off before do_exit stops). Two processes that trace
 * each other so would stay for good, and the namespace with them. Therefore one process at a time
 * has the option: a circle needs two.
 *
 * <p>Thread-safe.
 */
final class TracingCalls implements AutoCloseable {
  private static final int NONE = -1;
  private static final int NO_SIGNAL = 0;

  private final Kernel kernel;
  private final TargetMemory child;
  private final Descriptors descriptors;
  private int holder;
  private int holderPidfd = NONE;

  TracingCalls(Kernel kernel) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.descriptors = new Descriptors(kernel);
  }

  /** Answers a ptrace that the filter leaves to the supervisor. */
  void answer(SyscallNotification call) {
    boolean allowed;
    try {
      allowed =
          call.intArgument(0) == SeccompCompiler.PTRACE_TRACEME
              ? mayBeTracedByParent(call)
              : maySeeExits(call);
    } catch (AccessException e) {
      call.result(e.result());
      return;
    }
    if (allowed) {
      call.proceed();
    } else {
      call.fail(Errno.EPERM);
    }
  }

  private boolean mayBeTracedByParent(SyscallNotification call) throws AccessException {
    int process = child.processOf(call.tid());
    return child.innerNumber(process) != SeccompCompiler.FIRST_PROCESS
        && child.innerNumber(child.parent(process)) != SeccompCompiler.FIRST_PROCESS;
  }

  private synchronized boolean maySeeExits(SyscallNotification call) throws AccessException {
    int process = child.processOf(call.tid());
    if (holderPidfd != NONE) {
      if (kernel.call(Syscall.PIDFD_SEND_SIGNAL, holderPidfd, NO_SIGNAL, 0, 0) >= 0) {
        return holder == process;
      }
      close();
    }
    long pidfd = kernel.call(Syscall.PIDFD_OPEN, process, 0);
    if (pidfd < 0) {
      throw new AccessException(pidfd);
    }
    if (!call.alive()) {
      // The number may already be another's.
      descriptors.close((int) pidfd);
      return false;
    }
    holder = process;
    holderPidfd = (int) pidfd;
    return true;
  }

  @Override
  public synchronized void close() {
    if (holderPidfd != NONE) {
      descriptors.close(holderPidfd);
      holderPidfd = NONE;
    }
  }
}
