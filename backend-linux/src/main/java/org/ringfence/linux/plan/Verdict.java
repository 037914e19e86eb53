package org.ringfence.linux.plan;

/** The seccomp filter's answer to a system call. */
public sealed interface Verdict {
  /** {@code SECCOMP_RET_ERRNO} of {@code linux/seccomp.h}. */
  int RET_ERRNO = 0x00050000;

  /** {@code SECCOMP_RET_USER_NOTIF} of {@code linux/seccomp.h}. */
  int RET_USER_NOTIF = 0x7fc00000;

  /** {@code SECCOMP_RET_ALLOW} of {@code linux/seccomp.h}. */
  int RET_ALLOW = 0x7fff0000;

  /**
   * Returns the filter's return value.
   *
   * @return the action with its data
   */
  int action();

  /** The call goes through. */
  record Allow() implements Verdict {
    @Override
    public int action() {
      return RET_ALLOW;
    }
  }

  /**
   * The call fails.
   *
   * @param errno with this error
   */
  record Deny(Errno errno) implements Verdict {
    @Override
    public int action() {
      return RET_ERRNO | errno.value();
    }
  }

  /** The supervisor decides. */
  record Notify() implements Verdict {
    @Override
    public int action() {
      return RET_USER_NOTIF;
    }
  }
}
