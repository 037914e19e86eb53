package org.ringfence.egress.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Looks at the first message of a client: if it opens TLS it must name the host that was decided
 * on. Without that a client could ask a server that many hosts share for another one.
 */
final class ServerNameGuard extends AbstractSniHandler<Boolean> {
  private static final int TLS_HANDSHAKE = 22;

  private final Set<String> names;
  private final Consumer<String> mismatch;
  private boolean first = true;
  private boolean tls;

  /**
   * Guards a connection.
   *
   * @param names the hosts that were decided on
   * @param mismatch takes another name, or an empty one
   */
  ServerNameGuard(Set<String> names, Consumer<String> mismatch) {
    this.names = names;
    this.mismatch = mismatch;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (first && in.isReadable()) {
      first = false;
      tls = in.getByte(in.readerIndex()) == TLS_HANDSHAKE;
      if (!tls) {
        ctx.pipeline().remove(this);
        return;
      }
    }
    super.decode(ctx, in, out);
  }

  @Override
  protected Future<Boolean> lookup(ChannelHandlerContext ctx, String name) {
    boolean literal =
        names.stream()
            .anyMatch(host -> NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host));
    // RFC 6066: an address is not named.
    boolean right = name == null ? literal : names.contains(name.toLowerCase(Locale.ROOT));
    if (!right) {
      mismatch.accept(name == null ? "" : name);
    }
    return ctx.executor().newSucceededFuture(right);
  }

  @Override
  protected void onLookupComplete(ChannelHandlerContext ctx, String name, Future<Boolean> right) {
    if (right.getNow()) {
      ctx.pipeline().remove(this);
    } else {
      ctx.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // What begins like TLS and is not: nothing of it has been passed on.
    ctx.close();
  }
}
