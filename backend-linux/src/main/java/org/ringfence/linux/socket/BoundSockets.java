package org.ringfence.linux.socket;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.AF_NETLINK;
import static org.ringfence.linux.bind.Constants.NETLINK_SOCK_DIAG;
import static org.ringfence.linux.bind.Constants.NLM_F_REQUEST;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_DGRAM;
import static org.ringfence.linux.bind.Constants.SOCK_DIAG_BY_FAMILY;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * Finds the inet sockets of this JVM's network namespace that receive data sent to a port. It asks
 * the kernel for these alone: the tables in {@code /proc} hold every connection, and reading
 * thousands takes milliseconds.
 */
public final class BoundSockets {
  private static final int IPPROTO_TCP = 6;
  private static final int IPPROTO_UDP = 17;
  // linux/netlink.h
  private static final int NLM_F_DUMP = 0x300;
  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int HEADER_BYTES = 16;
  // linux/inet_diag.h: struct inet_diag_req_v2, struct inet_diag_msg.
  private static final int REQUEST_BYTES = HEADER_BYTES + 56;
  private static final int MESSAGE_BYTES = 72;
  private static final int ANSWER_BYTES = 32_768;
  // The first device of every network namespace (include/net/net_namespace.h).
  private static final int LOOPBACK_INDEX = 1;
  // include/net/tcp_states.h
  private static final int TCP_LISTEN = 10;

  private final Kernel kernel;

  public BoundSockets(Kernel kernel) {
    this.kernel = kernel;
  }

  /** Returns the inodes of the sockets that receive data sent to an address. */
  public List<Long> inodes(boolean tcp, InetAddress address, int port) throws IOException {
    List<Long> inodes = new ArrayList<>();
    boolean v4 = address instanceof Inet4Address;
    // A socket of IPv6 may take IPv4 as well, not the other way round.
    for (int family : v4 ? new int[] {AF_INET, AF_INET6} : new int[] {AF_INET6}) {
      Optional<List<Long>> asked = ask(tcp, family, address, port);
      inodes.addAll(asked.isPresent() ? asked.get() : read(tcp, family, address, port));
    }
    return inodes;
  }

  /** Asks the kernel; empty when it does not answer such requests. */
  Optional<List<Long>> ask(boolean tcp, int family, InetAddress address, int port) {
    long netlink =
        kernel.call(Syscall.SOCKET, AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) {
      return Optional.empty();
    }
    try (NativeBlock block = new NativeBlock(ANSWER_BYTES + 256L)) {
      long request = request(block, tcp, family, port);
      if (kernel.call(Syscall.WRITE, netlink, request, REQUEST_BYTES) < 0) {
        return Optional.empty();
      }
      List<Long> inodes = new ArrayList<>();
      long buffer = block.allocate(ANSWER_BYTES);
      while (true) {
        long length = kernel.call(Syscall.READ, netlink, buffer, ANSWER_BYTES);
        if (length < HEADER_BYTES) {
          return Optional.empty();
        }
        for (int at = 0; at + HEADER_BYTES <= length; ) {
          int size = block.getInt(buffer + at);
          int type = block.getShort(buffer + at + 4);
          if (type == NLMSG_DONE) {
            return Optional.of(inodes);
          }
          if (type == NLMSG_ERROR || size < HEADER_BYTES + MESSAGE_BYTES) {
            return Optional.empty();
          }
          ByteBuffer message =
              ByteBuffer.wrap(block.getBytes(buffer + at + HEADER_BYTES, MESSAGE_BYTES))
                  .order(ByteOrder.nativeOrder());
          byte[] local = new byte[family == AF_INET ? 4 : 16];
          message.get(8, local);
          if (answers(local, address)) {
            inodes.add(message.getInt(68) & 0xffffffffL);
          }
          at += (size + 3) & ~3;
        }
      }
    } finally {
      kernel.call(Syscall.CLOSE, netlink);
    }
  }

