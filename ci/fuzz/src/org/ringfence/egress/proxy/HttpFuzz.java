package org.ringfence.egress.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.ReferenceCountUtil;
import org.ringfence.policy.value.InvalidPolicyException;

/** Requests to the proxy: each target is an authority or refused as none, and no check fails. */
public final class HttpFuzz {
  private HttpFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    EmbeddedChannel channel = new EmbeddedChannel(new HttpRequestDecoder(16_384, 65_536, 65_536));
    channel.writeInbound(Unpooled.wrappedBuffer(input));
    for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
      if (message instanceof HttpRequest request && request.decoderResult().isSuccess()) {
        checked(request);
      }
      ReferenceCountUtil.release(message);
    }
    channel.finishAndReleaseAll();
  }

  private static void checked(HttpRequest request) {
    if (RequestCheck.problem(request).isPresent()) {
      return;
    }
    try {
      Authority target = Authority.parse(request.uri().replaceFirst("^http://", ""), 80);
      if (target.toString().chars().anyMatch(c -> c <= ' ' || c >= 127)) {
        throw new IllegalStateException("a target with a strange character: " + target);
      }
      RequestCheck.namesAnotherHost(request, target, 80);
      RequestCheck.prepare(request);
    } catch (InvalidPolicyException e) {
      e.getMessage();
    }
  }
}
