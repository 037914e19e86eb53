package org.ringfence.conformance.fuzz;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import org.ringfence.conformance.probe.NativeCalls;

/**
 * The sockets of a sequence. Results name a port by the descriptor that has it, because the port
 * differs in each run.
 */
final class Sockets {
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int STREAM = 1;
  private static final int DATAGRAM = 2;
  private static final int NONBLOCK = 0x800;
  private static final int SOL_SOCKET = 1;
  private static final int SO_ERROR = 4;
  private static final int QUIETLY = 0x40 | 0x4000;
  private static final int EINVAL = 22;
  private static final int EINPROGRESS = 115;
  private static final int LONGEST_NAME = 110;
  // A sequence connects fewer times: a full backlog would block the next connection.
  private static final int BACKLOG = 128;
  private static final short POLLIN = 1;
  private static final short POLLOUT = 4;
  private static final int PATIENCE_MILLIS = 2_000;
  private static final int MOMENT_MILLIS = 200;

  private static final Map<String, int[]> KINDS =
      Map.of(
          "tcp", new int[] {AF_INET, STREAM},
          "udp", new int[] {AF_INET, DATAGRAM},
          "stream", new int[] {AF_UNIX, STREAM},
          "datagram", new int[] {AF_UNIX, DATAGRAM});

  private final TaskState state;
  private final int task;
  private final UnaryOperator<String> path;

  Sockets(TaskState state, int task, UnaryOperator<String> path) {
    this.state = state;
    this.task = task;
    this.path = path;
  }

  static long open(String kind) {
    int[] what = KINDS.get(kind);
    return NativeCalls.call("socket", what[0], what[1] | NONBLOCK, 0);
  }

  /** Returns whether a descriptor is a socket, which must never block. */
  static boolean is(int fd) {
    Memory value = NativeCalls.memory(4);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 4);
    return NativeCalls.call("getsockopt", fd, SOL_SOCKET, 3, value, length) >= 0;
  }

  /** Makes a call with a textual result. */
  String make(Step step) {
    int[] slots = state.slots(task);
    int fd = slots[step.number(0)];
    return switch (step.call()) {
      case "bindsock" -> Calls.said(bind(fd, step.text(1)));
      case "listen" -> Calls.said(NativeCalls.call("listen", fd, BACKLOG));
      case "connectto" -> Calls.said(sent(connect(fd, slots[step.number(1)])));
      case "sendto" -> Calls.said(sent(send(fd, slots[step.number(1)])));
      case "recv" -> receive(fd);
      case "peername" -> named("getpeername", fd);
      case "sockname" -> named("getsockname", fd);
      default -> throw new IllegalArgumentException(step.toString());
    };
  }

  /** Returns the descriptor of a pending connection, or a negated error number. */
  long accept(int fd) {
    arrived(fd);
    return NativeCalls.call("accept4", fd, null, null, NONBLOCK);
  }

  /** Notes an action on a descriptor that its other end may notice. */
  void told(int fd) {
    state.underWay(state.underWay() || is(fd));
  }

  private long sent(long result) {
    state.underWay(state.underWay() || result >= 0);
    return result;
  }

  /**
   * Waits for what was sent or connected and may not have arrived, since on a busy machine it takes
   * its time; after a moment without anything nothing is under way.
   */
  void arrived(int fd) {
    if (ready(fd, POLLIN, state.underWay() ? MOMENT_MILLIS : 0) == 0) {
      state.underWay(false);
    }
  }

  private long bind(int fd, String where) {
    Memory address = NativeCalls.memory(LONGEST_NAME + 1);
    if (where.equals("inet")) {
      address.setShort(0, (short) AF_INET);
      address.write(4, new byte[] {127, 0, 0, 1}, 0, 4);
      return NativeCalls.call("bind", fd, address, 16);
    }
    byte[] name = path.apply(where).getBytes(StandardCharsets.UTF_8);
    int length = Math.min(name.length, LONGEST_NAME - 3);
    address.setShort(0, (short) AF_UNIX);
    address.write(2, name, 0, length);
    return NativeCalls.call("bind", fd, address, length + 3);
  }

  private record Name(Memory bytes, int length, long error) {
    /** Returns the error of the call, or EINVAL for a socket without a port. */
    long refusal() {
      boolean nowhere = length > 3 && bytes.getByte(0) == AF_INET && bytes.getShort(2) == 0;
      return error < 0 ? error : nowhere ? -EINVAL : 0;
    }

    byte[] array() {
      return bytes.getByteArray(0, length);
    }
  }

  private static Name name(String function, int fd) {
    Memory bytes = NativeCalls.memory(LONGEST_NAME + 2);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, LONGEST_NAME);
    long result = NativeCalls.call(function, fd, bytes, length);
    return new Name(bytes, Math.min(length.getInt(0), LONGEST_NAME), result);
  }

  private static long connect(int fd, int to) {
    Name name = name("getsockname", to);
    if (name.refusal() < 0) {
      return name.refusal();
    }
    long result = NativeCalls.call("connect", fd, name.bytes(), name.length());
    if (result != -EINPROGRESS) {
      return result;
    }
    ready(fd, POLLOUT, PATIENCE_MILLIS);
    Memory error = NativeCalls.memory(4);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 4);
    NativeCalls.call("getsockopt", fd, SOL_SOCKET, SO_ERROR, error, length);
    return -error.getInt(0);
  }

  private static long send(int fd, int to) {
    Name name = name("getsockname", to);
    return name.refusal() < 0
        ? name.refusal()
        : NativeCalls.call("sendto", fd, "sent", 4L, QUIETLY, name.bytes(), name.length());
  }

  private String receive(int fd) {
    arrived(fd);
    Memory data = NativeCalls.memory(64);
    Memory from = NativeCalls.memory(LONGEST_NAME + 2);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, LONGEST_NAME);
    long got = NativeCalls.call("recvfrom", fd, data, 64L, QUIETLY, from, length);
    return got < 0
        ? Calls.said(got)
        : new String(data.getByteArray(0, (int) got), StandardCharsets.UTF_8)
            + " from "
            + told(from.getByteArray(0, Math.min(length.getInt(0), LONGEST_NAME)));
  }

  private String named(String function, int fd) {
    Name name = name(function, fd);
    return name.error() < 0 ? Calls.said(name.error()) : told(name.array());
  }

  /**
   * Describes an address. A path appears by its last component, because peers see no more of a
   * socket that the supervisor bound.
   */
  private String told(byte[] name) {
    if (name.length <= 2) {
      return "unnamed";
    }
    if (name[0] == AF_UNIX) {
      String text = new String(name, 2, name.length - 2, StandardCharsets.UTF_8).trim();
      return "unix " + text.substring(text.lastIndexOf('/') + 1);
    }
    if (name[2] == 0 && name[3] == 0) {
      return "inet without a port";
    }
    int[] slots = state.slots(task);
    IntUnaryOperator has =
        slot -> Arrays.equals(name("getsockname", slots[slot]).array(), name) ? 1 : 0;
    StringBuilder owners = new StringBuilder("inet");
    for (int slot = 0; slot < slots.length; slot++) {
      if (has.applyAsInt(slot) == 1) {
        owners.append(' ').append(slot);
      }
    }
    return owners.toString();
  }

  private static long ready(int fd, short events, int millis) {
    Memory one = NativeCalls.memory(8);
    one.setInt(0, fd);
    one.setShort(4, events);
    return NativeCalls.call("poll", one, 1L, millis);
  }
}
