package org.ringfence.linux.files;

import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.O_ACCMODE;
import static org.ringfence.linux.bind.Constants.O_RDONLY;

import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.DenialEvents;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.WaitingCalls;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Takes exclusive locks with {@code flock} for sandboxed threads. The kernel lets any reader of a
 * file lock it, so a command that may not write a file could keep the user's programs from it. The
 * lock belongs to the open file, which the supervisor's copy of the descriptor shares.
 */
public final class FileLocks {
  // asm-generic/fcntl.h
  private static final int LOCK_NB = 4;

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  private final FileView view;
  private final EffectivePolicy policy;
  private final Consumer<Violation> denied;
  private final WaitingCalls waiting;

  public FileLocks(FileSetting setting) {
    this.kernel = setting.kernel();
    this.child = new TargetMemory(kernel);
    this.paths = setting.paths();
    this.view = setting.view();
    this.policy = view.policy();
    this.denied = setting.denied();
    this.waiting = setting.waiting();
  }

  public void answer(SyscallNotification call) {
    try {
      lock(call);
    } catch (AccessException e) {
      call.result(e.result());
    } catch (RejectedExecutionException e) {
      call.fail(Errno.EAGAIN);
    }
  }

  private void lock(SyscallNotification call) throws AccessException {
    int fd = child.descriptor(call.tid(), call.intArgument(0));
    boolean handedOn = false;
    try {
      if (!permitted(call, fd)) {
        // As from NFS, where such a lock takes a descriptor for writing (flock(2)).
        call.fail(Errno.EBADF);
        return;
      }
      int operation = call.intArgument(1);
      long result = kernel.call(Syscall.FLOCK, fd, operation | LOCK_NB);
      if (result == -Errno.EAGAIN.value() && (operation & LOCK_NB) == 0) {
        waiting.add(call, 1, new Later(call, fd, operation));
        handedOn = true;
        return;
      }
      call.result(result);
    } finally {
      if (!handedOn) {
        child.close(fd);
      }
    }
  }

  private boolean permitted(SyscallNotification call, int fd) throws AccessException {
    if ((kernel.call(Syscall.FCNTL, fd, F_GETFL) & O_ACCMODE) != O_RDONLY) {
      return true;
    }
    String path = view.policyPath(paths.pathOf(fd));
    if (path.isEmpty()) {
      return true;
    }
    Decision decision = policy.evaluate(path, Operation.WRITE);
    if (!decision.allowed()) {
      denied.accept(DenialEvents.certain(child, "lock", path, call.tid(), decision));
    }
    return decision.allowed();
  }

  /** Takes the lock when it is free. */
  private final class Later implements WaitingCalls.Waiting {
    private final SyscallNotification call;
    private final int fd;
    private final int operation;

    private Later(SyscallNotification call, int fd, int operation) {
      this.call = call;
      this.fd = fd;
      this.operation = operation;
    }

    @Override
    public boolean attempt() {
      long result = kernel.call(Syscall.FLOCK, fd, operation | LOCK_NB);
      if (result == -Errno.EAGAIN.value()) {
        return false;
      }
      call.result(result);
      return true;
    }

    @Override
    public void close() {
      child.close(fd);
    }
  }
}
