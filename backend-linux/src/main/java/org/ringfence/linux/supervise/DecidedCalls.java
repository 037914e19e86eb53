package org.ringfence.linux.supervise;

import java.util.concurrent.TimeUnit;
import org.ringfence.linux.files.FileLocks;
import org.ringfence.linux.files.MetadataCalls;
import org.ringfence.linux.files.NameCalls;
import org.ringfence.linux.net.SandboxNetwork;
import org.ringfence.linux.path.TreeLock;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.CallerRights;
import org.ringfence.linux.task.CoreDumps;
import org.ringfence.linux.task.OwnDescriptors;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.WaitingCalls;

/**
 * Passes a call that the policy decides to the class that decides it, with the rights of the task
 * that made it.
 *
 * <p>A decision on a name depends on its surroundings, and the action must find them unchanged. So
 * calls that change names or modes hold one lock over decision and action. When a file system
 * delays one of them, another supervising thread answers all other calls.
 */
final class DecidedCalls implements AutoCloseable {
  // How long a call waits for a directory whose parts another sandbox is about to change.
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final CallerRights rights;
  private final NameCalls names;
  private final MetadataCalls metadata;
  private final FileLocks locks;
  private final SandboxNetwork network;
  private final OwnDescriptors descriptors;
  private final CoreDumps dumps;
  private final WaitingCalls waiting;

  /**
   * Collects the deciding classes.
   *
   * @param rights takes on the caller's rights
   * @param names decides on names and opens
   * @param metadata decides on modes, owners, times and attributes
   * @param locks decides on locks
   * @param network decides on sockets
   * @param descriptors which callers alone can change their descriptors
   * @param dumps answers processes that close themselves to others
   * @param waiting keeps calls that wait
   */
  DecidedCalls(
      CallerRights rights,
      NameCalls names,
      MetadataCalls metadata,
      FileLocks locks,
      SandboxNetwork network,
      OwnDescriptors descriptors,
      CoreDumps dumps,
      WaitingCalls waiting) {
    this.descriptors = descriptors;
    this.dumps = dumps;
    this.rights = rights;
    this.names = names;
    this.metadata = metadata;
    this.locks = locks;
    this.network = network;
    this.waiting = waiting;
  }

  /**
   * Answers a call.
   *
   * @throws java.util.concurrent.RejectedExecutionException if it would have to wait and too many
   *     calls do
   */
  void answer(Syscall syscall, SyscallNotification call) {
    if (!names.tree().attempt(() -> decide(syscall, call))) {
      waiting.add(call, 0, new Again(syscall, call));
    }
  }

  /** A call that waits for a directory that another sandbox holds. */
  private final class Again implements WaitingCalls.Waiting {
    private final Syscall syscall;
    private final SyscallNotification call;
    private final long end = System.nanoTime() + PATIENCE_NANOS;

    private Again(Syscall syscall, SyscallNotification call) {
      this.syscall = syscall;
      this.call = call;
    }

    @Override
    public boolean attempt() {
      if (System.nanoTime() - end < 0) {
        return names.tree().attempt(() -> decide(syscall, call));
      }
      decide(syscall, call);
      return true;
    }

    @Override
    public void close() {
      // It holds nothing.
    }
  }

  private void decide(Syscall syscall, SyscallNotification call) {
    TreeLock tree = names.tree();
    boolean changes = changesTree(syscall);
    if (changes) {
      tree.lock();
    }
    try {
      rights.as(call, () -> perform(syscall, call));
    } catch (AccessException e) {
      call.result(e.result());
    } finally {
      if (changes) {
        tree.unlock();
      }
    }
  }

  /**
   * An open takes the lock itself, where it creates a file: the object that it opens may delay it.
   */
  private static boolean changesTree(Syscall syscall) {
    return switch (syscall) {
      case OPEN,
          OPENAT,
          CREAT,
          TRUNCATE,
          FLOCK,
          SOCKET,
          GETSOCKNAME,
          LISTEN,
          CONNECT,
          SENDTO,
          SENDMSG,
          SENDMMSG,
          SETSOCKOPT,
          GETSOCKOPT,
          RECVFROM,
          RECVMSG,
          IOCTL,
          CLONE,
          PRCTL ->
          false;
      default -> true;
    };
  }

  private void perform(Syscall syscall, SyscallNotification call) {
    switch (syscall) {
      case FLOCK -> locks.answer(call);
      case CLONE -> descriptors.share(call);
      case PRCTL -> dumps.forbid(call);
      case IOCTL -> names.answerPeer(call);
      case OPEN,
          OPENAT,
          CREAT,
          TRUNCATE,
          CLOSE,
          MKDIR,
          MKDIRAT,
          MKNOD,
          MKNODAT,
          SYMLINK,
          SYMLINKAT,
          LINK,
          LINKAT,
          RENAME,
          RENAMEAT,
          RENAMEAT2,
          UNLINK,
          UNLINKAT,
          RMDIR ->
          names.answer(syscall, call);
      case SOCKET,
          BIND,
          GETSOCKNAME,
          LISTEN,
          CONNECT,
          SENDTO,
          SENDMSG,
          SENDMMSG,
          SETSOCKOPT,
          GETSOCKOPT,
          RECVFROM,
          RECVMSG ->
          network.answer(syscall, call);
      default -> metadata.answer(syscall, call);
    }
  }

  @Override
  public void close() {
    names.guard().pointers().close();
  }
}
