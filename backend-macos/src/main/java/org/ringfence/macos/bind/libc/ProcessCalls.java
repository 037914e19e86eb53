package org.ringfence.macos.bind.libc;

import jnr.ffi.annotations.Out;

/** The calls of macOS's libproc. */
public interface ProcessCalls {
  /**
   * Lists processes (libproc.h).
   *
   * @param type what the list is of
   * @param of the group, for a list of a group
   * @param pids the processes
   * @param bytes the size of the list, in bytes
   * @return the bytes that are used; at most 0 on failure
   */
  int proc_listpids(int type, int of, @Out int[] pids, int bytes);

  /**
   * Tells what a process uses (libproc.h).
   *
   * @param pid the process
   * @param flavor the version of the structure
   * @param usage the structure
   * @return 0
   */
  int proc_pid_rusage(int pid, int flavor, @Out byte[] usage);
}
