package org.ringfence.linux.files;

import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.O_ACCMODE;
import static org.ringfence.linux.bind.Constants.O_RDONLY;

import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.PathObject;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.Denials;
import org.ringfence.linux.task.Child;
import org.ringfence.linux.task.Child.AccessException;
import org.ringfence.linux.task.TrappedCall;
import org.ringfence.linux.task.WaitingCalls;
import org.ringfence.policy.Decision;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.Operation;

/**
 * Takes exclusive locks with {@code flock} for sandboxed threads. The kernel lets any reader of a
 * file lock it, so a command that may not write a file could keep the user's programs from it. The
 * lock belongs to the open file, which the supervisor's copy of the descriptor shares.
 */
public final class FileLocks {
  // asm-generic/fcntl.h
  private static final int LOCK_NB = 4;

  private final Kernel kernel;
  private final Child child;
  private final PathObject paths;
  private final FileView view;
  private final EffectivePolicy policy;
  private final Consumer<Violation> denied;
  private final WaitingCalls waiting;

  public FileLocks(
      Kernel kernel,
      PathObject paths,
      FileView view,
      Consumer<Violation> denied,
      WaitingCalls waiting) {
    this.kernel = kernel;
    this.child = new Child(kernel);
    this.paths = paths;
    this.view = view;
    this.policy = view.policy();
    this.denied = denied;
    this.waiting = waiting;
  }

  public void answer(TrappedCall call) {
    try {
      lock(call);
    } catch (AccessException e) {
      call.result(e.result());
    } catch (RejectedExecutionException e) {
      call.fail(Errno.EAGAIN);
    }
  }

  private void lock(TrappedCall call) throws AccessException {
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

  private boolean permitted(TrappedCall call, int fd) throws AccessException {
    if ((kernel.call(Syscall.FCNTL, fd, F_GETFL) & O_ACCMODE) != O_RDONLY) {
      return true;
    }
    String path = view.policyPath(paths.pathOf(fd));
    if (path.isEmpty()) {
      return true;
    }
    Decision decision = policy.evaluate(path, Operation.WRITE);
    if (!decision.allowed()) {
      denied.accept(Denials.certain(child, "lock", path, call.tid(), decision));
    }
    return decision.allowed();
  }

  /** Takes the lock when it is free. */
  private final class Later implements WaitingCalls.Waiting {
    private final TrappedCall call;
    private final int fd;
    private final int operation;

    private Later(TrappedCall call, int fd, int operation) {
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
