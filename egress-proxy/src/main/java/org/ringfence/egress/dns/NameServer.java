package org.ringfence.egress.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A DNS server on loopback, over UDP and TCP, for one sandbox. */
public final class NameServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NameServer.class);
  private static final int MOST_AT_ONCE = 64;
  private static final int IDLE_MILLIS = 10_000;
  private static final int LARGEST_QUERY = 4096;
  private static final String V6_LOOPBACK = "::1";

  private final AllowlistResolver resolver;
  private final ThreadPoolExecutor workers;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final InetSocketAddress udp4;
  private final InetSocketAddress tcp4;
  private final InetSocketAddress udp6;
  private final InetSocketAddress tcp6;

  /**
   * Starts a server.
   *
   * @param resolver answers the questions
   * @throws IOException if no port is free
   */
  public NameServer(AllowlistResolver resolver) throws IOException {
    this.resolver = resolver;
    this.workers =
        new ThreadPoolExecutor(
            0,
            MOST_AT_ONCE,
            IDLE_MILLIS,
            TimeUnit.MILLISECONDS,
            new SynchronousQueue<>(),
            task -> daemon(task, "ringfence-dns"));
    boolean done = false;
    try {
      InetAddress v4 = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
      this.udp4 = datagrams(v4);
      this.tcp4 = streams(v4);
      Optional<InetSocketAddress> udp =
          ifThere(() -> datagrams(InetAddress.getByName(V6_LOOPBACK)));
      this.udp6 = udp.orElse(null);
      this.tcp6 =
          udp.isEmpty()
              ? null
              : ifThere(() -> streams(InetAddress.getByName(V6_LOOPBACK))).orElse(null);
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private interface Opening {
    InetSocketAddress open() throws IOException;
  }

  private static Optional<InetSocketAddress> ifThere(Opening opening) {
    try {
      return Optional.of(opening.open());
    } catch (IOException e) {
      LOG.debug("no IPv6 loopback", e);
      return Optional.empty();
    }
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private InetSocketAddress datagrams(InetAddress address) throws IOException {
    DatagramChannel channel =
        DatagramChannel.open(
            address.getAddress().length == 4
                ? java.net.StandardProtocolFamily.INET
                : java.net.StandardProtocolFamily.INET6);
    open.add(channel);
    channel.bind(new InetSocketAddress(address, 0));
    daemon(() -> receive(channel), "ringfence-dns-udp").start();
    return (InetSocketAddress) channel.getLocalAddress();
  }

  private InetSocketAddress streams(InetAddress address) throws IOException {
    ServerSocket server = new ServerSocket(0, MOST_AT_ONCE, address);
    open.add(server);
    daemon(() -> accept(server), "ringfence-dns-tcp").start();
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /**
   * Returns the address that the server listens on.
   *
   * @param tcp the protocol
   * @param v6 whether the IPv6 address is wanted
   * @return the address; the IPv4 one when there is no IPv6
   */
  public InetSocketAddress address(boolean tcp, boolean v6) {
    InetSocketAddress wanted = tcp ? (v6 ? tcp6 : tcp4) : (v6 ? udp6 : udp4);
    return wanted == null ? (tcp ? tcp4 : udp4) : wanted;
  }

  private void receive(DatagramChannel channel) {
    ByteBuffer buffer = ByteBuffer.allocate(LARGEST_QUERY);
    while (channel.isOpen()) {
      try {
        SocketAddress from = channel.receive(buffer.clear());
        byte[] query = new byte[buffer.flip().remaining()];
        buffer.get(query);
        workers.execute(() -> answer(channel, from, query));
      } catch (RejectedExecutionException e) {
        // Too many at once: a client asks again.
        continue;
      } catch (IOException e) {
        LOG.debug("name server", e);
      }
    }
  }

  private void answer(DatagramChannel channel, SocketAddress to, byte[] query) {
    byte[] answer = resolver.answer(query, false);
    if (answer.length == 0) {
      return;
    }
    try {
      channel.send(ByteBuffer.wrap(answer), to);
    } catch (IOException e) {
      LOG.debug("name server", e);
    }
  }

  private void accept(ServerSocket server) {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        try {
          workers.execute(() -> serve(client));
        } catch (RejectedExecutionException e) {
          client.close();
        }
      } catch (IOException e) {
        LOG.debug("name server", e);
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setSoTimeout(IDLE_MILLIS);
      DataInputStream in = new DataInputStream(client.getInputStream());
      DataOutputStream out = new DataOutputStream(client.getOutputStream());
      while (true) {
        byte[] query = new byte[in.readUnsignedShort()];
        in.readFully(query);
        byte[] answer = resolver.answer(query, true);
        if (answer.length == 0) {
          return;
        }
        byte[] framed = new byte[answer.length + 2];
        framed[0] = (byte) (answer.length >> 8);
        framed[1] = (byte) answer.length;
        System.arraycopy(answer, 0, framed, 2, answer.length);
        out.write(framed);
        out.flush();
      }
    } catch (IOException e) {
      LOG.trace("a client of the name server has gone", e);
    }
  }

  /** Ends the server, without answering pending questions. */
  @Override
  public void close() {
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (Exception e) {
        LOG.debug("name server", e);
      }
    }
    workers.shutdownNow();
  }
}
