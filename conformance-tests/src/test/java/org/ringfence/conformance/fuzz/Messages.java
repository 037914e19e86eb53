package org.ringfence.conformance.fuzz;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;
import org.ringfence.conformance.probe.NativeCalls;

/** Passes descriptors over sockets, and binds and connects named sockets. */
final class Messages {
  private static final int HEADER = 56;
  private static final int CONTROL = 24;
  private static final int SCM_RIGHTS = 1;
  private static final int SOL_SOCKET = 1;
  private static final int DONT_WAIT = 0x40;
  private static final int LONGEST_NAME = 108;

  private Messages() {}

  /** Sends a descriptor and receives it at the other end. */
  static long pass(Pair pair, int fd) {
    long sent = send(pair, fd);
    return sent < 0 ? sent : take(pair);
  }

  /** Sends a descriptor; 0 or a negated error number. */
  static long send(Pair pair, int fd) {
    Memory all = message();
    com.sun.jna.Pointer control = all.share(HEADER);
    control.setLong(0, 20);
    control.setInt(8, SOL_SOCKET);
    control.setInt(12, SCM_RIGHTS);
    control.setInt(16, fd);
    return Math.min(0, NativeCalls.call("sendmsg", pair.far(), all, DONT_WAIT));
  }

  /** Takes a descriptor that was sent; it, or a negated error number. */
  static long take(Pair pair) {
    Memory taken = message();
    taken.setInt(HEADER + 16, -1);
    long got = NativeCalls.call("recvmsg", pair.near(), taken, DONT_WAIT);
    return got < 0 ? got : taken.getInt(HEADER + 16);
  }

  private static Memory message() {
    Memory all = NativeCalls.memory(HEADER + CONTROL + 24);
    all.setPointer(16, all.share(HEADER + CONTROL));
    all.setLong(24, 1);
    all.setPointer(HEADER + CONTROL, all.share(HEADER + CONTROL + 16));
    all.setLong(HEADER + CONTROL + 8, 1);
    all.setPointer(32, all.share(HEADER));
    all.setLong(40, CONTROL);
    return all;
  }

  /** Binds a new unix socket, or connects one; it is closed at once. */
  static long address(String function, String path) {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    Memory address = NativeCalls.memory(LONGEST_NAME + 3);
    address.setShort(0, (short) 1);
    int length = Math.min(name.length, LONGEST_NAME - 1);
    address.write(2, name, 0, length);
    int socket = (int) NativeCalls.call("socket", 1, 1 | 0x800, 0);
    long result = NativeCalls.call(function, socket, address, length + 3);
    NativeCalls.call("close", socket);
    return result;
  }
}
