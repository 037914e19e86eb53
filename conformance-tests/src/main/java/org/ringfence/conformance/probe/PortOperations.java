package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/** Ports of loopback that change hands. */
final class PortOperations {
  private static final int AF_INET = 2;
  private static final int STREAM = 1;
  private static final int DGRAM = 2;
  private static final int NON_BLOCKING = 0x800;
  private static final int SOL_SOCKET = 1;
  private static final int SO_REUSEADDR = 2;
  private static final int SO_REUSEPORT = 15;
  private static final short POLLOUT = 4;
  private static final int CLIENTS = 6;
  private static final int BACKLOG = 64;
  // The kernel repeats an unanswered connection request after one second, and after two more.
  private static final int RETRIES_MILLIS = 3_500;
  private static final long PATIENCE_MILLIS = 20_000;
  private static final int REPLY_MILLIS = 5_000;

  private PortOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("waiting-connection", PortOperations::waitingConnection);
    all.put("stale-datagrams", PortOperations::staleDatagrams);
    all.put("share-port", PortOperations::sharePort);
    all.put("own-restart", a -> ownRestart());
  }

  private static int bound(int type, String host, int port) throws IOException {
    NativeCalls.onlyLinux("ports that are shared in its ways");
    int fd = (int) NativeCalls.call("socket", RawSocketAddress.family(host), type, 0);
    if (fd < 0) {
      return fd;
    }
    Memory one = NativeCalls.memory(4);
    one.setInt(0, 1);
    NativeCalls.call("setsockopt", fd, SOL_SOCKET, SO_REUSEADDR, one, 4);
    NativeCalls.call("setsockopt", fd, SOL_SOCKET, SO_REUSEPORT, one, 4);
    Memory address = RawSocketAddress.inet(host, port);
    long result = NativeCalls.call("bind", fd, address, (int) address.size());
    return result < 0 ? (int) result : fd;
  }

  private static int port(int fd) {
    Memory address = NativeCalls.memory(32);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 32);
    NativeCalls.call("getsockname", fd, address, length);
    return Short.reverseBytes(address.getShort(2)) & 0xffff;
  }

  /** Reports which port is free now, and waits until another process has it. */
  private static void handOver(String[] files, int port) throws Exception {
    Path part = Path.of(files[0] + ".part");
    Files.writeString(part, Integer.toString(port));
    Files.move(part, Path.of(files[0]), StandardCopyOption.ATOMIC_MOVE);
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (!Files.exists(Path.of(files[1])) && System.nanoTime() - end < 0) {
      Thread.sleep(20);
    }
  }

  /** Returns how many connections that waited for a server of this probe reached another. */
  private static long waitingConnection(String[] files) throws Exception {
    int server = bound(STREAM, "127.0.0.1", 0);
    if (server < 0 || NativeCalls.call("listen", server, 0) < 0) {
      return -13;
    }
    int port = port(server);
    Memory address = RawSocketAddress.inet("127.0.0.1", port);
    int[] clients = new int[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
      clients[i] = (int) NativeCalls.call("socket", AF_INET, STREAM | NON_BLOCKING, 0);
      NativeCalls.call("connect", clients[i], address, 16);
    }
    NativeCalls.call("close", server);
    handOver(files, port);
    long end = System.nanoTime() + RETRIES_MILLIS * 1_000_000L;
    long made = 0;
    for (int client : clients) {
      Memory poll = NativeCalls.memory(8);
      poll.setInt(0, client);
      poll.setShort(4, POLLOUT);
      int left = (int) Math.max(0, (end - System.nanoTime()) / 1_000_000);
      NativeCalls.call("poll", poll, 1L, left);
      made += NativeCalls.call("send", client, "x", 1L, 0x4000) == 1 ? 1 : 0;
    }
    return made == 0 ? -13 : made;
  }

  /** Returns how much data goes out on a socket that was connected to a server of this probe. */
  private static long staleDatagrams(String[] files) throws Exception {
    int server = bound(DGRAM, "127.0.0.1", 0);
    if (server < 0) {
      return server;
    }
    int port = port(server);
    int client = (int) NativeCalls.call("socket", AF_INET, DGRAM, 0);
    long connected =
        NativeCalls.call("connect", client, RawSocketAddress.inet("127.0.0.1", port), 16);
    NativeCalls.call("close", server);
    handOver(files, port);
    return connected < 0 ? connected : NativeCalls.call("send", client, "x", 1L, 0);
  }

  /**
   * Binds a port that another process has, in every way that shares it, and counts the data that
   * arrives until the test ends it.
   */
  private static long sharePort(String[] a) throws Exception {
    boolean tcp = a[0].equals("tcp");
    int port = Integer.parseInt(a[2]);
    int fd = bound((tcp ? STREAM : DGRAM) | NON_BLOCKING, a[1], port);
    long listens = fd < 0 || !tcp ? fd : NativeCalls.call("listen", fd, BACKLOG);
    if (listens < 0) {
      return listens;
    }
    handOver(new String[] {a[3], a[4]}, port);
    Memory buffer = NativeCalls.memory(16);
    long come = 0;
    while ((tcp
            ? NativeCalls.call("accept", fd, null, null)
            : NativeCalls.call("recv", fd, buffer, 16L, 0))
        >= 0) {
      come++;
    }
    return come;
  }

  /** Restarts servers on their former port. */
  private static long ownRestart() throws Exception {
    try {
      return tcpAgain() + udpAgain();
    } catch (java.net.SocketException e) {
      return -13;
    }
  }

  private static long tcpAgain() throws IOException {
    int port = 0;
    for (String host : new String[] {"::", "127.0.0.1"}) {
      try (ServerSocket server = new ServerSocket()) {
        server.setReuseAddress(true);
        server.bind(new InetSocketAddress(host, port));
        port = server.getLocalPort();
        for (String from : new String[] {"127.0.0.1", host.equals("::") ? "::1" : "127.0.0.1"}) {
          try (Socket client = new Socket(from, port)) {
            server.accept().close();
            client.getInputStream().read();
          }
        }
      }
    }
    return 1;
  }

  private static long udpAgain() throws IOException {
    int port = 0;
    for (int i = 0; i < 2; i++) {
      InetAddress host = InetAddress.getByName("127.0.0.1");
      try (DatagramSocket server = new DatagramSocket(port, host);
          DatagramSocket client = new DatagramSocket()) {
        port = server.getLocalPort();
        server.setSoTimeout(REPLY_MILLIS);
        client.setSoTimeout(REPLY_MILLIS);
        client.connect(host, port);
        DatagramPacket packet = new DatagramPacket(new byte[1], 1);
        client.send(packet);
        server.receive(packet);
        server.send(packet);
        client.receive(packet);
      }
    }
    return 1;
  }
}
