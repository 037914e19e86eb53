package org.ringfence.egress.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.file.Path;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.dns.HostsFile;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.EventSink;

/** The proxy's SOCKS side takes any bytes, asks for credentials and connects to no host that is not allowed. */
public final class SocksFuzz {
  private static final NetworkPolicy POLICY =
      SandboxPolicy.builder().network(NetworkMode.ALLOWLIST).allowHost("repo.test").build().network();

  private SocksFuzz() {}

  private static final class Entering extends ChannelInboundHandlerAdapter {
    private final SocksFrontend frontend;

    Entering(SocksFrontend frontend) {
      this.frontend = frontend;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      frontend.enter(ctx);
      ctx.pipeline().remove(this);
    }
  }

  /** Tries one input; the first byte chooses whether credentials are asked for. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    ProxySettings usual = ProxySettings.usual();
    ProxySettings settings = input[0] % 2 == 0 ? usual : usual.withoutCredentials();
    AddressLookup lookup =
        new AddressLookup(
            POLICY,
            (name, type) -> {
              if (!name.toString().equals("repo.test.")) {
                throw new IllegalStateException("looked up: " + name);
              }
              throw new IOException("no name server");
            },
            new HostsFile(Path.of("/nonexistent")));
    Connector connector =
        new Connector(
            new HostDecisions(POLICY, EventSink.NONE, record -> {}),
            lookup,
            settings,
            Runnable::run);
    EmbeddedChannel channel =
        new EmbeddedChannel(new Entering(new SocksFrontend(connector, settings, Client.UNKNOWN)));
    channel.writeInbound(Unpooled.wrappedBuffer(input, 1, input.length - 1));
    channel.runPendingTasks();
    channel.checkException();
    channel.finishAndReleaseAll();
  }
}
