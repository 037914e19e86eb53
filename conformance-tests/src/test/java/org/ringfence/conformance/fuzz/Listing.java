package org.ringfence.conformance.fuzz;

import com.sun.jna.Memory;
import java.util.Set;
import java.util.TreeSet;
import org.ringfence.conformance.probe.NativeCalls;

/** Lists a directory through an open descriptor. */
final class Listing {
  private static final int BYTES = 32_768;

  private Listing() {}

  /** Returns the sorted names, or the error. */
  static String of(int fd) {
    Memory memory = NativeCalls.memory(BYTES);
    Set<String> names = new TreeSet<>();
    while (true) {
      long got = NativeCalls.syscall(217, 61, (long) fd, memory, (long) BYTES);
      if (got <= 0) {
        return got < 0 ? Calls.said(got) : String.join(",", names);
      }
      for (int at = 0; at < got; at += memory.getShort(at + 16) & 0xffff) {
        names.add(memory.getString(at + 19L));
      }
    }
  }
}
