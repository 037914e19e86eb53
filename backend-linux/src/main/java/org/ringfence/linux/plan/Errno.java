package org.ringfence.linux.plan;

/** Error numbers of {@code asm-generic/errno-base.h} and {@code asm-generic/errno.h}. */
public enum Errno {
  EPERM(1),
  ENOENT(2),
  ESRCH(3),
  EINTR(4),
  EIO(5),
  ENXIO(6),
  ENOEXEC(8),
  EBADF(9),
  ECHILD(10),
  EAGAIN(11),
  ENOMEM(12),
  ENFILE(23),
  EMFILE(24),
  EACCES(13),
  EFAULT(14),
  EBUSY(16),
  EEXIST(17),
  EXDEV(18),
  ENOTDIR(20),
  EISDIR(21),
  EINVAL(22),
  EFBIG(27),
  EROFS(30),
  ENAMETOOLONG(36),
  ENOSYS(38),
  ENOTEMPTY(39),
  ELOOP(40),
  ENOPROTOOPT(92),
  EOPNOTSUPP(95),
  EAFNOSUPPORT(97),
  EADDRINUSE(98),
  ENETUNREACH(101),
  ETIMEDOUT(110),
  ECONNREFUSED(111),
  EMSGSIZE(90),
  ENOTSOCK(88),
  EALREADY(114),
  EINPROGRESS(115),
  /** Not for programs: the kernel makes the call again, or fails it with EINTR, after a signal. */
  ERESTARTSYS(512),
  E2BIG(7);

  private final int value;

  Errno(int value) {
    this.value = value;
  }

  /**
   * Returns the number.
   *
   * @return the number
   */
  public int value() {
    return value;
  }

  /**
   * Returns the name of a number.
   *
   * @param value the number
   * @return the name, or {@code errno N}
   */
  public static String name(int value) {
    for (Errno errno : values()) {
      if (errno.value == value) {
        return errno.name();
      }
    }
    return "errno " + value;
  }
}
