package org.ringfence.egress.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Waits for a proxy's answer to a CONNECT. Keeps the host's first bytes until this handler leaves
 * the pipeline.
 */
final class TunnelRequest extends ChannelInboundHandlerAdapter {
  private final Consumer<ChannelHandler> open;
  private final Consumer<String> failure;
  private final Queue<ByteBuf> early = new ArrayDeque<>();
  private boolean accepted;
  private boolean settled;

  /**
   * Waits for the answer.
   *
   * @param open receives this handler when the tunnel is open
   * @param failure receives the reason for a failure
   */
  TunnelRequest(Consumer<ChannelHandler> open, Consumer<String> failure) {
    this.open = open;
    this.failure = failure;
  }

  /** Returns the request for a tunnel. */
  static HttpRequest to(Authority target, UpstreamProxy proxy) {
    DefaultFullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.CONNECT, target.toString(), Unpooled.EMPTY_BUFFER);
    request.headers().set(HttpHeaderNames.HOST, target.toString());
    proxy
        .credentials()
        .ifPresent(
            credentials ->
                request.headers().set(HttpHeaderNames.PROXY_AUTHORIZATION, credentials.header()));
    return request;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes) {
      early.add(bytes);
      return;
    }
    try {
      if (message instanceof HttpResponse response) {
        accepted =
            response.status().equals(HttpResponseStatus.OK) && response.decoderResult().isSuccess();
        if (response.decoderResult().isFailure()) {
          fail(ctx, "the proxy upstream answers with malformed HTTP");
        } else if (!accepted) {
          fail(ctx, "the proxy upstream answers " + response.status());
        }
      }
      if (accepted && !settled && message instanceof LastHttpContent) {
        settled = true;
        open.accept(this);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
      ctx.fireChannelRead(bytes);
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail(ctx, "the proxy upstream has closed the connection");
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(ctx, "the proxy upstream: " + cause.getMessage());
  }

  private void fail(ChannelHandlerContext ctx, String reason) {
    if (!settled) {
      settled = true;
      failure.accept(reason);
      ctx.close();
    }
  }
}
