package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/**
 * Tries every form of an address on sockets in every earlier state: matching and other families,
 * lengths around the valid ones, each call that takes an address. The kernel's handling of an
 * address depends on all of them.
 */
final class AddressSweep {
  // linux/socket.h, linux/net.h, linux/in6.h
  private static final int AF_UNSPEC = 0;
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int AF_NETLINK = 16;
  private static final int STREAM = 1;
  private static final int DGRAM = 2;
  private static final int NON_BLOCKING = 0x800;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IPV6_ADDRFORM = 1;

  private static final int[] FAMILIES = {AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
  private static final int[] LENGTHS = {0, 2, 15, 16, 24, 28, 128};
  private static final String[] ADDRESSES = {
    "127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0"
  };

  /** The calls on a socket before its use. */
  private enum Past {
    FRESH,
    BOUND,
    BOUND_TO_V4,
    CONNECTED,
    CONNECTED_TO_V4,
    DISCONNECTED,
    TURNED_TO_V4,
    TURNED_AND_DISCONNECTED
  }

  private enum Call {
    CONNECT,
    SENDTO,
    SENDMSG,
    SENDMMSG
  }

  private final int ownPort;
  private final int[] ports;
  private final int type;

  private AddressSweep(int type, int ownPort, int[] ports) {
    this.type = type;
    this.ownPort = ownPort;
    this.ports = ports;
  }

  static void addTo(Map<String, Operation> all) {
    all.put("udp-sweep", a -> sweep(a, DGRAM));
    all.put("tcp-sweep", a -> sweep(a, STREAM));
    all.put("udp-unspecified-own", a -> unspecifiedOwn());
  }

  private static long sweep(String[] a, int type) throws Exception {
    NativeCalls.onlyLinux("AF_UNSPEC for an address of IPv4");
    int[] ports = {Integer.parseInt(a[0]), Integer.parseInt(a[1])};
    if (type == DGRAM) {
      try (DatagramSocket own = new DatagramSocket()) {
        return new AddressSweep(type, own.getLocalPort(), ports).run();
      }
    }
    try (ServerSocket own = new ServerSocket(0, 4096)) {
      return new AddressSweep(type, own.getLocalPort(), ports).run();
    }
  }

  /** A datagram without a family reaches a server inside, as one of IPv4. */
  private static long unspecifiedOwn() throws Exception {
    NativeCalls.onlyLinux("AF_UNSPEC for an address of IPv4");
    try (DatagramSocket own = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
      own.setSoTimeout(5_000);
      long fd = NativeCalls.call("socket", AF_INET, DGRAM, 0);
      if (fd < 0) {
        return fd;
      }
      Memory address = RawSocketAddress.inet("127.0.0.1", own.getLocalPort());
      address.setShort(0, (short) AF_UNSPEC);
      long sent = NativeCalls.call("sendto", (int) fd, "x", 1L, 0, address, 16);
      if (sent < 0) {
        return sent;
      }
      own.receive(new java.net.DatagramPacket(new byte[8], 8));
      return sent;
    }
  }

  /** Returns the number of tries that the kernel did not refuse. */
  private long run() throws Exception {
    long done = 0;
    for (int domain : new int[] {AF_INET, AF_INET6}) {
      for (Past past : Past.values()) {
        if (domain == AF_INET && past.compareTo(Past.TURNED_TO_V4) >= 0) {
          continue;
        }
        for (Call call : type == STREAM ? new Call[] {Call.CONNECT} : Call.values()) {
          done += addresses(domain, past, call);
        }
      }
    }
    return done;
  }

  private long addresses(int domain, Past past, Call call) throws Exception {
    long done = 0;
    for (String host : ADDRESSES) {
      for (int family : FAMILIES) {
        for (int length : LENGTHS) {
          for (int port : ports) {
            int fd = (int) socket(domain, past);
            if (fd < 0) {
              return done;
            }
            Memory address = NativeCalls.memory(128);
            Memory whole = RawSocketAddress.inet(host, port);
            address.write(0, whole.getByteArray(0, (int) whole.size()), 0, (int) whole.size());
            address.setShort(0, (short) family);
            long result = use(call, fd, address, length);
            done += result >= 0 ? 1 : 0;
            NativeCalls.call("close", fd);
          }
        }
      }
    }
    return done;
  }

  private long socket(int domain, Past past) throws Exception {
    long made = NativeCalls.call("socket", domain, type | (type == STREAM ? NON_BLOCKING : 0), 0);
    if (made < 0 || past == Past.FRESH) {
      return made;
    }
    int fd = (int) made;
    boolean v4 =
        past == Past.BOUND_TO_V4
            || past == Past.CONNECTED_TO_V4
            || past.compareTo(Past.TURNED_TO_V4) >= 0;
    String host = domain == AF_INET ? "127.0.0.1" : v4 ? "::ffff:127.0.0.1" : "::1";
    boolean binds = past == Past.BOUND || past == Past.BOUND_TO_V4;
    Memory address = RawSocketAddress.inet(host, binds ? 0 : ownPort);
    NativeCalls.call(binds ? "bind" : "connect", fd, address, (int) address.size());
    if (past.compareTo(Past.TURNED_TO_V4) >= 0) {
      Memory family = NativeCalls.memory(4);
      family.setInt(0, AF_INET);
      NativeCalls.call("setsockopt", fd, IPPROTO_IPV6, IPV6_ADDRFORM, family, 4);
    }
    if (past == Past.DISCONNECTED || past == Past.TURNED_AND_DISCONNECTED) {
      NativeCalls.call("connect", fd, NativeCalls.memory(16), 16);
    }
    return fd;
  }

  private long use(Call call, int fd, Memory address, int length) {
    Memory data = NativeCalls.string("x");
    switch (call) {
      case CONNECT:
        long connected = NativeCalls.call("connect", fd, address, length);
        return connected < 0 ? connected : NativeCalls.call("send", fd, data, 1L, 0);
      case SENDTO:
        return NativeCalls.call("sendto", fd, data, 1L, 0, address, length);
      default:
        Memory vector = NativeCalls.memory(16);
        vector.setPointer(0, data);
        vector.setLong(8, 1);
        Memory header = NativeCalls.memory(64);
        header.setPointer(0, address);
        header.setInt(8, length);
        header.setPointer(16, vector);
        header.setLong(24, 1);
        return call == Call.SENDMSG
            ? NativeCalls.call("sendmsg", fd, header, 0)
            : NativeCalls.call("sendmmsg", fd, header, 1, 0);
    }
  }
}
