package org.ringfence.conformance.probe;

import java.util.Map;

/**
 * System-dependent values of the same constants.
 *
 * @param atFdcwd {@code AT_FDCWD} of {@code fcntl.h}
 * @param create {@code O_CREAT} of {@code fcntl.h}
 * @param exclusive {@code O_EXCL}
 * @param truncate {@code O_TRUNC}
 * @param append {@code O_APPEND}
 * @param nonBlocking {@code O_NONBLOCK}
 * @param closeOnExec {@code O_CLOEXEC}
 * @param removeDirectory {@code AT_REMOVEDIR}
 * @param inet6 {@code AF_INET6} of {@code sys/socket.h}
 * @param solSocket {@code SOL_SOCKET}
 * @param errors those of {@code errno.h} that distinguish denials from other failures, by name
 */
record KernelNumbers(
    int atFdcwd,
    int create,
    int exclusive,
    int truncate,
    int append,
    int nonBlocking,
    int closeOnExec,
    int removeDirectory,
    int inet6,
    int solSocket,
    Map<String, Integer> errors) {

  /** Linux on x86_64 and aarch64. */
  static final KernelNumbers LINUX =
      new KernelNumbers(
          -100,
          0x40,
          0x80,
          0x200,
          0x400,
          0x800,
          0x80000,
          0x200,
          10,
          1,
          Map.ofEntries(
              Map.entry("EPERM", 1),
              Map.entry("ENOENT", 2),
              Map.entry("ESRCH", 3),
              Map.entry("EIO", 5),
              Map.entry("EBADF", 9),
              Map.entry("EAGAIN", 11),
              Map.entry("ENOMEM", 12),
              Map.entry("EACCES", 13),
              Map.entry("EEXIST", 17),
              Map.entry("EXDEV", 18),
              Map.entry("ENOTDIR", 20),
              Map.entry("EINVAL", 22),
              Map.entry("EMFILE", 24),
              Map.entry("ENOTTY", 25),
              Map.entry("EFBIG", 27),
              Map.entry("EROFS", 30),
              Map.entry("ENOSYS", 38),
              Map.entry("ELOOP", 40),
              Map.entry("EPROTONOSUPPORT", 93),
              Map.entry("ESOCKTNOSUPPORT", 94),
              Map.entry("EOPNOTSUPP", 95),
              Map.entry("EAFNOSUPPORT", 97),
              Map.entry("EADDRNOTAVAIL", 99),
              Map.entry("ENETUNREACH", 101),
              Map.entry("ENOTCONN", 107),
              Map.entry("ETIMEDOUT", 110),
              Map.entry("ECONNREFUSED", 111),
              Map.entry("EHOSTUNREACH", 113)));

  /** macOS on both processors. */
  static final KernelNumbers MACOS =
      new KernelNumbers(
          -2,
          0x200,
          0x800,
          0x400,
          0x8,
          0x4,
          0x1000000,
          0x80,
          30,
          0xffff,
          Map.ofEntries(
              Map.entry("EPERM", 1),
              Map.entry("ENOENT", 2),
              Map.entry("ESRCH", 3),
              Map.entry("EIO", 5),
              Map.entry("EBADF", 9),
              Map.entry("EAGAIN", 35),
              Map.entry("ENOMEM", 12),
              Map.entry("EACCES", 13),
              Map.entry("EEXIST", 17),
              Map.entry("EXDEV", 18),
              Map.entry("ENOTDIR", 20),
              Map.entry("EINVAL", 22),
              Map.entry("EMFILE", 24),
              Map.entry("ENOTTY", 25),
              Map.entry("EFBIG", 27),
              Map.entry("EROFS", 30),
              Map.entry("ENOSYS", 78),
              Map.entry("ELOOP", 62),
              Map.entry("EPROTONOSUPPORT", 43),
              Map.entry("ESOCKTNOSUPPORT", 44),
              Map.entry("EOPNOTSUPP", 102),
              Map.entry("EAFNOSUPPORT", 47),
              Map.entry("EADDRNOTAVAIL", 49),
              Map.entry("ENETUNREACH", 51),
              Map.entry("ENOTCONN", 57),
              Map.entry("ETIMEDOUT", 60),
              Map.entry("ECONNREFUSED", 61),
              Map.entry("EHOSTUNREACH", 65)));

  /** Returns the numbers of this system. */
  static KernelNumbers here() {
    return NativeCalls.LINUX ? LINUX : MACOS;
  }

  /** Returns an error as operations report it: negated. */
  static long error(String name) {
    return -here().errors().get(name);
  }
}
