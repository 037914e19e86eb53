package org.ringfence.linux.launch;

import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.plan.Syscall;

/**
 * Takes a call that the policy decides to the class that decides it, with the rights of the task
 * that made it.
 *
 * @param rights take on what the caller may
 * @param names decides on names and opens
 * @param metadata decides on modes, owners, times and attributes
 * @param locks decides on locks
 * @param network decides on sockets
 */
record DecidedCalls(
    CallerRights rights,
    NameCalls names,
    MetadataCalls metadata,
    FileLocks locks,
    SandboxNetwork network) {

  /** Answers a call. */
  void answer(Syscall syscall, TrappedCall call) {
    try {
      rights.as(call, () -> perform(syscall, call));
    } catch (AccessException e) {
      call.result(e.result());
    }
  }

  private void perform(Syscall syscall, TrappedCall call) {
    switch (syscall) {
      case FLOCK -> locks.answer(call);
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
