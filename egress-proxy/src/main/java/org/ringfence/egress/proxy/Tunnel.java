package org.ringfence.egress.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Reason;

/** Joins a client's channel and a host's, once both are open. */
final class Tunnel {
  private Tunnel() {}

  /**
   * Joins the channels.
   *
   * @param ctx the client's handler that asked for the connection; the client's channel must not be
   *     reading
   * @param target the host and the port that were decided on
   * @param names the names that TLS may give for the host
   * @param speech the handlers to remove from the client's pipeline, the codec last: bytes that it
   *     has not decoded pass on
   */
  static void join(
      ChannelHandlerContext ctx,
      Connector.Connected to,
      Authority target,
      Set<String> names,
      ProxySettings settings,
      List<? extends ChannelHandler> speech) {
    Channel client = ctx.channel();
    Channel host = to.channel();
    Transfer transfer = to.transfer();
    long idle = settings.idleTimeout().toMillis();
    client.pipeline().addLast(new IdleStateHandler(0, 0, idle, TimeUnit.MILLISECONDS));
    if (settings.checkServerName()) {
      client
          .pipeline()
          .addLast(
              new ServerNameGuard(
                  names,
                  target.port(),
                  reason -> transfer.end(Decision.deny(new Reason.ServerName(), reason))));
    }
    client.pipeline().addLast(new Relay(host, transfer::sent, transfer::end));
    host.pipeline().addLast(new Relay(client, transfer::received, transfer::end));
    speech.forEach(client.pipeline()::remove);
    to.speech().forEach(host.pipeline()::remove);
    client.config().setAutoRead(true);
    host.config().setAutoRead(true);
  }
}
