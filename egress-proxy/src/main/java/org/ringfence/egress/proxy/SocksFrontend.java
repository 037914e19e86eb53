package org.ringfence.egress.proxy;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.socksx.v5.DefaultSocks5CommandResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5InitialResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5PasswordAuthResponse;
import io.netty.handler.codec.socksx.v5.Socks5AddressType;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequest;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequest;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5Message;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthRequest;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthStatus;
import io.netty.handler.codec.socksx.v5.Socks5ServerEncoder;
import io.netty.util.concurrent.Promise;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.proxy.Connector.Connected;
import org.ringfence.egress.proxy.Connector.Denied;
import org.ringfence.egress.proxy.Connector.Outcome;
import org.ringfence.policy.value.InvalidPolicyException;

/** Speaks SOCKS5 with a client of the proxy (RFC 1928, 1929): only TCP connections. */
final class SocksFrontend extends SimpleChannelInboundHandler<Socks5Message> {
  private final Connector connector;
  private final ProxySettings settings;
  private final Client client;
  private boolean proven;

  SocksFrontend(Connector connector, ProxySettings settings, Client client) {
    this.connector = connector;
    this.settings = settings;
    this.client = client;
    this.proven = settings.credentials().isEmpty();
  }

  /** Adds this handler and its codec to a pipeline. */
  void enter(ChannelHandlerContext ctx) {
    ctx.pipeline().addLast("encoder", Socks5ServerEncoder.DEFAULT);
    ctx.pipeline().addLast("decoder", new Socks5InitialRequestDecoder());
    ctx.pipeline().addLast(this);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, Socks5Message message) {
    if (message.decoderResult() != DecoderResult.SUCCESS) {
      ctx.close();
    } else if (message instanceof Socks5InitialRequest request) {
      choose(ctx, request);
    } else if (message instanceof Socks5PasswordAuthRequest request) {
      prove(ctx, request);
    } else if (message instanceof Socks5CommandRequest request && proven) {
      command(ctx, request);
    } else {
      ctx.close();
    }
  }

  private void choose(ChannelHandlerContext ctx, Socks5InitialRequest request) {
    Socks5AuthMethod method = proven ? Socks5AuthMethod.NO_AUTH : Socks5AuthMethod.PASSWORD;
    if (!request.authMethods().contains(method)) {
      ctx.writeAndFlush(new DefaultSocks5InitialResponse(Socks5AuthMethod.UNACCEPTED))
          .addListener(ChannelFutureListener.CLOSE);
      return;
    }
    ctx.pipeline()
        .replace(
            "decoder",
            "decoder",
            proven ? new Socks5CommandRequestDecoder() : new Socks5PasswordAuthRequestDecoder());
    ctx.writeAndFlush(new DefaultSocks5InitialResponse(method));
  }

  private void prove(ChannelHandlerContext ctx, Socks5PasswordAuthRequest request) {
    proven =
        settings
            .credentials()
            .map(credentials -> credentials.matches(request.username(), request.password()))
            .orElse(true);
    if (!proven) {
      ctx.writeAndFlush(new DefaultSocks5PasswordAuthResponse(Socks5PasswordAuthStatus.FAILURE))
          .addListener(ChannelFutureListener.CLOSE);
      return;
    }
    ctx.pipeline().replace("decoder", "decoder", new Socks5CommandRequestDecoder());
    ctx.writeAndFlush(new DefaultSocks5PasswordAuthResponse(Socks5PasswordAuthStatus.SUCCESS));
  }

  private void command(ChannelHandlerContext ctx, Socks5CommandRequest request) {
    if (!request.type().equals(Socks5CommandType.CONNECT)) {
      refuse(ctx, Socks5CommandStatus.COMMAND_UNSUPPORTED);
      return;
    }
    Authority target;
    try {
      if (request.dstPort() == 0) {
        throw new InvalidPolicyException("host", request.dstAddr(), "a port from 1 to 65535");
      }
      target = new Authority(Authority.host(request.dstAddr()), request.dstPort());
    } catch (InvalidPolicyException e) {
      refuse(ctx, Socks5CommandStatus.FORBIDDEN);
      return;
    }
    ctx.channel().config().setAutoRead(false);
    Promise<Outcome> outcome =
        connector.connect(ctx.channel().eventLoop(), target, Optional.empty(), client, true);
    outcome.addListener(done -> answer(ctx, target, outcome.getNow()));
  }

  private void answer(ChannelHandlerContext ctx, Authority target, Outcome outcome) {
    if (outcome instanceof Connected connected) {
      if (!ctx.channel().isActive()) {
        connected.channel().close();
        connected.transfer().end();
        return;
      }
      ctx.writeAndFlush(response(Socks5CommandStatus.SUCCESS));
      Tunnel.join(
          ctx,
          connected,
          target,
          Set.of(target.host()),
          settings,
          List.of(this, ctx.pipeline().get("encoder"), ctx.pipeline().get("decoder")));
    } else {
      refuse(
          ctx,
          outcome instanceof Denied
              ? Socks5CommandStatus.FORBIDDEN
              : Socks5CommandStatus.HOST_UNREACHABLE);
    }
  }

  private static DefaultSocks5CommandResponse response(Socks5CommandStatus status) {
    return new DefaultSocks5CommandResponse(status, Socks5AddressType.IPv4, "0.0.0.0", 0);
  }

  private static void refuse(ChannelHandlerContext ctx, Socks5CommandStatus status) {
    ctx.channel().config().setAutoRead(true);
    ctx.writeAndFlush(response(status)).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
