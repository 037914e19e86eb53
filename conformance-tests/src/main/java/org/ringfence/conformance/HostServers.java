package org.ringfence.conformance;

import com.sun.jna.Memory;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.ringfence.conformance.probe.LibC;
import org.ringfence.conformance.probe.SocketAddress;

/** Servers outside the sandbox, on loopback and on unix sockets; they count who comes. */
final class HostServers implements AutoCloseable {
  private static final int AF_UNIX = 1;
  // linux/net.h; fcntl.h
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int F_SETFD = 2;
  private static final int FD_CLOEXEC = 1;
  private static final int BACKLOG = 128;
  private static final int PATIENCE_MILLIS = 3_000;

  private final AtomicLong contacts = new AtomicLong();
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
    receiving(nativeServer(unixDatagramPath.toString(), 2));
    this.abstractName = "ringfence-conformance-" + System.nanoTime();
    if (LibC.LINUX) {
      nativeServer("\0" + abstractName, 1);
    }
  }

  static HostServers start(Path directory) throws IOException {
    return new HostServers(directory);
  }

  private ServerSocketChannel accepting(ServerSocketChannel server) {
    open.add(server);
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

  private DatagramChannel receiving(DatagramChannel server) {
    open.add(server);
    daemon(
        () -> {
          ByteBuffer buffer = ByteBuffer.allocate(2048);
          while (true) {
            server.receive(buffer.clear());
            contacts.incrementAndGet();
          }
        });
    return server;
  }

  /** Java has no unix datagram sockets. */
  private void receiving(int fd) {
    daemon(
        () -> {
          Memory buffer = LibC.memory(256);
          while (LibC.call("recv", fd, buffer, 256L, 0) >= 0) {
            contacts.incrementAndGet();
          }
        });
  }

  private int nativeServer(String path, int type) throws IOException {
    Memory address = SocketAddress.unix(path);
    // No command may inherit it.
    int fd = (int) LibC.call("socket", AF_UNIX, type | (LibC.LINUX ? SOCK_CLOEXEC : 0), 0);
    if (!LibC.LINUX) {
      LibC.call("fcntl", fd, F_SETFD, FD_CLOEXEC);
    }
    open.add(() -> LibC.call("shutdown", fd, 2));
    open.add(() -> LibC.call("close", fd));
    long bound = LibC.call("bind", fd, address, (int) address.size());
    if (bound < 0 || (type == 1 && LibC.call("listen", fd, BACKLOG) < 0)) {
      throw new IOException("unix socket " + path + ": " + LibC.errorName((int) -bound));
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

  /** An address of this machine that is not loopback; loopback's when there is none. */
  static String outsideAddress() throws IOException {
    return java.net.NetworkInterface.networkInterfaces()
        .flatMap(java.net.NetworkInterface::inetAddresses)
        .filter(address -> address instanceof java.net.Inet4Address)
        .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
        .map(InetAddress::getHostAddress)
        .findFirst()
        .orElse("no address but loopback");
  }

  /** Whether a connection to a server can be made. */
  static boolean answers(String host, int port) {
    try (java.net.Socket socket = new java.net.Socket()) {
      socket.connect(new InetSocketAddress(host, port), PATIENCE_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** What a server on loopback says. */
  static String greeting(int port) {
    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      return new String(
          socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  /** A port that nobody has just now. */
  static int freePort() throws IOException {
    try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  long contacts() {
    return contacts.get();
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

  /** Of a server that lets others bind its port, too. */
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
