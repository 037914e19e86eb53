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
 * Checks the first message of a client: if it opens TLS it must name the host that was decided on.
 * Otherwise a client could ask a server that many hosts share for another one. Besides TLS only
 * text protocols pass, and those not on the HTTPS port: TLS servers accept some other records
 * before the first message, and old forms of it.
 */
final class ServerNameGuard extends AbstractSniHandler<Boolean> {
  private static final int TLS_HANDSHAKE = 22;
  private static final int HTTPS_PORT = 443;
  private static final int LONGEST_HELLO = 1 << 16;

  private final Set<String> names;
  private final int port;
  private final Consumer<String> mismatch;
  private boolean first = true;
  private boolean refused;

  /**
   * Guards a connection.
   *
   * @param names the hosts that were decided on
   * @param port the port that was decided on
   * @param mismatch receives the reason for the end
   */
  ServerNameGuard(Set<String> names, int port, Consumer<String> mismatch) {
    // No separate time limit: the connection's idle time limits a client's silence.
    super(LONGEST_HELLO, 0);
    this.names = names;
    this.port = port;
    this.mismatch = mismatch;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (refused) {
      // Closing decodes once more what has arrived, and a later message could name the host.
      in.skipBytes(in.readableBytes());
      return;
    }
    if (first && in.isReadable()) {
      first = false;
      int start = in.getByte(in.readerIndex());
      if (start != TLS_HANDSHAKE) {
        if (port != HTTPS_PORT && isText(start)) {
          ctx.pipeline().remove(this);
        } else {
          refused = true;
          in.skipBytes(in.readableBytes());
          mismatch.accept("it does not begin as TLS does");
          ctx.close();
        }
        return;
      }
    }
    super.decode(ctx, in, out);
  }

  /** Returns true for a visible character or a line end: HTTP, SSH, SMTP, FTP, IRC, Redis. */
  private static boolean isText(int start) {
    return (start > ' ' && start < 127) || start == '\r' || start == '\n';
  }

  @Override
  protected Future<Boolean> lookup(ChannelHandlerContext ctx, String name) {
    boolean literal =
        names.stream()
            .anyMatch(host -> NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host));
    // RFC 6066: a client does not name an address.
    boolean right = name == null ? literal : names.contains(name.toLowerCase(Locale.ROOT));
    if (!right) {
      refused = true;
      mismatch.accept(
          name == null
              ? "no server is named"
              : "another server is named, " + name.replaceAll("[^ -~]", "?"));
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
    // It begins like TLS but is not: the guard has passed none of it on.
    refused = true;
    ctx.close();
  }
}
