package org.ringfence.egress.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The first bytes of a connection: all of them pass, or none; those that name another server do not. */
public final class HelloFuzz {
  private HelloFuzz() {}

  /** Tries one input, whole and in two parts. */
  public static void fuzzerTestOneInput(byte[] input) {
    int port = input.length % 2 == 0 ? 443 : 25;
    boolean whole = passes(input, port, input.length);
    if (whole != passes(input, port, input.length / 2)) {
      throw new IllegalStateException("the parts pass, or the whole, but not both");
    }
  }

  private static boolean passes(byte[] input, int port, int first) {
    List<String> mismatches = new ArrayList<>();
    EmbeddedChannel channel =
        new EmbeddedChannel(new ServerNameGuard(Set.of("repo.test"), port, mismatches::add));
    channel.writeInbound(Unpooled.wrappedBuffer(input, 0, first));
    if (channel.isOpen()) {
      channel.writeInbound(Unpooled.wrappedBuffer(input, first, input.length - first));
    }
    channel.checkException();
    int passed = 0;
    for (ByteBuf part = channel.readInbound(); part != null; part = channel.readInbound()) {
      passed += part.readableBytes();
      part.release();
    }
    channel.finishAndReleaseAll();
    if (passed == 0) {
      return false;
    }
    if (passed != input.length || !mismatches.isEmpty()) {
      throw new IllegalStateException("a part has passed: " + passed + " " + mismatches);
    }
    if (input[0] == 22
        && !new String(input, StandardCharsets.ISO_8859_1).toLowerCase().contains("repo.test")) {
      throw new IllegalStateException("TLS to another server has passed");
    }
    return true;
  }
}
