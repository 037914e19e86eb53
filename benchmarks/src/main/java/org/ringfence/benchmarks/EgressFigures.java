package org.ringfence.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.egress.decision.Clients;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.proxy.EgressProxy;
import org.ringfence.egress.proxy.ProxySettings;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.spi.EventSink;

/** Measures the cost of an allowlist: a connection, its throughput, and that of the proxy. */
public final class EgressFigures {
  private static final int ROUNDS = 7;
  private static final int CONNECTS = 4_000;
  private static final int WARM_CONNECTS = 2_000;
  private static final long BYTES = 2L << 30;
  private static final int BLOCK = 1 << 17;

  // The processor time of the threads that have sent everything.
  private static final AtomicLong SENT_CPU = new AtomicLong();

  private EgressFigures() {}

  /**
   * Measures, in turns within one run. With {@code connect PORT}, {@code own PORT} or {@code read
   * PORT} it is the client of such a measurement.
   *
   * @param args none, or the task of a client
   * @throws Exception if anything fails
   */
  public static void main(String[] args) throws Exception {
    if (args.length > 0) {
      int port = Integer.parseInt(args[1]);
      try (ServerSocket own = server(false)) {
        System.out.println(
            switch (args[0]) {
              case "connect" -> connects(port);
              case "own" -> connects(own.getLocalPort());
              default -> read(port);
            });
      }
      return;
    }
    Path workspace = Files.createTempDirectory("ringfence-benchmark-");
    try (ServerSocket quiet = server(false);
        ServerSocket flood = server(true)) {
      SandboxPolicy policy =
          Presets.load("workspace-write").toBuilder()
              .network(NetworkMode.ALLOWLIST)
              .allowHost("127.0.0.1:" + quiet.getLocalPort())
              .allowHost("127.0.0.1:" + flood.getLocalPort())
              .build();
      for (String backend : List.of("landlock", "bubblewrap")) {
        try (Sandbox sandbox =
            Sandbox.opener(policy).workspace(workspace).backend(backend).open()) {
          clients(backend, sandbox, quiet.getLocalPort(), flood.getLocalPort());
        }
      }
      proxies(policy.network(), flood.getLocalPort());
    } finally {
      Files.delete(workspace);
    }
  }

  private static ServerSocket server(boolean flood) throws IOException {
    ServerSocket server = new ServerSocket(0, 4096, InetAddress.getByName("127.0.0.1"));
    Thread accepting =
        new Thread(
            () -> {
              while (!server.isClosed()) {
                try {
                  Socket client = server.accept();
                  if (flood) {
                    new Thread(() -> send(client), "sending").start();
                  } else {
                    client.close();
                  }
                } catch (IOException e) {
                  continue;
                }
              }
            });
    accepting.setDaemon(true);
    accepting.start();
    return server;
  }

