package org.ringfence.egress.proxy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.egress.decision.Clients;
import org.ringfence.egress.decision.Clients.Announced;
import org.ringfence.egress.decision.Clients.Target;
import org.ringfence.egress.proxy.Connector.Connected;
import org.ringfence.egress.proxy.Connector.Outcome;

/**
 * Takes redirected connections of clients that do not know of a proxy; their destinations were
 * announced.
 */
final class RelayFrontend extends ChannelInboundHandlerAdapter {
  private final Connector connector;
  private final ProxySettings settings;
  private final Clients clients;

  RelayFrontend(Connector connector, ProxySettings settings, Clients clients) {
    this.connector = connector;
    this.settings = settings;
    this.clients = clients;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ctx.channel().config().setAutoRead(false);
    Optional<Announced> announced =
        clients.take(
            (InetSocketAddress) ctx.channel().remoteAddress(),
            (InetSocketAddress) ctx.channel().localAddress());
    Optional<Target> meant = announced.flatMap(Announced::target);
    if (meant.isEmpty()) {
      ctx.close();
      return;
    }
    Target to = meant.get();
    Authority target = new Authority(to.host(), to.port());
    Promise<Outcome> outcome =
        connector.connect(ctx.channel().eventLoop(), target, meant, announced.get().client(), true);
    outcome.addListener(
        done -> {
          if (!(outcome.getNow() instanceof Connected connected)) {
            ctx.close();
          } else if (ctx.channel().isActive()) {
            Set<String> names = new HashSet<>(to.names());
            names.add(target.host());
            Tunnel.join(ctx, connected, target, names, settings, List.of(this));
          } else {
            connected.channel().close();
            connected.transfer().end();
          }
        });
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
