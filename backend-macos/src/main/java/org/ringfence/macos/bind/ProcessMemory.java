package org.ringfence.macos.bind;

import java.io.IOException;
import java.util.OptionalLong;

/** The memory of processes. Thread-safe. */
public interface ProcessMemory {
  /**
   * Returns the processes of a group.
   *
   * @param group the group
   * @return their numbers; none for a group that is not there
   * @throws IOException if the system does not say it
   */
  int[] group(int group) throws IOException;

  /**
   * Returns the memory of a process that no other shares, compressed and swapped memory included.
   *
   * @param pid the process
   * @return bytes; empty if it has gone, or is not this user's
   */
  OptionalLong footprint(int pid);
}
