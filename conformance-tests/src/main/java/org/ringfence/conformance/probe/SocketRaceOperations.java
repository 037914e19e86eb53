package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.ringfence.conformance.probe.Probe.Operation;

/** Calls on sockets that proceed to the kernel, while the descriptor's number changes hands. */
final class SocketRaceOperations {
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int STREAM = 1;
  private static final int DATAGRAM = 2;
  private static final int PACKETS = 5;
  private static final int DONT_WAIT = 0x40;
  private static final int EAGAIN = 11;
  private static final int EIO = 5;
  private static final int HEADER_BYTES = 56;
  private static final int BYTES = 2048;
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  private SocketRaceOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("race-receive", SocketRaceOperations::receive);
    all.put("race-socket-name", SocketRaceOperations::socketName);
    all.put("race-send", SocketRaceOperations::send);
  }

  private static Swapping swapping(int one, int other, int number) {
    return new Swapping(
        () -> NativeCalls.call("dup2", other, number), () -> NativeCalls.call("dup2", one, number));
  }

  private static int socket(int family, int type) throws IOException {
    int fd = (int) NativeCalls.call("socket", family, type, 0);
    if (fd < 0) {
      throw new IOException("no socket: " + NativeCalls.errorName(-fd));
    }
    return fd;
  }

  private static int boundTo(int fd) throws IOException {
    Memory address = RawSocketAddress.inet("127.0.0.1", 0);
    check(NativeCalls.call("bind", fd, address, 16));
    return port(nameOf(fd));
  }

  private static long check(long result) throws IOException {
    if (result < 0) {
      throw new IOException(NativeCalls.errorName((int) -result));
    }
    return result;
  }

  private static byte[] nameOf(int fd) throws IOException {
    Memory name = NativeCalls.memory(128);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 128);
    check(NativeCalls.call("getsockname", fd, name, length));
    return name.getByteArray(0, length.getInt(0));
  }

  private static int port(byte[] address) {
    return (address[2] & 0xff) << 8 | address[3] & 0xff;
  }

  /**
   * Queries a name server and sends to its own socket, then receives from either by one number: the
   * server, a name, rounds. Every datagram arrives once, unchanged; OK is their number.
   */
  private static long receive(String[] a) throws Exception {
    NativeCalls.onlyLinux("the race");
    int rounds = Integer.parseInt(a[2]);
    int asking = socket(AF_INET, DATAGRAM);
    int own = socket(AF_INET, DATAGRAM);
    int sender = socket(AF_INET, DATAGRAM);
    int port = boundTo(own);
    int senderPort = boundTo(sender);
    Memory server = RawSocketAddress.inet(a[0], 53);
    Memory to = RawSocketAddress.inet("127.0.0.1", port);
    byte[] query = EgressOperations.query(a[1], 1);
    Memory question = NativeCalls.memory(query.length);
    question.write(0, query, 0, query.length);
    int number = (int) NativeCalls.call("dup", asking);
    long end = System.nanoTime() + PATIENCE_NANOS;
    Set<String> got = new TreeSet<>();
    Incoming incoming = new Incoming();
    try (Swapping swapping = swapping(asking, own, number)) {
      for (int i = 0; i < rounds; i++) {
        question.setByte(0, (byte) (i >> 8));
        question.setByte(1, (byte) i);
        check(NativeCalls.call("sendto", asking, question, (long) query.length, 0, server, 16));
        check(
            NativeCalls.call("sendto", sender, "own" + i, (long) ("own" + i).length(), 0, to, 16));
        while (got.size() < 2 * (i + 1)) {
          if (System.nanoTime() > end) {
            throw new IOException("of round " + i + " came " + got.size());
          }
          swapping.round();
          String one = incoming.take(number, senderPort);
          if (!one.isEmpty() && !got.add(one)) {
            throw new IOException(one + " came twice");
          }
        }
        if (!got.contains("own" + i) || !got.contains("answer" + i)) {
          throw new IOException("round " + i + " brought " + got);
        }
      }
    }
    return got.size();
  }

  /** Receives datagrams, by one call and by the other in turn. */
  private static final class Incoming {
    private final Memory data = NativeCalls.memory(BYTES);
    private final Memory from = NativeCalls.memory(128);
    private final Memory header = NativeCalls.memory(HEADER_BYTES);
    private final Memory vector = NativeCalls.memory(16);
    private final Memory length = NativeCalls.memory(4);
    private boolean byMessage;

    /** Receives one datagram, empty if there is none. */
    String take(int fd, int ownSender) throws IOException {
      byMessage = !byMessage;
      from.clear();
      length.setInt(0, 128);
      header.setPointer(0, from);
      header.setInt(8, 128);
      vector.setPointer(0, data);
      vector.setLong(8, BYTES);
      header.setPointer(16, vector);
      header.setLong(24, 1);
      long bytes =
          byMessage
              ? NativeCalls.call("recvmsg", fd, header, DONT_WAIT)
              : NativeCalls.call("recvfrom", fd, data, (long) BYTES, DONT_WAIT, from, length);
      if (bytes == -EAGAIN) {
        return "";
      }
      byte[] taken = data.getByteArray(0, (int) check(bytes));
      String text = new String(taken, StandardCharsets.ISO_8859_1);
      if (!text.startsWith("own")) {
        return "answer" + ((taken[0] & 0xff) << 8 | taken[1] & 0xff);
      }
      if (port(from.getByteArray(0, 16)) != ownSender) {
        throw new IOException(text + " came from port " + port(from.getByteArray(0, 16)));
      }
      return text;
    }
  }

  /**
   * Asks for the name of a socket that is bound by path or of one that is bound to a port: path,
   * rounds. OK is the number of kinds of names that the kernel returned, none of them another
   * socket's.
   */
  private static long socketName(String[] a) throws Exception {
    NativeCalls.onlyLinux("the race");
    int unix = socket(AF_UNIX, STREAM);
    int inet = socket(AF_INET, DATAGRAM);
    Memory address = RawSocketAddress.unix(a[0]);
    check(NativeCalls.call("bind", unix, address, (int) address.size()));
    int port = boundTo(inet);
    int number = (int) NativeCalls.call("dup", unix);
    String last = a[0].substring(a[0].lastIndexOf('/') + 1);
    Set<String> told = new TreeSet<>();
    try (Swapping swapping = swapping(unix, inet, number)) {
      for (int i = 0; i < Integer.parseInt(a[1]) || told.size() < 2; i++) {
        swapping.round();
        byte[] name = nameOf(number);
        String said =
            (name[0] & 0xff) == AF_INET
                ? "port " + port(name)
                : new String(name, 2, name.length - 3, StandardCharsets.UTF_8);
        if (!Set.of("port " + port, a[0], last).contains(said)) {
          return -EIO;
        }
        told.add(said);
      }
    }
    return told.size();
  }

  /**
   * Sends to an address by a number that is a connected unix socket or a datagram socket: the path
   * of a unix socket or a port, rounds. OK is the number of messages that the kernel took for the
   * connection.
   */
  private static long send(String[] a) throws Exception {
    NativeCalls.onlyLinux("the race");
    boolean path = a[0].startsWith("/");
    Memory to =
        path
            ? RawSocketAddress.unix(a[0])
            : RawSocketAddress.inet("127.0.0.1", Integer.parseInt(a[0]));
    int datagram = socket(path ? AF_UNIX : AF_INET, DATAGRAM);
    Memory pair = NativeCalls.memory(8);
    check(NativeCalls.call("socketpair", AF_UNIX, PACKETS, 0, pair));
    Memory data = NativeCalls.memory(8);
    Memory vector = NativeCalls.memory(16);
    vector.setPointer(0, data);
    vector.setLong(8, data.size());
    Memory header = NativeCalls.memory(HEADER_BYTES);
    header.setPointer(0, to);
    header.setInt(8, (int) to.size());
    header.setPointer(16, vector);
    header.setLong(24, 1);
    int number = (int) check(NativeCalls.call("dup", pair.getInt(0)));
    int taken = 0;
    int others = 0;
    try (Swapping swapping = swapping(pair.getInt(0), datagram, number)) {
      for (int i = 0; i < Integer.parseInt(a[1]) || taken == 0 || others == 0; i++) {
        swapping.round();
        NativeCalls.call("sendmsg", number, header, DONT_WAIT);
        if (NativeCalls.call("recv", pair.getInt(4), data, data.size(), DONT_WAIT) > 0) {
          taken++;
        } else {
          others++;
        }
      }
    }
    return taken;
  }
}
