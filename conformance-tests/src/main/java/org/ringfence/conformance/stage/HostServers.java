package org.ringfence.conformance.stage;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.probe.RawSocketAddress;

/** Servers outside the sandbox, on loopback and on unix sockets; they count contacts. */
public final class HostServers implements AutoCloseable {
  private static final int AF_UNIX = 1;
  // linux/net.h; fcntl.h
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int F_SETFD = 2;
  private static final int STREAM = 1;
  private static final int DATAGRAM = 2;
  // linux/socket.h: MSG_DONTWAIT, so that a full queue is detected again.
  private static final int DONT_WAIT = NativeCalls.LINUX ? 0x40 : 0x80;
  private static final int FD_CLOEXEC = 1;
  private static final int BACKLOG = 128;
  private static final int PATIENCE_MILLIS = 3_000;

  private static final Duration ARRIVAL = Duration.ofSeconds(10);
  private static final int RESEND_MILLIS = 100;

  private final AtomicLong contacts = new AtomicLong();
  private final List<Visit> visits = new ArrayList<>();
  private final byte[] mark = new byte[16];
  private long ownContacts;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final ServerSocketChannel tcp4;
  private final ServerSocketChannel tcp6;
  private final DatagramChannel udp4;
  private final DatagramChannel udp6;
  private final DatagramChannel udpShared;
  private final Path unixPath;
  private final Path unixDatagramPath;
  private final String abstractName;

  private HostServers(Path directory) throws IOException {
    ThreadLocalRandom.current().nextBytes(mark);
    InetAddress v4 = InetAddress.getByName("127.0.0.1");
    InetAddress v6 = InetAddress.getByName("::1");
    this.tcp4 = accepting(ServerSocketChannel.open().bind(new InetSocketAddress(v4, 0), BACKLOG));
    this.tcp6 = accepting(ServerSocketChannel.open().bind(new InetSocketAddress(v6, 0), BACKLOG));
    this.udp4 = receiving(DatagramChannel.open().bind(new InetSocketAddress(v4, 0)));
    this.udp6 = receiving(DatagramChannel.open().bind(new InetSocketAddress(v6, 0)));
    this.udpShared =
        receiving(
            DatagramChannel.open()
                .setOption(StandardSocketOptions.SO_REUSEADDR, true)
                .bind(new InetSocketAddress(v4, 0)));
    this.unixPath = directory.resolve("stream");
    accepting(
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            .bind(UnixDomainSocketAddress.of(unixPath)));
    this.unixDatagramPath = directory.resolve("datagram");
    receiving(nativeServer(unixDatagramPath.toString(), DATAGRAM), unixDatagramPath);
    this.abstractName = "ringfence-conformance-" + System.nanoTime();
    if (NativeCalls.LINUX) {
      accepting(nativeServer("\0" + abstractName, STREAM), "\0" + abstractName);
    }
  }

  static HostServers start(Path directory) throws IOException {
    return new HostServers(directory);
  }

  /** A visit by this process: it ends when the server has counted all earlier contacts. */
  @FunctionalInterface
  private interface Visit {
    void pay() throws IOException, InterruptedException;
  }

  private ServerSocketChannel accepting(ServerSocketChannel server) throws IOException {
    open.add(server);
    java.net.SocketAddress address = server.getLocalAddress();
    visits.add(
        () -> {
          try (SocketChannel client = SocketChannel.open(address)) {
            // The end comes after the server has counted.
            client.read(ByteBuffer.allocate(1));
          }
          ownContacts++;
        });
    daemon(
        () -> {
          while (true) {
            try (SocketChannel client = server.accept()) {
              contacts.incrementAndGet();
            }
          }
        });
    return server;
  }

  private DatagramChannel receiving(DatagramChannel server) throws IOException {
    open.add(server);
    java.net.SocketAddress address = server.getLocalAddress();
    Marks marks =
        new Marks(
            bytes -> {
              try (DatagramChannel client = DatagramChannel.open()) {
                client.send(ByteBuffer.wrap(bytes), address);
              }
            });
    daemon(
        () -> {
          ByteBuffer buffer = ByteBuffer.allocate(2048);
          while (true) {
            server.receive(buffer.clear());
            marks.received(buffer.flip());
          }
        });
    return server;
  }

  @FunctionalInterface
  private interface Sending {
    void send(byte[] bytes) throws IOException;
  }

  /** Marks the datagrams of this process; the server counts all others. */
  private final class Marks {
    private final Sending sending;
    private final BlockingQueue<Long> arrived = new LinkedBlockingQueue<>();
    private long number;

    private Marks(Sending sending) {
      this.sending = sending;
      visits.add(this::pay);
    }

    private void received(ByteBuffer datagram) {
      if (datagram.remaining() == mark.length + Long.BYTES
          && datagram.slice(0, mark.length).equals(ByteBuffer.wrap(mark))) {
        arrived.add(datagram.getLong(mark.length));
      } else {
        contacts.incrementAndGet();
      }
    }

    private void pay() throws IOException, InterruptedException {
      long wanted = ++number;
      byte[] bytes =
          ByteBuffer.allocate(mark.length + Long.BYTES).put(mark).putLong(wanted).array();
      if (!Patience.forProcesses(ARRIVAL).until(() -> arrives(bytes, wanted))) {
        throw new IOException("a datagram of the suite's own does not reach its server");
      }
    }

