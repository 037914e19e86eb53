package org.ringfence.egress.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Any answer of an upstream proxy to CONNECT opens the tunnel or fails, and only 200 opens it. */
public final class UpstreamFuzz {
  private UpstreamFuzz() {}

  /** Tries one input, in two parts. */
  public static void fuzzerTestOneInput(byte[] input) {
    List<String> failures = new ArrayList<>();
    boolean[] open = new boolean[1];
    EmbeddedChannel channel =
        new EmbeddedChannel(
            new HttpClientCodec(), new TunnelRequest(handler -> open[0] = true, failures::add));
    channel.writeOutbound(
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.CONNECT, "repo.test:443"));
    int middle = input.length / 2;
    channel.writeInbound(Unpooled.wrappedBuffer(input, 0, middle));
    if (channel.isOpen()) {
      channel.writeInbound(Unpooled.wrappedBuffer(input, middle, input.length - middle));
    }
    channel.finishAndReleaseAll();
    if (!open[0] && failures.isEmpty()) {
      throw new IllegalStateException("neither open nor failed");
    }
    if (open[0] && !new String(input, StandardCharsets.ISO_8859_1).contains("200")) {
      throw new IllegalStateException("open without 200");
    }
  }
}