  private static void send(Socket client) {
    byte[] block = new byte[BLOCK];
    try (client) {
      for (long sent = 0; sent < BYTES; sent += block.length) {
        client.getOutputStream().write(block);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    SENT_CPU.addAndGet(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
  }

  /** Returns the median of connect alone, in nanoseconds. */
  private static long connects(int port) throws IOException {
    InetSocketAddress to = new InetSocketAddress("127.0.0.1", port);
    long[] nanos = new long[CONNECTS];
    for (int i = -WARM_CONNECTS; i < CONNECTS; i++) {
      try (Socket socket = new Socket()) {
        socket.getReuseAddress();
        long start = System.nanoTime();
        socket.connect(to);
        if (i >= 0) {
          nanos[i] = System.nanoTime() - start;
        }
      }
    }
    Arrays.sort(nanos);
    return nanos[CONNECTS / 2];
  }

  /** Returns the time to read everything, in nanoseconds. */
  private static long read(int port) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return drain(socket.getInputStream());
    }
  }

  private static long drain(InputStream in) throws IOException {
    byte[] block = new byte[BLOCK];
    long start = System.nanoTime();
    long count = 0;
    for (int got = in.read(block); got >= 0; got = in.read(block)) {
      count += got;
    }
    if (count < BYTES) {
      throw new IOException("only " + count + " bytes came");
    }
    return System.nanoTime() - start;
  }

  /** Returns absolute paths: the sandboxed client has another working directory. */
  private static String absoluteClassPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(part -> Path.of(part).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static long child(Sandbox sandbox, String what, int port) throws Exception {
    List<String> command =
        List.of(
            System.getProperty("java.home") + "/bin/java",
            "-cp",
            absoluteClassPath(),
            EgressFigures.class.getName(),
            what,
            Integer.toString(port));
    Process process =
        sandbox == null
            ? new ProcessBuilder(command).start()
            : sandbox.start(SandboxCommand.of(command));
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
    if (process.waitFor() != 0) {
      throw new IOException(
          new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
    }
    return Long.parseLong(said);
  }

  private static void clients(String backend, Sandbox sandbox, int quiet, int flood)
      throws Exception {
    List<Long> inside = new ArrayList<>();
    List<Long> outside = new ArrayList<>();
    List<Long> ownInside = new ArrayList<>();
    List<Long> ownOutside = new ArrayList<>();
    List<Long> readInside = new ArrayList<>();
    List<Long> readOutside = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      inside.add(child(sandbox, "connect", quiet));
      outside.add(child(null, "connect", quiet));
      ownInside.add(child(sandbox, "own", quiet));
      ownOutside.add(child(null, "own", quiet));
      readInside.add(child(sandbox, "read", flood));
      readOutside.add(child(null, "read", flood));
    }
    added(backend + ": connect to an allowed host", inside, outside);
    added(backend + ": connect to an own server", ownInside, ownOutside);
    System.out.printf(
        Locale.ROOT,
        "%s: throughput inside / outside: %.2f (%.0f / %.0f MiB/s)%n",
        backend,
        (double) median(readOutside) / median(readInside),
        rate(median(readInside)),
        rate(median(readOutside)));
  }

  private static void added(String what, List<Long> inside, List<Long> outside) {
    System.out.printf(
        Locale.ROOT,
        "%s, median: %.1f us inside, %.1f us outside, %.1f us added%n",
        what,
        median(inside) / 1e3,
        median(outside) / 1e3,
        (median(inside) - median(outside)) / 1e3);
  }

  private static void proxies(NetworkPolicy policy, int flood) throws Exception {
    List<Long> proxied = new ArrayList<>();
    List<Long> forwarded = new ArrayList<>();
    List<Long> direct = new ArrayList<>();
    List<Long> proxyCpu = new ArrayList<>();
    List<Long> directCpu = new ArrayList<>();
    ProxySettings settings = ProxySettings.usual().withUpstream(Optional.empty());
    try (HostDecisions decisions = new HostDecisions(policy, EventSink.NONE, record -> {});
        EgressProxy proxy =
            new EgressProxy(
                decisions, AddressLookup.of(policy), settings.withoutCredentials(), new Clients());
        Forwarder forwarder = new Forwarder(flood)) {
      for (int i = 0; i < ROUNDS; i++) {
        long before = processorTime("ringfence-proxy");
        proxied.add(tunnelled(proxy.address(), flood));
        proxyCpu.add(processorTime("ringfence-proxy") - before);
        forwarded.add(read(forwarder.port()));
        before = SENT_CPU.get() + processorTime("main");
        direct.add(read(flood));
        directCpu.add(SENT_CPU.get() + processorTime("main") - before);
      }
    }
    System.out.printf(
        Locale.ROOT,
        "proxy, per second of a core: %.0f MiB; a direct copy %.0f (ratio %.2f)%n",
        rate(median(proxyCpu)),
        rate(median(directCpu)),
        (double) median(directCpu) / median(proxyCpu));
    System.out.printf(
        Locale.ROOT,
        "proxy: %.0f MiB/s; plain Netty forwarder %.0f (ratio %.2f); direct %.0f (ratio %.2f)%n",
        rate(median(proxied)),
        rate(median(forwarded)),
        (double) median(forwarded) / median(proxied),
        rate(median(direct)),
        (double) median(direct) / median(proxied));
  }

  /** Returns the processor time of live threads of a name. */
  private static long processorTime(String name) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
        .filter(Objects::nonNull)
        .filter(thread -> thread.getThreadName().equals(name))
        .mapToLong(thread -> Math.max(0, threads.getThreadCpuTime(thread.getThreadId())))
        .sum();
  }

  private static long tunnelled(InetSocketAddress proxy, int flood) throws IOException {
    try (Socket socket = new Socket(proxy.getAddress(), proxy.getPort())) {
      socket
          .getOutputStream()
          .write(
              ("CONNECT 127.0.0.1:" + flood + " HTTP/1.1\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      int ends = 0;
      while (ends < 4) {
        ends = "\r\n\r\n".charAt(ends) == in.read() ? ends + 1 : 0;
      }
      return drain(in);
    }
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static double rate(long nanos) {
    return BYTES / 1048576.0 / (nanos / 1e9);
  }

  /** A minimal forwarder on Netty. */
  private static final class Forwarder implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel server;

    private Forwarder(int to) {
      this.server =
          new ServerBootstrap()
              .group(group)
              .channel(NioServerSocketChannel.class)
              .childOption(ChannelOption.AUTO_READ, false)
              .childHandler(
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                      channel.pipeline().addLast(new Opening(to));
                    }
                  })
              .bind("127.0.0.1", 0)
              .syncUninterruptibly()
              .channel();
    }

    private int port() {
      return ((InetSocketAddress) server.localAddress()).getPort();
    }

    @Override
    public void close() {
      group.shutdownGracefully();
    }
  }

  private static final class Opening extends ChannelInboundHandlerAdapter {
    private final int to;

    private Opening(int to) {
      this.to = to;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      Channel client = ctx.channel();
      Channel host =
          new Bootstrap()
              .group(client.eventLoop())
              .channel(NioSocketChannel.class)
              .option(ChannelOption.AUTO_READ, false)
              .handler(new Copying(client))
              .connect("127.0.0.1", to)
              .addListener(
                  done -> {
                    client.config().setAutoRead(true);
                    client.pipeline().fireChannelWritabilityChanged();
                  })
              .channel();
      client.pipeline().addLast(new Copying(host));
    }
  }

  private static final class Copying extends ChannelInboundHandlerAdapter {
    private final Channel peer;

    private Copying(Channel peer) {
      this.peer = peer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      peer.writeAndFlush(message);
      ctx.channel().config().setAutoRead(peer.isWritable());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      peer.config().setAutoRead(ctx.channel().isWritable());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      peer.close();
    }
  }
}
