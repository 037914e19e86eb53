package org.ringfence.egress.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.decision.Clients.Target;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.dns.AddressLookup.Resolved;
import org.ringfence.policy.Decision;

/** Decides on a host, looks it up and connects to it, or to the upstream proxy. */
final class Connector {
  /** Reads as much as a fast sender has ready; smaller reads cost more calls per byte. */
  static final RecvByteBufAllocator READS = new AdaptiveRecvByteBufAllocator(512, 8192, 1 << 19);

  private final HostDecisions decisions;
  private final AddressLookup lookup;
  private final ProxySettings settings;
  private final Executor waiting;

  /**
   * Connects for one proxy.
   *
   * @param waiting runs tasks that wait for the listener or a name server
   */
  Connector(
      HostDecisions decisions, AddressLookup lookup, ProxySettings settings, Executor waiting) {
    this.decisions = decisions;
    this.lookup = lookup;
    this.settings = settings;
    this.waiting = waiting;
  }

  /** The outcome of a request for a connection. */
  sealed interface Outcome permits Connected, Denied, Failed {}

  /**
   * The connection is open; nothing has been read from it yet.
   *
   * @param upstream the proxy to address plain requests to, if there is one
   * @param speech the handlers to remove from its pipeline once it is joined: bytes that have
   *     arrived pass on then
   */
  record Connected(
      Channel channel,
      Transfer transfer,
      Optional<UpstreamProxy> upstream,
      List<ChannelHandler> speech)
      implements Outcome {}

  /** The connection is denied. */
  record Denied(Decision decision) implements Outcome {}

  /** The connection is allowed, but failed. */
  record Failed(String reason, boolean timeout) implements Outcome {}

  /** The destination, found on a thread that may wait. */
  private record Way(Decision decision, List<InetSocketAddress> addresses, String problem) {}

  /**
   * Connects to a host.
   *
   * @param loop the event loop of the client's channel, also for the new channel
   * @param decided the target decided on; empty to decide and to look the host up
   * @param tunnel whether the client gets the raw connection, for which an upstream proxy must open
   *     a tunnel
   * @return the outcome, completed on that loop
   */
  Promise<Outcome> connect(
      EventLoop loop, Authority target, Optional<Target> decided, Client client, boolean tunnel) {
    Promise<Outcome> outcome = loop.newPromise();
    Optional<UpstreamProxy> upstream =
        settings.upstream().filter(proxy -> proxy.covers(target.host()));
    try {
      waiting.execute(
          () -> {
            Way way = way(target, decided, client, upstream);
            loop.execute(
                () ->
                    follow(
                        way,
                        loop,
                        target,
                        client,
                        tunnel ? upstream : Optional.empty(),
                        upstream,
                        outcome));
          });
    } catch (RejectedExecutionException e) {
      outcome.setSuccess(new Failed("too many connections are waiting", false));
    }
    return outcome;
  }

  private Way way(
      Authority target, Optional<Target> decided, Client client, Optional<UpstreamProxy> upstream) {
    Decision decision =
        decided
            .map(Target::decision)
            .orElseGet(() -> decisions.decide(target.host(), target.port(), client));
    if (!decision.allowed()) {
      return new Way(decision, List.of(), "");
    }
    try {
      if (upstream.isPresent()) {
        // The upstream proxy looks up the names of this network; Ringfence decides on an address.
        Optional<InetAddress> literal = literal(target.host());
        Decision last =
            literal.isEmpty()
                ? decision
                : decisions.resolved().evaluate(decision, literal.get(), target.port());
        InetAddress proxy = InetAddress.getByName(upstream.get().host());
        return new Way(last, List.of(new InetSocketAddress(proxy, upstream.get().port())), "");
      }
      List<InetSocketAddress> addresses = new ArrayList<>();
      Decision last = decision;
      for (Resolved each : resolved(decision, target, decided.flatMap(Target::address))) {
        last = each.decision();
        if (last.allowed()) {
          addresses.add(new InetSocketAddress(each.address(), target.port()));
        }
      }
      return new Way(last, addresses, target.host() + " has no address");
    } catch (IOException e) {
      return new Way(decision, List.of(), String.valueOf(e.getMessage()));
    }
  }

