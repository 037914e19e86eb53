package org.ringfence.conformance.fuzz;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.ringfence.conformance.probe.NativeCalls;

/**
 * Two ends of a socket that all tasks have, whatever tables of descriptors they have, since it is
 * made before the first of them begins.
 *
 * @param near one end
 * @param far the other
 */
record Pair(int near, int far) {
  private static final int AF_UNIX = 1;
  private static final int DATAGRAM = 2;
  private static final int SEQUENCED = 5;

  /** Bytes of the longest message. */
  static final int LONGEST = 200_000;

  private static final int MOMENT_MILLIS = 200;
  private static final int PATIENCE_MOMENTS = 300;
  private static final short POLLIN = 1;

  /** For descriptors on their way from one task to another. */
  static Pair ofDatagrams() {
    return open(DATAGRAM);
  }

  /** For messages between two processes. */
  static Pair ofMessages() {
    return open(SEQUENCED);
  }

  private static Pair open(int type) {
    Memory two = NativeCalls.memory(8);
    if (NativeCalls.call("socketpair", AF_UNIX, type, 0, two) < 0) {
      throw new IllegalStateException("no pair of sockets");
    }
    return new Pair(two.getInt(0), two.getInt(4));
  }

  static void send(int end, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    long sent = NativeCalls.call("write", end, bytes, (long) bytes.length);
    if (sent != bytes.length) {
      throw new IOException("a message of " + bytes.length + " bytes: " + sent);
    }
  }

  /** Waits for a message. */
  static String take(int end, Memory memory) throws IOException {
    long got = NativeCalls.call("read", end, memory, memory.size());
    if (got < 0) {
      throw new IOException("no message: " + got);
    }
    return new String(memory.getByteArray(0, (int) got), StandardCharsets.UTF_8);
  }

  /** Waits for a message of a process as long as it lives. */
  String takeFrom(int process, Memory memory) throws IOException {
    Memory one = NativeCalls.memory(8);
    one.setInt(0, near);
    one.setShort(4, POLLIN);
    for (int i = 0; i < PATIENCE_MOMENTS; i++) {
      if (NativeCalls.call("poll", one, 1L, MOMENT_MILLIS) > 0) {
        return take(near, memory);
      }
      Memory status = NativeCalls.memory(4);
      if (NativeCalls.call("waitpid", process, status, Tasks.WAIT_NOT) > 0) {
        throw new IOException("a forked process ended with status " + status.getInt(0));
      }
    }
    throw new IOException("a forked process does not answer");
  }
}
