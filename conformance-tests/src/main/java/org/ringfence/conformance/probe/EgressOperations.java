package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.ringfence.conformance.probe.Probe.Operation;

/** Operations that reach hosts by name, and that bypass names. */
final class EgressOperations {
  private static final int EACCES = -13;
  private static final int ECONNREFUSED = -111;
  private static final int EHOSTUNREACH = -113;
  private static final int ENETUNREACH = -101;
  private static final int EIO = -5;
  // The error for a name that does not exist.
  private static final int ENOENT = -2;
  private static final int PATIENCE_MILLIS = 5_000;
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int STREAM = 1;
  private static final int DGRAM = 2;
  private static final int SOL_SOCKET = 1;
  private static final int SO_ZEROCOPY = 60;
  private static final int MSG_ZEROCOPY = 0x4000000;
  private static final int SCM_RIGHTS = 1;

  private EgressOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("visit", a -> visit(a[0], Integer.parseInt(a[1])));
    all.put("look-up-then-visit", EgressOperations::lookUpThenVisit);
    all.put("look-up-twice-then-visit", EgressOperations::lookUpTwiceThenVisit);
    all.put("reconnect", EgressOperations::reconnect);
    all.put("passed-socket", EgressOperations::passedSocket);
    all.put("swap-race", EgressOperations::swapRace);
    all.put("dns-udp", a -> dns(a, false));
    all.put("dns-tcp", a -> dns(a, true));
    all.put("dns-tunnel", EgressOperations::tunnel);
    all.put("zero-copy", EgressOperations::zeroCopy);
    all.put("source-route", a -> option(AF_INET, DGRAM, 0, 4, sourceRoute()));
    all.put("routing-header", a -> option(AF_INET6, DGRAM, 41, 57, routingHeader()));
    all.put("steered-message", a -> steeredMessage());
    all.put("join-group", EgressOperations::joinGroup);
    all.put("nonblocking-visit", EgressOperations::nonBlockingVisit);
    all.put("many-visits", EgressOperations::manyVisits);
    all.put("listen-everywhere", EgressOperations::listenEverywhere);
    all.put("udp-send", EgressOperations::udpSend);
    all.put("hello", EgressOperations::hello);
  }

  private static long visit(String host, int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(new InetSocketAddress(InetAddress.getByName(host), port), PATIENCE_MILLIS);
      return ask(socket, host);
    } catch (UnknownHostException e) {
      return ENOENT;
    } catch (java.net.SocketException e) {
      return error(e);
    }
  }

  /**
   * Reads the error from its text, since Java exposes nothing else. A denial must not be taken for
   * a missing route.
   */
  private static int error(java.net.SocketException e) {
    String text = String.valueOf(e.getMessage());
    return text.contains("Permission denied")
        ? EACCES
        : text.contains("refused")
            ? ECONNREFUSED
            : text.contains("unreachable") ? ENETUNREACH : EIO;
  }

  private static long ask(Socket socket, String host) throws IOException {
    socket
        .getOutputStream()
        .write(("GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
    String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return answer.endsWith("welcome\n") ? answer.length() : EACCES;
  }

  /** Looks up a name, then connects to an address. */
  private static long lookUpThenVisit(String[] a) throws IOException {
    try {
      InetAddress.getByName(a[0]);
    } catch (UnknownHostException e) {
      return ENOENT;
    }
    return visit(a[1], Integer.parseInt(a[2]));
  }

  /** Looks up a name twice, then connects to the second answer. */
  private static long lookUpTwiceThenVisit(String[] a) throws IOException {
    System.setProperty("networkaddress.cache.ttl", "0");
    java.security.Security.setProperty("networkaddress.cache.ttl", "0");
    java.security.Security.setProperty("networkaddress.cache.negative.ttl", "0");
    try {
      InetAddress.getByName(a[0]);
    } catch (UnknownHostException e) {
      return ENOENT;
    }
    try {
      return visit(InetAddress.getByName(a[0]).getHostAddress(), Integer.parseInt(a[1]));
    } catch (UnknownHostException e) {
      return ENOENT;
    }
  }

  /** Connects where allowed, disconnects, and connects the same socket elsewhere. */
  private static long reconnect(String[] a) throws Exception {
    int port = Integer.parseInt(a[1]);
    long fd = NativeCalls.call("socket", AF_INET, STREAM, 0);
    long first = NativeCalls.call("connect", (int) fd, RawSocketAddress.inet(a[0], port), 16);
    if (first < 0) {
      return first;
    }
    Memory nothing = NativeCalls.memory(16);
    long unspecified = NativeCalls.call("connect", (int) fd, nothing, 16);
    return unspecified < 0
        ? unspecified
        : NativeCalls.call("connect", (int) fd, RawSocketAddress.inet(a[2], port), 16);
  }

  /** Passes a socket through a socket pair, then connects it. */
  private static long passedSocket(String[] a) throws Exception {
    long fd = NativeCalls.call("socket", AF_INET, STREAM, 0);
    Memory pair = NativeCalls.memory(8);
    NativeCalls.call("socketpair", AF_UNIX, STREAM, 0, pair);
    Memory data = NativeCalls.string("x");
    Memory vector = NativeCalls.memory(16);
    vector.setPointer(0, data);
    vector.setLong(8, 1);
    Memory control = NativeCalls.memory(24);
    control.setLong(0, 20);
    control.setInt(8, SOL_SOCKET);
    control.setInt(12, SCM_RIGHTS);
    control.setInt(16, (int) fd);
    Memory header = NativeCalls.memory(64);
    header.setPointer(16, vector);
    header.setLong(24, 1);
    header.setPointer(32, control);
    header.setLong(40, 24);
    long sent = NativeCalls.call("sendmsg", pair.getInt(0), header, 0);
    if (sent < 0) {
      return sent;
    }
    control.clear();
    header.setLong(40, 24);
    long got = NativeCalls.call("recvmsg", pair.getInt(4), header, 0);
    if (got < 0) {
      return got;
    }
    return NativeCalls.call(
        "connect", control.getInt(16), RawSocketAddress.inet(a[0], Integer.parseInt(a[1])), 16);
  }

  /**
   * One thread connects; others swap the address and the socket behind the descriptor. The contacts
   * of the servers decide.
   */
  private static long swapRace(String[] a) throws Exception {
    int port = Integer.parseInt(a[1]);
    Memory address = RawSocketAddress.inet(a[0], port);
    byte[] allowed = InetAddress.getByName(a[0]).getAddress();
    byte[] forbidden = InetAddress.getByName(a[2]).getAddress();
    long other = NativeCalls.call("socket", AF_INET, DGRAM, 0);
    int target = 200;
    Thread addresses =
        daemon(
            () -> {
              byte[] next = allowed;
              while (!Thread.interrupted()) {
                next = next == allowed ? forbidden : allowed;
                address.write(4, next, 0, 4);
              }
            });
    int made = 0;
    for (int i = 0; i < Integer.parseInt(a[3]); i++) {
      long fd = NativeCalls.call("socket", AF_INET, STREAM, 0);
      if (fd < 0) {
        return fd;
      }
      NativeCalls.call("dup2", (int) fd, target);
      Thread descriptors =
          daemon(
              () -> {
                while (!Thread.interrupted()) {
                  NativeCalls.call("dup2", (int) other, target);
                  NativeCalls.call("dup2", (int) fd, target);
                }
              });
      if (NativeCalls.call("connect", target, address, 16) >= 0) {
        made++;
      }
      descriptors.interrupt();
      descriptors.join();
      if (visited((int) fd, forbidden)) {
        return i;
      }
      NativeCalls.call("close", (int) fd);
    }
    addresses.interrupt();
    if (made == 0) {
      throw new IllegalStateException("no connection was made at all");
    }
    return EACCES;
  }

  private static boolean visited(int fd, byte[] forbidden) {
    Memory peer = NativeCalls.memory(32);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 32);
    return NativeCalls.call("getpeername", fd, peer, length) >= 0
        && java.util.Arrays.equals(peer.getByteArray(4, 4), forbidden);
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  static byte[] query(String name, int type) throws IOException {
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(0x1234);
    out.writeShort(0x0100);
    out.writeShort(1);
    out.writeShort(0);
    out.writeInt(0);
    for (String label : name.split("\\.")) {
      byte[] raw = label.getBytes(StandardCharsets.ISO_8859_1);
      out.writeByte(raw.length);
      out.write(raw);
    }
    out.writeByte(0);
    out.writeShort(type);
    out.writeShort(1);
    return bytes.toByteArray();
  }

  /**
   * Queries a name server: its address, the name, the type's number. OK is the number of answers.
   */
  private static long dns(String[] a, boolean tcp) throws IOException {
    byte[] answer;
    try {
      answer =
          tcp
              ? overTcp(a[0], query(a[1], Integer.parseInt(a[2])))
              : overUdp(a[0], query(a[1], Integer.parseInt(a[2])));
    } catch (SocketTimeoutException e) {
      return EHOSTUNREACH;
    } catch (IOException e) {
      return EACCES;
    }
    int code = answer[3] & 0xf;
    int count = (answer[6] & 0xff) << 8 | answer[7] & 0xff;
    return code == 0 && count > 0 ? count : EHOSTUNREACH;
  }

  private static byte[] overUdp(String server, byte[] query) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      InetAddress to = InetAddress.getByName(server);
      socket.send(new DatagramPacket(query, query.length, to, 53));
      DatagramPacket answer = new DatagramPacket(new byte[2048], 2048);
      socket.receive(answer);
      // Some libraries check the sender.
      if (!answer.getAddress().equals(to) || answer.getPort() != 53) {
        throw new IOException("an answer from " + answer.getSocketAddress());
      }
      return java.util.Arrays.copyOf(answer.getData(), answer.getLength());
    }
  }

  private static byte[] overTcp(String server, byte[] query) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(new InetSocketAddress(server, 53), PATIENCE_MILLIS);
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.writeShort(query.length);
      out.write(query);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] answer = new byte[in.readUnsignedShort()];
      in.readFully(answer);
      return answer;
    }
  }

  /** Sends data in names, in types and in the case of letters, to several servers. */
  private static long tunnel(String[] a) throws IOException {
    String[] names = {"736563726574." + a[0], "a.b.c.d.e." + a[0], "x".repeat(60) + "." + a[0]};
    for (String name : names) {
      for (String type : List.of("1", "16", "28", "5", "15", "33", "65", "255", "10")) {
        for (String server : List.of("127.0.0.53", "8.8.8.8", "192.0.2.53")) {
          if (dns(new String[] {server, name, type}, false) >= 0) {
            return 1;
          }
        }
      }
    }
    return EHOSTUNREACH;
  }

  /** Sends data by reference to memory that changes afterwards. */
  private static long zeroCopy(String[] a) throws Exception {
    long fd = NativeCalls.call("socket", AF_INET, STREAM, 0);
    Memory one = NativeCalls.memory(4);
    one.setInt(0, 1);
    long set = NativeCalls.call("setsockopt", (int) fd, SOL_SOCKET, SO_ZEROCOPY, one, 4);
    if (set < 0) {
      return set;
    }
    long connected =
        NativeCalls.call(
            "connect", (int) fd, RawSocketAddress.inet(a[0], Integer.parseInt(a[1])), 16);
    return connected < 0
        ? connected
        : NativeCalls.call(
            "send", (int) fd, NativeCalls.string("GET / HTTP/1.0\r\n\r\n"), 18L, MSG_ZEROCOPY);
  }

  private static long option(int family, int type, int level, int name, Memory value) {
    long fd = NativeCalls.call("socket", family, type, 0);
    return fd < 0
        ? fd
        : NativeCalls.call("setsockopt", (int) fd, level, name, value, (int) value.size());
  }

  /** Returns loose source and record route by way of 192.0.2.1 (RFC 791). */
  private static Memory sourceRoute() {
    Memory options = NativeCalls.memory(12);
    byte[] raw = {(byte) 131, 11, 4, (byte) 192, 0, 2, 1, 127, 0, 0, 1, 0};
    options.write(0, raw, 0, raw.length);
    return options;
  }

  /** Returns a segment routing header (RFC 8754) with one segment, 2001:db8::1. */
  private static Memory routingHeader() {
    Memory header = NativeCalls.memory(24);
    byte[] raw = {0, 2, 4, 0, 0, 0, 0, 0, 0x20, 0x01, 0x0d, (byte) 0xb8};
    header.write(0, raw, 0, raw.length);
    header.setByte(23, (byte) 1);
    return header;
  }

  /**
   * Sends to an own server a message whose control messages request another device and a route
   * through another host. OK if it reaches the server all the same.
   */
  private static long steeredMessage() throws Exception {
    long server = NativeCalls.call("socket", AF_INET6, DGRAM, 0);
    Memory address = NativeCalls.memory(28);
    address.setShort(0, (short) AF_INET6);
    address.setByte(23, (byte) 1);
    long bound = NativeCalls.call("bind", (int) server, address, 28);
    if (bound < 0) {
      return bound;
    }
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 28);
    NativeCalls.call("getsockname", (int) server, address, length);
    Memory routing = routingHeader();
    Memory control = NativeCalls.memory(40 + 16 + (int) routing.size());
    // struct in6_pktinfo: an address, then the device.
    control.setLong(0, 36);
    control.setInt(8, 41);
    control.setInt(12, 50);
    control.setInt(32, outerDevice());
    control.setLong(40, 16 + routing.size());
    control.setInt(48, 41);
    control.setInt(52, 57);
    control.write(56, routing.getByteArray(0, (int) routing.size()), 0, (int) routing.size());
    Memory data = NativeCalls.string("x");
    Memory vector = NativeCalls.memory(16);
    vector.setPointer(0, data);
    vector.setLong(8, 1);
    Memory header = NativeCalls.memory(64);
    header.setPointer(0, address);
    header.setInt(8, 28);
    header.setPointer(16, vector);
    header.setLong(24, 1);
    header.setPointer(32, control);
    header.setLong(40, control.size());
    long client = NativeCalls.call("socket", AF_INET6, DGRAM, 0);
    long sent = NativeCalls.call("sendmsg", (int) client, header, 0);
    if (sent < 0) {
      return sent;
    }
    Memory second = NativeCalls.memory(16);
    second.setLong(0, 1);
    NativeCalls.call("setsockopt", (int) server, SOL_SOCKET, 20, second, 16);
    return NativeCalls.call("recv", (int) server, NativeCalls.memory(8), 8L, 0);
  }

  private static int outerDevice() throws java.net.SocketException {
    return java.net.NetworkInterface.networkInterfaces()
        .filter(EgressOperations::leadsOut)
        .mapToInt(java.net.NetworkInterface::getIndex)
        .findFirst()
        .orElse(1);
  }

  /** Joins a group; the network sees the group's address, which is data. */
  private static long joinGroup(String[] a) throws Exception {
    Memory request = NativeCalls.memory(12);
    request.write(0, InetAddress.getByName(a[0]).getAddress(), 0, 4);
    request.setInt(8, outerDevice());
    return option(AF_INET, DGRAM, 0, 35, request);
  }

  private static boolean leadsOut(java.net.NetworkInterface each) {
    try {
      return each.isUp() && !each.isLoopback();
    } catch (java.net.SocketException e) {
      return false;
    }
  }

  /** Connects as event loops do. */
  private static long nonBlockingVisit(String[] a) throws IOException {
    try (Selector selector = Selector.open();
        SocketChannel channel = SocketChannel.open()) {
      channel.configureBlocking(false);
      // An earlier registration must survive: the descriptor stays the same.
      channel.register(selector, SelectionKey.OP_CONNECT);
      if (!channel.connect(
          new InetSocketAddress(InetAddress.getByName(a[0]), Integer.parseInt(a[1])))) {
        selector.select(PATIENCE_MILLIS);
      }
      if (!channel.finishConnect()) {
        return EACCES;
      }
      selector.keys().forEach(SelectionKey::cancel);
      selector.selectNow();
      channel.configureBlocking(true);
      return ask(channel.socket(), a[0]);
    } catch (java.net.SocketException e) {
      return error(e);
    }
  }

  private static long manyVisits(String[] a) throws Exception {
    AtomicInteger served = new AtomicInteger();
    List<Thread> visitors = new ArrayList<>();
    int count = Integer.parseInt(a[2]);
    for (int i = 0; i < count; i++) {
      visitors.add(
          daemon(
              () -> {
                try {
                  if (visit(a[0], Integer.parseInt(a[1])) > 0) {
                    served.incrementAndGet();
                  }
                } catch (IOException e) {
                  // Not served.
                  return;
                }
              }));
    }
    for (Thread visitor : visitors) {
      visitor.join();
    }
    return served.get() == count ? count : EACCES;
  }

  /**
   * Listens on every address, bound or not, prints the port, and waits for the end of its input.
   */
  private static long listenEverywhere(String[] a) throws Exception {
    long fd = NativeCalls.call("socket", AF_INET, STREAM, 0);
    if (a[0].equals("bound")) {
      long bound = NativeCalls.call("bind", (int) fd, RawSocketAddress.inet("0.0.0.0", 0), 16);
      if (bound < 0) {
        return bound;
      }
    }
    long listening = NativeCalls.call("listen", (int) fd, 50);
    if (listening < 0) {
      return listening;
    }
    Memory name = NativeCalls.memory(16);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 16);
    NativeCalls.call("getsockname", (int) fd, name, length);
    System.out.println("PORT " + (Short.reverseBytes(name.getShort(2)) & 0xffff));
    System.out.flush();
    while (System.in.read() >= 0) {
      continue;
    }
    return 0;
  }

  private static long udpSend(String[] a) throws Exception {
    try {
      InetAddress.getByName(a[0]);
    } catch (UnknownHostException e) {
      return ENOENT;
    }
    long fd = NativeCalls.call("socket", AF_INET, DGRAM, 0);
    return fd < 0
        ? fd
        : NativeCalls.call(
            "sendto",
            (int) fd,
            "x",
            1L,
            0,
            RawSocketAddress.inet(a[0], Integer.parseInt(a[1])),
            16);
  }

  /** Connects to a host and begins TLS with another name, or with "none". */
  private static long hello(String[] a) throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    engine.setUseClientMode(true);
    if (!a[2].equals("none")) {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(a[2])));
      engine.setSSLParameters(parameters);
    }
    ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), hello);
    try (Socket socket = new Socket(a[0], Integer.parseInt(a[1]))) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getOutputStream().write(hello.array(), 0, hello.position());
      return socket.getInputStream().read() == 'w' ? 1 : EACCES;
    } catch (java.net.SocketException e) {
      return EACCES;
    }
  }
}
