package org.ringfence.linux.launch;

import java.io.IOException;
import org.ringfence.linux.bind.Descriptors;

/**
 * A pipe by which the watchdog finds bubblewrap's processes where no signal scope leads to them.
 * Bubblewrap holds the write end from its start, and the first process of the command's namespace
 * holds it until that namespace ends; the command itself never gets it (bubblewrap's option {@code
 * --sync-fd}). So the search finds each sandbox at each moment, and the pipe's end shows that none
 * is left.
 */
final class Lifeline implements AutoCloseable {
  private final Descriptors descriptors;
  private final int read;
  private final int write;

  Lifeline(Descriptors descriptors) throws IOException {
    this.descriptors = descriptors;
    int[] ends = descriptors.pipe();
    this.read = ends[0];
    this.write = ends[1];
  }

  /** Returns the end that the watchdog gets. */
  int read() {
    return read;
  }

  /** Returns the end that bubblewrap gets. */
  int write() {
    return write;
  }

  @Override
  public void close() {
    descriptors.close(read);
    descriptors.close(write);
  }
}
