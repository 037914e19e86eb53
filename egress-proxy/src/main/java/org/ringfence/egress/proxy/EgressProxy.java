package org.ringfence.egress.proxy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.decision.Clients;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;

/**
 * An egress proxy on a loopback port, for one sandbox: HTTP CONNECT, HTTP/1.1 in absolute form, and
 * SOCKS5.
 */
public final class EgressProxy implements AutoCloseable {
  private static final int BACKLOG = 1024;
  private static final int SOCKS_5 = 5;
  private static final int MOST_WAITING_THREADS = 64;
  private static final int MOST_WAITING = 16_384;
  private static final int MOST_LOOPS = 4;
  private static final int LONGEST_LINE = 16 * 1024;
  private static final int LARGEST_HEADERS = 64 * 1024;
  private static final int CHUNK = 64 * 1024;
  private static final int MOST_PAIRS = 16;
  private static final InetAddress IP4 = loopback((byte) 127, (byte) 0, (byte) 0, (byte) 1);
  private static final InetAddress IP6 =
      loopback(ByteBuffer.allocate(16).put(15, (byte) 1).array());

  private final ProxySettings settings;
  private final MultiThreadIoEventLoopGroup group;
  private final ThreadPoolExecutor waiting;
  private final Channel server;
  private final Optional<Channel> serverOfIp6;
  private final Channel relay;

  /**
   * Starts a proxy.
   *
   * @param decisions the decisions on hosts
   * @param lookup looks allowed names up
   * @param settings the settings
   * @param clients the announced connections, which need no credentials
   * @throws IOException if no port is free
   */
  public EgressProxy(
      HostDecisions decisions, AddressLookup lookup, ProxySettings settings, Clients clients)
      throws IOException {
    this(decisions, lookup, settings, clients, List.of(0), Families.IP4);
  }

  /** The loopback addresses of a proxy. */
  public enum Families {
    /** 127.0.0.1. */
    IP4,
    /**
     * 127.0.0.1 and, where this machine has it, ::1, at the same port: for systems whose sandbox
     * does not let a socket of both families connect to 127.0.0.1, as a JVM does.
     */
    BOTH
  }