  /**
   * Returns whether a UDP socket is connected to a port; also true when the kernel does not say.
   */
  public boolean anyConnected(int port) {
    for (int family : new int[] {AF_INET, AF_INET6}) {
      long netlink =
          kernel.call(Syscall.SOCKET, AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
      if (netlink < 0) {
        return true;
      }
      try (NativeBlock block = new NativeBlock(ANSWER_BYTES + 256L)) {
        long request = request(block, false, family, 0);
        block.setByte(request + 26, (byte) (port >> 8));
        block.setByte(request + 27, (byte) port);
        long buffer = block.allocate(ANSWER_BYTES);
        if (kernel.call(Syscall.WRITE, netlink, request, REQUEST_BYTES) < 0
            || kernel.call(Syscall.READ, netlink, buffer, ANSWER_BYTES) < HEADER_BYTES
            || block.getShort(buffer + 4) != NLMSG_DONE) {
          return true;
        }
      } finally {
        kernel.call(Syscall.CLOSE, netlink);
      }
    }
    return false;
  }

  /**
   * Returns the inode of the TCP socket at one end of a connection over IPv4; 0 when there is none.
   *
   * @param from the address of that end
   * @param to the address of the other
   */
  long connected(InetSocketAddress from, InetSocketAddress to) throws IOException {
    long netlink =
        kernel.call(Syscall.SOCKET, AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) {
      return readConnected(from, to);
    }
    try (NativeBlock block = new NativeBlock(ANSWER_BYTES + 256L)) {
      long request = request(block, true, AF_INET, from.getPort());
      block.setShort(request + 6, (short) NLM_F_REQUEST);
      block.setInt(request + 20, -1);
      block.setByte(request + 26, (byte) (to.getPort() >> 8));
      block.setByte(request + 27, (byte) to.getPort());
      for (int i = 0; i < 4; i++) {
        block.setByte(request + 28 + i, from.getAddress().getAddress()[i]);
        block.setByte(request + 44 + i, to.getAddress().getAddress()[i]);
      }
      block.setInt(request + 60, LOOPBACK_INDEX);
      // INET_DIAG_NOCOOKIE
      block.setLong(request + 64, -1);
      long buffer = block.allocate(ANSWER_BYTES);
      if (kernel.call(Syscall.WRITE, netlink, request, REQUEST_BYTES) < 0) {
        return readConnected(from, to);
      }
      long length = kernel.call(Syscall.READ, netlink, buffer, ANSWER_BYTES);
      if (length < HEADER_BYTES) {
        return readConnected(from, to);
      }
      if (block.getShort(buffer + 4) == NLMSG_ERROR) {
        return block.getInt(buffer + HEADER_BYTES) == -Errno.ENOENT.value()
            ? 0
            : readConnected(from, to);
      }
      return block.getInt(buffer + HEADER_BYTES + 68) & 0xffffffffL;
    } finally {
      kernel.call(Syscall.CLOSE, netlink);
    }
  }

  /** Reads {@code /proc}, for a kernel without sock_diag. */
  static long readConnected(InetSocketAddress from, InetSocketAddress to) throws IOException {
    for (int family : new int[] {AF_INET, AF_INET6}) {
      Path file = Path.of("/proc/net/tcp" + (family == AF_INET ? "" : "6"));
      if (!Files.exists(file)) {
        continue;
      }
      List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
      for (String line : lines.subList(1, lines.size())) {
        String[] fields = line.trim().split("\\s+");
        if (is(fields[1], from) && is(fields[2], to)) {
          return Long.parseLong(fields[9]);
        }
      }
    }
    return 0;
  }

  private static boolean is(String printed, InetSocketAddress address) {
    String[] parts = printed.split(":");
    byte[] bytes = bytes(parts[0]);
    boolean open = new java.math.BigInteger(1, bytes).signum() == 0;
    return !open
        && Integer.parseInt(parts[1], 16) == address.getPort()
        && answers(bytes, address.getAddress());
  }

  private static long request(NativeBlock block, boolean tcp, int family, int port) {
    long request = block.allocate(REQUEST_BYTES);
    // struct nlmsghdr
    block.setInt(request, REQUEST_BYTES);
    block.setShort(request + 4, (short) SOCK_DIAG_BY_FAMILY);
    block.setShort(request + 6, (short) (NLM_F_REQUEST | NLM_F_DUMP));
    // struct inet_diag_req_v2: listening sockets of this port alone.
    block.setByte(request + 16, (byte) family);
    block.setByte(request + 17, (byte) (tcp ? IPPROTO_TCP : IPPROTO_UDP));
    block.setInt(request + 20, tcp ? 1 << TCP_LISTEN : -1);
    block.setByte(request + 24, (byte) (port >> 8));
    block.setByte(request + 25, (byte) port);
    return request;
  }

  /** Reads {@code /proc}, for a kernel without sock_diag. */
  static List<Long> read(boolean tcp, int family, InetAddress address, int port)
      throws IOException {
    Path file = Path.of("/proc/net/" + (tcp ? "tcp" : "udp") + (family == AF_INET ? "" : "6"));
    List<Long> inodes = new ArrayList<>();
    if (!Files.exists(file)) {
      return inodes;
    }
    List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    for (String line : lines.subList(1, lines.size())) {
      String[] fields = line.trim().split("\\s+");
      String[] local = fields[1].split(":");
      boolean gets = !tcp || Integer.parseInt(fields[3], 16) == TCP_LISTEN;
      if (gets && Integer.parseInt(local[1], 16) == port && answers(bytes(local[0]), address)) {
        inodes.add(Long.parseLong(fields[9]));
      }
    }
    return inodes;
  }

  /** Parses an address of /proc/net: words of 32 bits in the machine's order. */
  private static byte[] bytes(String printed) {
    byte[] bytes = HexFormat.of().parseHex(printed);
    ByteBuffer words = ByteBuffer.wrap(bytes);
    ByteBuffer result = ByteBuffer.allocate(bytes.length).order(ByteOrder.nativeOrder());
    while (words.hasRemaining()) {
      result.putInt(words.getInt());
    }
    return result.array();
  }

  /** Returns whether a socket at this local address receives data sent to the destination. */
  static boolean answers(byte[] local, InetAddress destination) {
    boolean unspecified = true;
    for (byte each : local) {
      unspecified &= each == 0;
    }
    if (unspecified) {
      return true;
    }
    byte[] wanted = destination.getAddress();
    if (wanted.length < local.length) {
      byte[] mapped = new byte[local.length];
      mapped[10] = (byte) 0xff;
      mapped[11] = (byte) 0xff;
      System.arraycopy(wanted, 0, mapped, mapped.length - wanted.length, wanted.length);
      wanted = mapped;
    }
    return java.util.Arrays.equals(local, wanted);
  }
}
