package org.ringfence.macos.bind.libc;

import jnr.ffi.annotations.Out;

/** The calls that jnr-posix lacks, or declares incompletely. */
public interface PosixCalls {
  /**
   * posix_openpt(3).
   *
   * @param flags {@code O_RDWR} and {@code O_NOCTTY}
   * @return the descriptor of the master's side
   */
  int posix_openpt(int flags);

  /**
   * grantpt(3).
   *
   * @param fd the master's side
   * @return 0
   */
  int grantpt(int fd);

  /**
   * unlockpt(3).
   *
   * @param fd the master's side
   * @return 0
   */
  int unlockpt(int fd);

  /**
   * ptsname(3).
   *
   * @param fd the master's side
   * @return the path of the other side
   */
  String ptsname(int fd);

  /**
   * wait4(2).
   *
   * @param pid the process
   * @param status its status
   * @param options 0
   * @param usage {@code struct rusage}
   * @return the process, or -1
   */
  int wait4(int pid, @Out int[] status, int options, @Out byte[] usage);
}