  /**
   * Starts a proxy on a port that stays open to clients when all others are closed.
   *
   * @param decisions the decisions on hosts
   * @param lookup looks allowed names up
   * @param settings the settings
   * @param clients the announced connections, which need no credentials
   * @param ports the candidate ports; the proxy takes the first free one
   * @param families the addresses to listen on
   * @throws IOException if none of them is free
   */
  public EgressProxy(
      HostDecisions decisions,
      AddressLookup lookup,
      ProxySettings settings,
      Clients clients,
      Collection<Integer> ports,
      Families families)
      throws IOException {
    this.settings = settings;
    this.waiting =
        new ThreadPoolExecutor(
            MOST_WAITING_THREADS,
            MOST_WAITING_THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING),
            task -> daemon(task, "ringfence-proxy-waiting"));
    waiting.allowCoreThreadTimeOut(true);
    Connector connector = new Connector(decisions, lookup, settings, waiting);
    int loops = Math.min(MOST_LOOPS, Runtime.getRuntime().availableProcessors());
    this.group =
        new MultiThreadIoEventLoopGroup(
            loops,
            (ThreadFactory) task -> daemon(task, "ringfence-proxy"),
            NioIoHandler.newFactory());
    try {
      Supplier<ChannelHandler> greeting = () -> new Greeting(connector, clients);
      List<Channel> servers =
          families == Families.BOTH && NetworkInterface.getByInetAddress(IP6) != null
              ? listenOnBoth(greeting, ports)
              : List.of(listen(greeting, ports));
      this.server = servers.get(0);
      this.serverOfIp6 = servers.stream().skip(1).findFirst();
      this.relay = listen(() -> new RelayFrontend(connector, settings, clients), List.of(0));
    } catch (RuntimeException e) {
      close();
      throw new IOException("egress proxy: " + e.getMessage(), e);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private Channel listen(Supplier<ChannelHandler> handler, Collection<Integer> ports)
      throws IOException {
    IOException taken = new IOException("egress proxy: no port is free of " + ports);
    for (int port : ports) {
      ChannelFuture bound = bind(handler, IP4, port).awaitUninterruptibly();
      if (bound.isSuccess()) {
        return bound.channel();
      }
      taken.addSuppressed(bound.cause());
    }
    throw taken;
  }

  /**
   * Binds one port of both addresses: another program may have the second address of a free one.
   */
  private List<Channel> listenOnBoth(Supplier<ChannelHandler> handler, Collection<Integer> ports)
      throws IOException {
    List<Integer> tries = new ArrayList<>(ports);
    if (ports.contains(0)) {
      tries.addAll(Collections.nCopies(MOST_PAIRS, 0));
    }
    IOException taken = new IOException("egress proxy: no port is free on both addresses");
    for (int port : tries) {
      ChannelFuture first = bind(handler, IP4, port).awaitUninterruptibly();
      if (!first.isSuccess()) {
        taken.addSuppressed(first.cause());
        continue;
      }
      int same = ((InetSocketAddress) first.channel().localAddress()).getPort();
      ChannelFuture second = bind(handler, IP6, same).awaitUninterruptibly();
      if (second.isSuccess()) {
        return List.of(first.channel(), second.channel());
      }
      first.channel().close().awaitUninterruptibly();
      taken.addSuppressed(second.cause());
    }
    throw taken;
  }

  private ChannelFuture bind(Supplier<ChannelHandler> handler, InetAddress address, int port) {
    return new ServerBootstrap()
        .group(group)
        .channel(NioServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, BACKLOG)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.RECVBUF_ALLOCATOR, Connector.READS)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childHandler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(handler.get());
              }
            })
        .bind(address, port);
  }

  private static InetAddress loopback(byte... bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Tells HTTP from SOCKS by the first byte. */
  private final class Greeting extends ByteToMessageDecoder {
    private final Connector connector;
    private final Clients clients;

    private Greeting(Connector connector, Clients clients) {
      this.connector = connector;
      this.clients = clients;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
      if (!in.isReadable()) {
        return;
      }
      Optional<Clients.Announced> announced =
          clients.take(
              (InetSocketAddress) ctx.channel().remoteAddress(),
              (InetSocketAddress) ctx.channel().localAddress());
      Client client = announced.map(Clients.Announced::client).orElse(Client.UNKNOWN);
      ProxySettings mine = announced.isPresent() ? settings.withoutCredentials() : settings;
      int first = in.getByte(in.readerIndex());
      if (first == SOCKS_5) {
        new SocksFrontend(connector, mine, client).enter(ctx);
      } else if (first < 'A' || first > 'Z') {
        // Not an HTTP method; SOCKS4 cannot authenticate.
        ctx.close();
        return;
      } else {
        HttpServerCodec codec = new HttpServerCodec(LONGEST_LINE, LARGEST_HEADERS, CHUNK);
        ctx.pipeline()
            .addLast(
                new IdleStateHandler(
                    0, 0, settings.idleTimeout().toMillis(), TimeUnit.MILLISECONDS));
        ctx.pipeline().addLast(codec);
        ctx.pipeline().addLast(new HttpFrontend(connector, mine, client, codec));
      }
      ctx.pipeline().remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  /**
   * Returns the address that the proxy listens on.
   *
   * @return a loopback address and a port
   */
  public InetSocketAddress address() {
    return (InetSocketAddress) server.localAddress();
  }

  /**
   * Returns the proxy's address for clients whose sockets are of both families, as a JVM's are.
   *
   * @return ::1, where the proxy listens there, else 127.0.0.1; and the port
   */
  public InetSocketAddress dualStackAddress() {
    return serverOfIp6
        .map(channel -> new InetSocketAddress(IP6, address().getPort()))
        .orElseGet(this::address);
  }

  /**
   * Returns the address for connections whose clients do not know of a proxy. They must be
   * announced.
   *
   * @return a loopback address and a port
   */
  public InetSocketAddress relayAddress() {
    return (InetSocketAddress) relay.localAddress();
  }

  /**
   * Returns the settings.
   *
   * @return the settings, with the credentials that clients need
   */
  public ProxySettings settings() {
    return settings;
  }

  /** Ends the proxy and all connections through it. */
  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    waiting.shutdownNow();
  }
}
