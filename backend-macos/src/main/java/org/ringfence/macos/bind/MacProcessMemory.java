package org.ringfence.macos.bind;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalLong;
import jnr.ffi.LibraryLoader;
import org.ringfence.macos.bind.libc.ProcessCalls;

/**
 * The memory of processes as macOS accounts for it: what Activity Monitor shows. The calls of
 * libproc are in the library that libc is, too.
 */
public final class MacProcessMemory implements ProcessMemory {
  // PROC_PGRP_ONLY of sys/proc_info.h.
  private static final int OF_GROUP = 2;
  private static final int FIRST_LENGTH = 256;
  // RUSAGE_INFO_V0 of sys/resource.h: an identity of 16 bytes, then ten numbers of eight bytes.
  // The eighth is ri_phys_footprint.
  private static final int VERSION = 0;
  private static final int USAGE_BYTES = 96;
  private static final int FOOTPRINT = 72;

  private final ProcessCalls calls;

  private MacProcessMemory(ProcessCalls calls) {
    this.calls = calls;
  }

  /**
   * Loads the calls, and tries them on this process.
   *
   * @return the memory of processes
   * @throws IOException if this system does not have them
   */
  public static ProcessMemory load() throws IOException {
    try {
      MacProcessMemory memory =
          new MacProcessMemory(LibraryLoader.create(ProcessCalls.class).load("c"));
      if (memory.footprint((int) ProcessHandle.current().pid()).isEmpty()) {
        throw new IOException("proc_pid_rusage does not tell the memory of this process");
      }
      return memory;
    } catch (LinkageError e) {
      throw new IOException("libproc is not there: " + e.getMessage(), e);
    }
  }

  @Override
  public int[] group(int group) throws IOException {
    int[] pids = new int[FIRST_LENGTH];
    while (true) {
      int bytes = calls.proc_listpids(OF_GROUP, group, pids, pids.length * Integer.BYTES);
      if (bytes < 0) {
        throw new IOException("proc_listpids fails for group " + group);
      }
      int count = bytes / Integer.BYTES;
      if (count < pids.length) {
        return Arrays.stream(pids, 0, count).filter(pid -> pid > 0).toArray();
      }
      pids = new int[2 * pids.length];
    }
  }

  @Override
  public OptionalLong footprint(int pid) {
    byte[] usage = new byte[USAGE_BYTES];
    return calls.proc_pid_rusage(pid, VERSION, usage) == 0
        ? OptionalLong.of(ByteBuffer.wrap(usage).order(ByteOrder.nativeOrder()).getLong(FOOTPRINT))
        : OptionalLong.empty();
  }
}
