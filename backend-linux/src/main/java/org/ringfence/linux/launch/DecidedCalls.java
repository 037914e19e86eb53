package org.ringfence.linux.launch;

import java.util.concurrent.TimeUnit;
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.plan.Syscall;

/**
 * Takes a call that the policy decides to the class that decides it, with the rights of the task
 * that made it.
 *
 * <p>Decisions on names look at what lies around a name, and what is done then must find it as it
 * was. So calls that change names or modes take one lock over decision and deed: when a file system
 * holds up one of them, another supervising thread answers everything else.
 */
final class DecidedCalls {
  // How long a call waits for a directory whose parts another sandbox is about to change.
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final CallerRights rights;
  private final NameCalls names;
  private final MetadataCalls metadata;
  private final FileLocks locks;
  private final SandboxNetwork network;
  private final WaitingCalls waiting;

  /**
   * Gathers those that decide.
   *
   * @param rights take on what the caller may
   * @param names decides on names and opens
   * @param metadata decides on modes, owners, times and attributes
   * @param locks decides on locks
   * @param network decides on sockets
   * @param waiting keeps calls that wait
   */
  DecidedCalls(
      CallerRights rights,
      NameCalls names,
      MetadataCalls metadata,
      FileLocks locks,
      SandboxNetwork network,
      WaitingCalls waiting) {
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
   *     do
   */
  void answer(Syscall syscall, TrappedCall call) {
    if (!names.tree().attempt(() -> decide(syscall, call))) {
      waiting.add(call, 0, new Again(syscall, call));
    }
  }

  /** A call that waits for a directory which somebody holds. */
  private final class Again implements WaitingCalls.Waiting {
    private final Syscall syscall;
    private final TrappedCall call;
    private final long end = System.nanoTime() + PATIENCE_NANOS;

    private Again(Syscall syscall, TrappedCall call) {
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

  private void decide(Syscall syscall, TrappedCall call) {
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

  /** An open takes the lock itself, where it makes a file: what it finds may hold it up. */
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
          RECVFROM,
          RECVMSG,
          IOCTL ->
          false;
      default -> true;
    };
  }

  private void perform(Syscall syscall, TrappedCall call) {
    switch (syscall) {
      case FLOCK -> locks.answer(call);
      case IOCTL -> names.answerPeer(call);
      case OPEN,
          OPENAT,
          CREAT,
          TRUNCATE,
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
          RECVFROM,
          RECVMSG ->
          network.answer(syscall, call);
      default -> metadata.answer(syscall, call);
    }
  }
}
