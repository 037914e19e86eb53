package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.net.InetAddress;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/** Operations on sockets. */
final class NetworkOperations {
  // linux/socket.h, linux/net.h, linux/in.h
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int AF_PACKET = 17;
  private static final int AF_ALG = 38;
  private static final int AF_VSOCK = 40;
  private static final int STREAM = 1;
  private static final int DGRAM = 2;
  private static final int RAW = 3;
  private static final int IPPROTO_ICMP = 1;
  private static final int IPPROTO_TCP = 6;
  private static final int IPPROTO_SCTP = 132;
  private static final int IPPROTO_MPTCP = 262;
  private static final int MSG_FASTOPEN = 0x20000000;
  private static final int TCP_FASTOPEN_CONNECT = 30;
  private static final int SOL_SOCKET = KernelNumbers.here().solSocket();
  private static final int SO_BINDTODEVICE = 25;
  private static final int SCM_RIGHTS = 1;

  private NetworkOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("tcp-connect", a -> connect(a, STREAM, 0));
    all.put("mptcp-connect", a -> connect(a, STREAM, onlyLinux(IPPROTO_MPTCP)));
    all.put("sctp-connect", a -> connect(a, STREAM, onlyLinux(IPPROTO_SCTP)));
    all.put("udp-connect-send", NetworkOperations::udpConnectSend);
    all.put("udp-sendto", NetworkOperations::udpSendTo);
    all.put("udp-sendmsg", a -> sendMessage(a, false));
    all.put("udp-sendmmsg", a -> sendMessage(a, true));
    all.put("tcp-fastopen", NetworkOperations::fastOpen);
    all.put("tcp-fastopen-connect", NetworkOperations::fastOpenConnect);
    all.put("unbind-device", NetworkOperations::unbindDevice);
    all.put("unix-connect", a -> unixConnect(a[0], STREAM));
    all.put("unix-link-connect", NetworkOperations::unixLinkConnect);
    all.put("unix-abstract-connect", a -> unixConnect("\0" + a[0], STREAM));
    all.put("unix-dgram-send", NetworkOperations::unixDatagram);
    all.put("own-unix", a -> ownUnix(a[0], a[0]));
    all.put("own-unix-renamed", a -> ownUnix(a[0], a[1]));
    all.put("own-abstract", a -> ownUnix("\0" + a[0], "\0" + a[0]));
    all.put("own-tcp", a -> ServersInside.tcp(a[0]));
    all.put("own-udp", a -> ServersInside.udp(a[0]));
    all.put("listen-only", NetworkOperations::listenOnly);
    all.put("socketpair", a -> socketPair(false));
    all.put("socketpair-descriptor", a -> socketPair(true));
    all.put("connect-race", NetworkOperations::connectRace);
    all.put("resolve", NetworkOperations::resolve);
    // Seatbelt permits creating some of these, and denies sending on them.
    all.put("packet", a -> socket(AF_PACKET, RAW, 0x0300));
    all.put("raw", a -> socket(AF_INET, RAW, IPPROTO_ICMP));
    all.put("ping", a -> socket(AF_INET, DGRAM, IPPROTO_ICMP));
    all.put("vsock", a -> socket(AF_VSOCK, STREAM, 0));
    all.put("alg", a -> socket(AF_ALG, 5, 0));
  }

  private static int onlyLinux(int number) {
    NativeCalls.onlyLinux("number " + number + " of sockets");
    return number;
  }

  private static long socket(int family, int type, int protocol) {
    return NativeCalls.call("socket", onlyLinux(family), type, protocol);
  }

  private static long connect(String[] a, int type, int protocol) throws Exception {
    long fd = NativeCalls.call("socket", RawSocketAddress.family(a[0]), type, protocol);
    if (fd < 0) {
      return fd;
    }
    Memory address = RawSocketAddress.inet(a[0], Integer.parseInt(a[1]));
    long result = NativeCalls.call("connect", (int) fd, address, (int) address.size());
    return result < 0 ? result : NativeCalls.call("send", (int) fd, "x", 1L, 0);
  }

  private static long udpConnectSend(String[] a) throws Exception {
    return connect(a, DGRAM, 0);
  }

  private static long udpSendTo(String[] a) throws Exception {
    long fd = NativeCalls.call("socket", RawSocketAddress.family(a[0]), DGRAM, 0);
    if (fd < 0) {
      return fd;
    }
    Memory address = RawSocketAddress.inet(a[0], Integer.parseInt(a[1]));
    return NativeCalls.call("sendto", (int) fd, "x", 1L, 0, address, (int) address.size());
  }

  private static Memory header(Memory address, Memory data) {
    Memory vector = NativeCalls.memory(16);
    vector.setPointer(0, data);
    vector.setLong(8, data.size());
    Memory header = NativeCalls.memory(64);
    if (address != null) {
      header.setPointer(0, address);
      header.setInt(8, (int) address.size());
    }
    header.setPointer(16, vector);
    header.setLong(24, 1);
    KEEP[0] = vector;
    return header;
  }

  // Memory that native structures point to must stay reachable.
  private static final Object[] KEEP = new Object[1];

  private static long sendMessage(String[] a, boolean several) throws Exception {
    long fd = NativeCalls.call("socket", RawSocketAddress.family(a[0]), DGRAM, 0);
    if (fd < 0) {
      return fd;
    }
    Memory address = RawSocketAddress.inet(a[0], Integer.parseInt(a[1]));
    Memory header = header(address, NativeCalls.string("x"));
    return several
        ? NativeCalls.call("sendmmsg", (int) fd, header, 1, 0)
        : NativeCalls.call("sendmsg", (int) fd, header, 0);
  }

  private static long fastOpen(String[] a) throws Exception {
    long fd = NativeCalls.call("socket", AF_INET, STREAM, 0);
    if (fd < 0) {
      return fd;
    }
    Memory address = RawSocketAddress.inet(a[0], Integer.parseInt(a[1]));
    return NativeCalls.call(
        "sendto", (int) fd, "x", 1L, onlyLinux(MSG_FASTOPEN), address, (int) address.size());
  }

  private static long fastOpenConnect(String[] a) throws Exception {
    long fd = NativeCalls.call("socket", AF_INET, STREAM, 0);
    if (fd < 0) {
      return fd;
    }
    Memory one = NativeCalls.memory(4);
    one.setInt(0, 1);
    NativeCalls.call("setsockopt", (int) fd, IPPROTO_TCP, onlyLinux(TCP_FASTOPEN_CONNECT), one, 4);
    Memory address = RawSocketAddress.inet(a[0], Integer.parseInt(a[1]));
    long result = NativeCalls.call("connect", (int) fd, address, (int) address.size());
    return result < 0 ? result : NativeCalls.call("send", (int) fd, "x", 1L, 0);
  }

  /** Removes the socket's binding to the loopback device, then sends to an address outside. */
  private static long unbindDevice(String[] a) {
    long fd = NativeCalls.call("socket", AF_INET, DGRAM, 0);
    if (fd < 0) {
      return fd;
    }
    Memory device = NativeCalls.string("lo");
    int option = onlyLinux(SO_BINDTODEVICE);
    NativeCalls.call("setsockopt", (int) fd, SOL_SOCKET, option, device, 3);
    return NativeCalls.call("setsockopt", (int) fd, SOL_SOCKET, option, NativeCalls.memory(1), 1);
  }

  private static long unixConnect(String path, int type) {
    long fd = NativeCalls.call("socket", AF_UNIX, type, 0);
    if (fd < 0) {
      return fd;
    }
    Memory address = RawSocketAddress.unix(path);
    return NativeCalls.call("connect", (int) fd, address, (int) address.size());
  }

  /** Connects through a symbolic link that it creates. */
  private static long unixLinkConnect(String[] a) {
    long linked = NativeCalls.call("symlink", a[0], a[1]);
    return linked < 0 ? linked : unixConnect(a[1], STREAM);
  }

  private static long unixDatagram(String[] a) {
    Memory pair = NativeCalls.memory(8);
    long made = NativeCalls.call("socketpair", AF_UNIX, DGRAM, 0, pair);
    if (made < 0) {
      return made;
    }
    // A connected datagram socket still sends to any address that a message names.
    Memory address = RawSocketAddress.unix(a[0]);
    long sent =
        NativeCalls.call("sendto", pair.getInt(0), "x", 1L, 0, address, (int) address.size());
    return sent >= 0
        ? sent
        : NativeCalls.call("sendmsg", pair.getInt(0), header(address, NativeCalls.string("x")), 0);
  }

  /** A server binds and listens, its socket may get another name, and a client connects. */
  private static long ownUnix(String path, String later) {
    Memory address = RawSocketAddress.unix(path);
    long server = NativeCalls.call("socket", AF_UNIX, STREAM, 0);
    long bound =
        server < 0 ? server : NativeCalls.call("bind", (int) server, address, (int) address.size());
    long listening = bound < 0 ? bound : NativeCalls.call("listen", (int) server, 5);
    long named =
        path.equals(later) || listening < 0 ? listening : NativeCalls.call("rename", path, later);
    return named < 0 ? named : unixConnect(later, STREAM);
  }

  private static long listenOnly(String[] a) {
    long fd = NativeCalls.call("socket", AF_INET, STREAM, 0);
    return fd < 0 ? fd : NativeCalls.call("listen", (int) fd, 5);
  }

  private static long socketPair(boolean passDescriptor) {
    Memory pair = NativeCalls.memory(8);
    long made = NativeCalls.call("socketpair", AF_UNIX, STREAM, 0, pair);
    if (made < 0) {
      return made;
    }
    if (!passDescriptor) {
      long sent = NativeCalls.call("write", pair.getInt(0), "hello", 5L);
      return sent < 0 ? sent : NativeCalls.call("read", pair.getInt(4), NativeCalls.memory(8), 8L);
    }
    Memory header = header(null, NativeCalls.string("x"));
    // struct cmsghdr: its length has eight bytes on Linux and four on macOS.
    int head = NativeCalls.LINUX ? 16 : 12;
    Memory control = NativeCalls.memory(24);
    control.setInt(0, head + 4);
    control.setInt(head - 8, SOL_SOCKET);
    control.setInt(head - 4, SCM_RIGHTS);
    control.setInt(head, pair.getInt(0));
    header.setPointer(32, control);
    header.setLong(40, NativeCalls.LINUX ? 24 : 16);
    long sent = NativeCalls.call("sendmsg", pair.getInt(0), header, 0);
    if (sent < 0) {
      return sent;
    }
    Memory answer = header(null, NativeCalls.memory(8));
    Memory received = NativeCalls.memory(64);
    answer.setPointer(32, received);
    answer.setLong(40, 64);
    long got = NativeCalls.call("recvmsg", pair.getInt(4), answer, 0);
    if (got < 0) {
      return got;
    }
    // The descriptor that came back is a copy of the pair's first end: writing to it must work.
    return NativeCalls.call("write", received.getInt(head), "again", 5L);
  }

  /**
   * One thread connects while another swaps the address between an allowed and a forbidden one.
   * Succeeds if a connection to the forbidden port was made.
   */
  private static long connectRace(String[] a) throws Exception {
    int forbidden = Integer.parseInt(a[1]);
    try (java.net.ServerSocket own =
        new java.net.ServerSocket(0, 512, InetAddress.getByName(a[0]))) {
      Memory address = RawSocketAddress.inet(a[0], own.getLocalPort());
      boolean[] stop = new boolean[1];
      Thread swapper =
          new Thread(
              () -> {
                int port = own.getLocalPort();
                while (!Thread.interrupted()) {
                  port = port == forbidden ? own.getLocalPort() : forbidden;
                  address.setShort(2, Short.reverseBytes((short) port));
                }
                stop[0] = true;
              });
      swapper.setDaemon(true);
      swapper.start();
      int rounds = Integer.parseInt(a[2]);
      for (int i = 0; i < rounds; i++) {
        long fd = NativeCalls.call("socket", AF_INET, STREAM, 0);
        if (fd < 0) {
          return fd;
        }
        if (NativeCalls.call("connect", (int) fd, address, 16) >= 0
            && peerPort((int) fd) == forbidden) {
          return i;
        }
        NativeCalls.call("close", (int) fd);
      }
      swapper.interrupt();
      return -13;
    }
  }

  private static int peerPort(int fd) {
    Memory address = NativeCalls.memory(32);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 32);
    Pointer pointer = address;
    if (NativeCalls.call("getpeername", fd, pointer, length) < 0) {
      return -1;
    }
    return Short.reverseBytes(address.getShort(2)) & 0xffff;
  }

  private static long resolve(String[] a) {
    try {
      return InetAddress.getByName(a[0]).getAddress().length;
    } catch (java.net.UnknownHostException e) {
      return KernelNumbers.error("EHOSTUNREACH");
    }
  }
}
