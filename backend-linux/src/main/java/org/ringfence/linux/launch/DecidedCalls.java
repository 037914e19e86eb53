package org.ringfence.linux.launch;

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
  private final CallerRights rights;
  private final NameCalls names;
  private final MetadataCalls metadata;
  private final FileLocks locks;
  private final SandboxNetwork network;

  /**
   * Gathers those that decide.
   *
   * @param rights take on what the caller may
   * @param names decides on names and opens
   * @param metadata decides on modes, owners, times and attributes
   * @param locks decides on locks
   * @param network decides on sockets
   */
  DecidedCalls(
      CallerRights rights,
      NameCalls names,
      MetadataCalls metadata,
      FileLocks locks,
      SandboxNetwork network) {
    this.rights = rights;
    this.names = names;
    this.metadata = metadata;
    this.locks = locks;
    this.network = network;
  }

  /** Answers a call. */
  void answer(Syscall syscall, TrappedCall call) {
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
