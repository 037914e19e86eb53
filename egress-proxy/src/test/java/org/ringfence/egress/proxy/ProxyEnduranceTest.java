package org.ringfence.egress.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.ringfence.egress.proxy.ProxyFixture.Server;
import org.ringfence.spi.EventSink;

/** Tests the proxy with silent servers, slow readers and thousands of connections. */
class ProxyEnduranceTest {
  private Server echo;

  @BeforeEach
  void start() throws IOException {
    echo = Server.echo();
  }

  @AfterEach
  void stop() throws IOException {
    echo.close();
  }

  @Test
  void unresponsiveHostGets504() throws Exception {
    ProxySettings impatient =
        new ProxySettings(
            Optional.empty(),
            Optional.empty(),
            true,
            Duration.ofMillis(300),
            Duration.ofMinutes(1));
    // This server accepts no connection. Once its queue is full, further clients get no answer.
    List<Socket> queue = new ArrayList<>();
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        ProxyFixture through =
            new ProxyFixture(
                ProxyFixture.policy(List.of("silent.test:" + silent.getLocalPort()), List.of()),
                impatient,
                EventSink.NONE)) {
      for (int i = 0; i < 4; i++) {
        Socket socket = new Socket();
        queue.add(socket);
        try {
          socket.connect(silent.getLocalSocketAddress(), 200);
        } catch (SocketTimeoutException e) {
          break;
        }
      }
      Map.Entry<Socket, String> answer = through.tunnel("silent.test:" + silent.getLocalPort());
      assertThat(answer.getValue()).startsWith("HTTP/1.1 504 ");
      String body = new String(answer.getKey().getInputStream().readAllBytes(), UTF_8);
      assertThat(body).startsWith("ringfence: silent.test:");
    } finally {
      for (Socket socket : queue) {
        socket.close();
      }
    }
  }

  @Test
  void idleConnectionIsClosedButSlowReaderIsNot() throws Exception {
    ProxySettings impatient =
        new ProxySettings(
            Optional.empty(), Optional.empty(), true, Duration.ofSeconds(5), Duration.ofSeconds(3));
    long size = 32L << 20;
    try (Server flood =
            new Server(
                (in, out, client) -> {
                  byte[] block = new byte[1 << 16];
                  for (long sent = 0; sent < size; sent += block.length) {
                    out.write(block);
                  }
                });
        ProxyFixture through =
            new ProxyFixture(
                ProxyFixture.policy(
                    List.of("flood.test:" + flood.port(), "repo.test:" + echo.port()), List.of()),
                impatient,
                EventSink.NONE)) {
      Socket silent = through.tunnel("repo.test:" + echo.port()).getKey();
      Socket slow = through.tunnel("flood.test:" + flood.port()).getKey();
      // The reader takes longer than an idle connection lives, and pauses a tenth of that each
      // time.
      long read = 0;
      for (int pause = 0; pause < 12; pause++) {
        Thread.sleep(300);
        read += slow.getInputStream().readNBytes(2 << 20).length;
      }
      read += slow.getInputStream().readAllBytes().length;
      assertThat(read).isEqualTo(size);
      assertThat(silent.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void aThousandConnectionsAreServedConcurrently() throws Exception {
    // Each connection takes four descriptors of this process.
    long descriptors =
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            ? unix.getMaxFileDescriptorCount()
            : 4_000;
    int most = Boolean.getBoolean("ringfence.test.full") ? 10_000 : 1_000;
    int count = (int) Math.min(most, (descriptors - 500) / 4);
    List<Socket> open = new ArrayList<>();
    AtomicInteger served = new AtomicInteger();
    try (Greeter greeter = new Greeter(served);
        ProxyFixture through =
            new ProxyFixture(
                ProxyFixture.policy(List.of("many.test:" + greeter.port()), List.of()))) {
      for (int i = 0; i < count; i++) {
        open.add(through.tunnel("many.test:" + greeter.port()).getKey());
      }
      for (Socket socket : open) {
        socket.getOutputStream().write('?');
      }
      for (Socket socket : open) {
        assertThat(socket.getInputStream().read()).isEqualTo('!');
      }
      assertThat(served).hasValue(count);
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }

  /**
   * Answers the first byte of each connection. One thread serves all connections, because a thread
   * for each would be too many.
   */
  private static final class Greeter implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel listener;

    Greeter(AtomicInteger served) throws InterruptedException {
      this.listener =
          new ServerBootstrap()
              .group(group)
              .channel(NioServerSocketChannel.class)
              .option(ChannelOption.SO_BACKLOG, 4096)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel made) {
                      served.incrementAndGet();
                      made.pipeline()
                          .addLast(
                              new SimpleChannelInboundHandler<ByteBuf>() {
                                @Override
                                protected void channelRead0(
                                    ChannelHandlerContext context, ByteBuf asked) {
                                  context.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {'!'}));
                                }
                              });
                    }
                  })
              .bind("127.0.0.1", 0)
              .sync()
              .channel();
    }

    int port() {
      return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    @Override
    public void close() {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }
}