    /** Sends a datagram until it arrives: a full queue drops it. */
    private boolean arrives(byte[] bytes, long wanted) throws IOException, InterruptedException {
      sending.send(bytes);
      Long got = 0L;
      while (got != null && got < wanted) {
        got = arrived.poll(RESEND_MILLIS, TimeUnit.MILLISECONDS);
      }
      return got != null;
    }
  }

  /** Receives datagrams natively: Java has no unix datagram sockets. */
  private void receiving(int fd, Path path) {
    Marks marks = new Marks(bytes -> sendTo(path, bytes));
    daemon(
        () -> {
          Memory buffer = NativeCalls.memory(256);
          for (int length = received(fd, buffer); length >= 0; length = received(fd, buffer)) {
            marks.received(ByteBuffer.wrap(buffer.getByteArray(0, length)));
          }
        });
  }

  private static int received(int fd, Memory buffer) {
    return (int) NativeCalls.call("recv", fd, buffer, buffer.size(), 0);
  }

  private static int unixSocket(int type) throws IOException {
    // No command may inherit it.
    int fd =
        (int) NativeCalls.call("socket", AF_UNIX, type | (NativeCalls.LINUX ? SOCK_CLOEXEC : 0), 0);
    if (!NativeCalls.LINUX) {
      NativeCalls.call("fcntl", fd, F_SETFD, FD_CLOEXEC);
    }
    if (fd < 0) {
      throw new IOException("unix socket: " + NativeCalls.errorName(-fd));
    }
    return fd;
  }

  static void sendTo(Path path, byte[] bytes) throws IOException {
    Memory address = RawSocketAddress.unix(path.toString());
    Memory data = NativeCalls.memory(bytes.length);
    data.write(0, bytes, 0, bytes.length);
    int client = unixSocket(DATAGRAM);
    try {
      NativeCalls.call(
          "sendto", client, data, data.size(), DONT_WAIT, address, (int) address.size());
    } finally {
      NativeCalls.call("close", client);
    }
  }

  /** Accepts connections natively: Java has no abstract names. */
  private void accepting(int fd, String name) {
    daemon(
        () -> {
          for (long one = accepted(fd); one >= 0; one = accepted(fd)) {
            contacts.incrementAndGet();
            NativeCalls.call("close", (int) one);
          }
        });
    visits.add(
        () -> {
          Memory address = RawSocketAddress.unix(name);
          int client = unixSocket(STREAM);
          try {
            long connected = NativeCalls.call("connect", client, address, (int) address.size());
            if (connected < 0) {
              throw new IOException("abstract socket: " + NativeCalls.errorName((int) -connected));
            }
            received(client, NativeCalls.memory(1));
          } finally {
            NativeCalls.call("close", client);
          }
          ownContacts++;
        });
  }

  private static long accepted(int fd) {
    return NativeCalls.call("accept4", fd, Pointer.NULL, Pointer.NULL, SOCK_CLOEXEC);
  }

  private int nativeServer(String path, int type) throws IOException {
    Memory address = RawSocketAddress.unix(path);
    int fd = unixSocket(type);
    open.add(() -> NativeCalls.call("shutdown", fd, 2));
    open.add(() -> NativeCalls.call("close", fd));
    long bound = NativeCalls.call("bind", fd, address, (int) address.size());
    if (bound < 0 || (type == STREAM && NativeCalls.call("listen", fd, BACKLOG) < 0)) {
      throw new IOException("unix socket " + path + ": " + NativeCalls.errorName((int) -bound));
    }
    return fd;
  }

  private interface Loop {
    void run() throws IOException;
  }

  private static void daemon(Loop loop) {
    Thread thread =
        new Thread(
            () -> {
              try {
                loop.run();
              } catch (ClosedChannelException e) {
                // The fixture is closing.
                return;
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            },
            "host-server");
    thread.setDaemon(true);
    thread.start();
  }

  /** Returns an address of this machine that is not loopback; loopback's when there is none. */
  public static String outsideAddress() throws IOException {
    return java.net.NetworkInterface.networkInterfaces()
        .flatMap(java.net.NetworkInterface::inetAddresses)
        .filter(address -> address instanceof java.net.Inet4Address)
        .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
        .map(InetAddress::getHostAddress)
        .findFirst()
        .orElse("no address but loopback");
  }

  /** Returns whether a connection to a server succeeds. */
  public static boolean answers(String host, int port) {
    try (java.net.Socket socket = new java.net.Socket()) {
      socket.connect(new InetSocketAddress(host, port), PATIENCE_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the greeting of a server on loopback. */
  public static String greeting(int port) {
    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      return new String(
          socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  /** Returns a port that is free now. */
  public static int freePort() throws IOException {
    try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /**
   * Counts the contacts. A visit of this process to each server comes first: an earlier contact
   * that is still in a queue is counted, too.
   */
  long contacts() throws IOException, InterruptedException {
    for (Visit visit : visits) {
      visit.pay();
    }
    return contacts.get() - ownContacts;
  }

  int tcp4Port() {
    return tcp4.socket().getLocalPort();
  }

  int tcp6Port() {
    return tcp6.socket().getLocalPort();
  }

  int udp4Port() {
    return udp4.socket().getLocalPort();
  }

  int udp6Port() {
    return udp6.socket().getLocalPort();
  }

  /** Returns the port of a server that lets others bind it, too. */
  int udpSharedPort() {
    return udpShared.socket().getLocalPort();
  }

  Path unixPath() {
    return unixPath;
  }

  Path unixDatagramPath() {
    return unixDatagramPath;
  }

  String abstractName() {
    return abstractName;
  }

  @Override
  public void close() throws IOException {
    for (AutoCloseable one : open) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }
}