  private List<Resolved> resolved(Decision decision, Authority target, Optional<InetAddress> given)
      throws IOException {
    if (given.isPresent()) {
      return List.of(new Resolved(decision, given.get()));
    }
    Optional<InetAddress> literal = literal(target.host());
    return literal.isEmpty()
        ? lookup.resolve(decision, target.host(), target.port())
        : List.of(
            new Resolved(
                decisions.resolved().evaluate(decision, literal.get(), target.port()),
                literal.get()));
  }

  private static Optional<InetAddress> literal(String host) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    try {
      return bytes == null ? Optional.empty() : Optional.of(InetAddress.getByAddress(bytes));
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException("4 or 16 bytes", e);
    }
  }

  private void follow(
      Way way,
      EventLoop loop,
      Authority target,
      Client client,
      Optional<UpstreamProxy> tunnel,
      Optional<UpstreamProxy> upstream,
      Promise<Outcome> outcome) {
    Transfer transfer =
        new Transfer(
            decisions,
            target,
            way.addresses().isEmpty() || upstream.isPresent()
                ? ""
                : way.addresses().get(0).getAddress().getHostAddress(),
            client,
            way.decision());
    if (!way.decision().allowed()) {
      transfer.end();
      outcome.setSuccess(new Denied(way.decision()));
    } else if (way.addresses().isEmpty()) {
      transfer.end();
      outcome.setSuccess(new Failed(way.problem(), false));
    } else {
      attempt(way.addresses(), 0, loop, target, tunnel, upstream, transfer, outcome);
    }
  }

  private void attempt(
      List<InetSocketAddress> addresses,
      int index,
      EventLoop loop,
      Authority target,
      Optional<UpstreamProxy> tunnel,
      Optional<UpstreamProxy> upstream,
      Transfer transfer,
      Promise<Outcome> outcome) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.RECVBUF_ALLOCATOR, READS)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) settings.connectTimeout().toMillis())
            .handler(new ChannelInboundHandlerAdapter());
    bootstrap
        .connect(addresses.get(index))
        .addListener(
            (io.netty.channel.ChannelFuture connected) -> {
              if (connected.isSuccess() && tunnel.isPresent()) {
                openTunnel(connected.channel(), tunnel.get(), target, transfer, outcome);
              } else if (connected.isSuccess()) {
                outcome.setSuccess(
                    new Connected(connected.channel(), transfer, upstream, List.of()));
              } else if (index + 1 < addresses.size()) {
                attempt(addresses, index + 1, loop, target, tunnel, upstream, transfer, outcome);
              } else {
                transfer.end();
                boolean timeout =
                    connected.cause() instanceof io.netty.channel.ConnectTimeoutException;
                outcome.setSuccess(
                    new Failed(target + ": " + connected.cause().getMessage(), timeout));
              }
            });
  }

  /** Asks the upstream proxy for a tunnel. */
  private static void openTunnel(
      Channel channel,
      UpstreamProxy proxy,
      Authority target,
      Transfer transfer,
      Promise<Outcome> outcome) {
    HttpClientCodec codec = new HttpClientCodec();
    channel.pipeline().addLast(codec);
    channel
        .pipeline()
        .addLast(
            new TunnelRequest(
                request -> {
                  channel.config().setAutoRead(false);
                  outcome.trySuccess(
                      new Connected(channel, transfer, Optional.empty(), List.of(request, codec)));
                },
                reason -> {
                  transfer.end();
                  outcome.trySuccess(new Failed(reason, false));
                }));
    channel.config().setAutoRead(true);
    channel.writeAndFlush(TunnelRequest.to(target, proxy));
  }
}
