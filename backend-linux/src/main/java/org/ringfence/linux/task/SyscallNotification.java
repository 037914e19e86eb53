package org.ringfence.linux.task;

import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SECCOMP_ADDFD_FLAG_SEND;
import static org.ringfence.linux.bind.Constants.SECCOMP_ADDFD_FLAG_SETFD;
import static org.ringfence.linux.bind.Constants.SECCOMP_IOCTL_NOTIF_ADDFD;
import static org.ringfence.linux.bind.Constants.SECCOMP_IOCTL_NOTIF_ID_VALID;
import static org.ringfence.linux.bind.Constants.SECCOMP_IOCTL_NOTIF_SEND;
import static org.ringfence.linux.bind.Constants.SECCOMP_USER_NOTIF_FLAG_CONTINUE;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * A system call of a sandboxed thread, held by the seccomp filter until the supervisor answers it.
 * {@code struct seccomp_notif} and its relatives: {@code linux/seccomp.h}.
 *
 * @param kernel the system calls
 * @param listener the listener's descriptor
 * @param id the notification's id
 * @param tid the thread that made the call
 * @param number the call's number
 * @param arguments its six arguments
 */
public record SyscallNotification(
    Kernel kernel, int listener, long id, int tid, int number, long[] arguments) {

  public long argument(int index) {
    return arguments[index];
  }

  /** Returns an argument that the kernel takes as an int. */
  public int intArgument(int index) {
    return (int) arguments[index];
  }

  /**
   * Returns whether the thread still waits in this call; if not, its number may belong to another.
   */
  public boolean alive() {
    try (NativeBlock block = new NativeBlock(16)) {
      long at = block.allocate(8);
      block.setLong(at, id);
      return kernel.call(Syscall.IOCTL, listener, SECCOMP_IOCTL_NOTIF_ID_VALID, at) >= 0;
    }
  }

  /**
   * Ensures that everything read from the thread was from this one.
   *
   * @throws AccessException if it no longer waits
   */
  public void live() throws AccessException {
    if (!alive()) {
      throw new AccessException(-Errno.EINTR.value());
    }
  }

  /** Answers with a result; below zero it is a negated error number. */
  public void result(long value) {
    send(value < 0 ? 0 : value, value < 0 ? (int) value : 0, 0);
  }

  public void fail(Errno errno) {
    send(0, -errno.value(), 0);
  }

  /** Lets the kernel make the call, which must be harmless even if its memory has changed. */
  public void proceed() {
    send(0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
  }

  private void send(long value, int error, int flags) {
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(24);
      block.setLong(at, id);
      block.setLong(at + 8, value);
      block.setInt(at + 16, error);
      block.setInt(at + 20, flags);
      // ENOENT when the caller was killed meanwhile: then no caller is left to answer.
      kernel.call(Syscall.IOCTL, listener, SECCOMP_IOCTL_NOTIF_SEND, at);
    }
  }

  /** Gives the caller a copy of a descriptor as the call's result. */
  public void resultDescriptor(int descriptor, int descriptorFlags) {
    long result = add(SECCOMP_ADDFD_FLAG_SEND, descriptor, 0, descriptorFlags);
    if (result == -Errno.EINVAL.value()) {
      // Before Linux 5.14 the answer is a step of its own. A signal between the two makes the
      // caller repeat its call, and leaves it a descriptor that the policy allows it.
      result(add(0, descriptor, 0, descriptorFlags));
    } else if (result < 0) {
      result(result);
    }
  }

  /**
   * Puts a copy of a descriptor, close-on-exec, in the place of one of the caller's. The call stays
   * held.
   *
   * @return false if it could not
   */
  public boolean replaces(int descriptor, int place) {
    return places(descriptor, place, O_CLOEXEC);
  }

  /**
   * Gives the caller a copy of a descriptor by a number. The call stays held.
   *
   * @return false if the number is beyond the caller's limit
   */
  public boolean places(int descriptor, int number, int descriptorFlags) {
    return add(SECCOMP_ADDFD_FLAG_SETFD, descriptor, number, descriptorFlags) >= 0;
  }

  private long add(int how, int descriptor, int place, int descriptorFlags) {
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(24);
      block.setLong(at, id);
      block.setInt(at + 8, how);
      block.setInt(at + 12, descriptor);
      block.setInt(at + 16, place);
      block.setInt(at + 20, descriptorFlags);
      return kernel.call(Syscall.IOCTL, listener, SECCOMP_IOCTL_NOTIF_ADDFD, at);
    }
  }
}
