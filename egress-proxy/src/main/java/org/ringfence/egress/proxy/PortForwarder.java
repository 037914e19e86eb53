package org.ringfence.egress.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.ringfence.policy.value.PublishedPort;

/** Forwards connections to a port of the host's loopback to a server inside a sandbox. */
public final class PortForwarder implements AutoCloseable {
  private static final int BACKLOG = 128;

  private final MultiThreadIoEventLoopGroup group;

  /**
   * Listens on the host's port.
   *
   * @param port the ports
   * @param server finds the server inside for each connection; empty closes the connection
   * @throws IOException if the host's port is not available
   */
  public PortForwarder(PublishedPort port, Supplier<Optional<InetSocketAddress>> server)
      throws IOException {
    ThreadFactory threads =
        task -> {
          Thread thread = new Thread(task, "ringfence-published-" + port.host());
          thread.setDaemon(true);
          return thread;
        };
    this.group = new MultiThreadIoEventLoopGroup(1, threads, NioIoHandler.newFactory());
    ChannelFuture bound =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(new Incoming(server));
                  }
                })
            .bind(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port.host())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      close();
      throw new IOException(
          "network.publish " + port + ": port " + port.host() + ": " + bound.cause().getMessage());
    }
  }

  private static final class Incoming extends ChannelInboundHandlerAdapter {
    private final Supplier<Optional<InetSocketAddress>> server;

    private Incoming(Supplier<Optional<InetSocketAddress>> server) {
      this.server = server;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      Optional<InetSocketAddress> to = server.get();
      if (to.isEmpty()) {
        ctx.close();
        return;
      }
      new Bootstrap()
          .group(ctx.channel().eventLoop())
          .channel(NioSocketChannel.class)
          .option(ChannelOption.AUTO_READ, false)
          .option(ChannelOption.TCP_NODELAY, true)
          .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
          .handler(new ChannelInboundHandlerAdapter())
          .connect(to.get())
          .addListener((ChannelFuture connected) -> join(ctx, connected));
    }

    private void join(ChannelHandlerContext ctx, ChannelFuture connected) {
      if (!connected.isSuccess()) {
        ctx.close();
        return;
      }
      ctx.pipeline().addLast(new Relay(connected.channel(), bytes -> {}, () -> {}));
      connected.channel().pipeline().addLast(new Relay(ctx.channel(), bytes -> {}, () -> {}));
      ctx.pipeline().remove(this);
      ctx.channel().config().setAutoRead(true);
      connected.channel().config().setAutoRead(true);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  /** Releases the port and ends all connections through it. */
  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
