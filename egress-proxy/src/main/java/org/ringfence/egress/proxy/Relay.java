package org.ringfence.egress.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.timeout.IdleStateEvent;
import java.util.function.LongConsumer;

/**
 * Passes bytes on to another channel of the same event loop. The relay waits for a slow channel,
 * and passes on the end of each direction separately.
 */
final class Relay extends ChannelInboundHandlerAdapter {
  private final Channel peer;
  private final LongConsumer counter;
  private final Runnable end;

  /**
   * Relays to a channel.
   *
   * @param counter takes the number of bytes of each read
   * @param end runs when this channel is closed
   */
  Relay(Channel peer, LongConsumer counter, Runnable end) {
    this.peer = peer;
    this.counter = counter;
    this.end = end;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    counter.accept(((ByteBuf) message).readableBytes());
    peer.write(message, peer.voidPromise());
    if (!peer.isWritable()) {
      peer.flush();
      ctx.channel().config().setAutoRead(peer.isWritable());
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    peer.flush();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    peer.config().setAutoRead(ctx.channel().isWritable());
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      boolean bothEnded = ((DuplexChannel) peer).isInputShutdown();
      peer.writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(
              done -> {
                ((DuplexChannel) peer).shutdownOutput();
                if (bothEnded) {
                  // The other direction ended first: its last bytes have been sent.
                  ctx.close();
                }
              });
    } else if (event instanceof IdleStateEvent) {
      ctx.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end.run();
    peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // A connection that breaks ends both sides.
    ctx.close();
  }
}
