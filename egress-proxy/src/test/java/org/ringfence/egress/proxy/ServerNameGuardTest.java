package org.ringfence.egress.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;

class ServerNameGuardTest {
  private final List<String> mismatches = new ArrayList<>();

  private EmbeddedChannel guarded(int port) {
    return new EmbeddedChannel(new ServerNameGuard(Set.of("repo.test"), port, mismatches::add));
  }

  @Test
  void initiallySilentClientKeepsItsConnection() {
    EmbeddedChannel channel = guarded(25);
    channel.advanceTimeBy(10, TimeUnit.MINUTES);
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isTrue();
    channel.writeInbound(Unpooled.copiedBuffer("EHLO me\r\n", StandardCharsets.US_ASCII));
    ByteBuf passed = channel.readInbound();
    assertThat(passed.toString(StandardCharsets.US_ASCII)).isEqualTo("EHLO me\r\n");
    passed.release();
    assertThat(mismatches).isEmpty();
  }

  @Test
  void recordThatIsNoHandshakeEndsTheConnection() {
    // A TLS alert (RFC 8446, section 5.1: type 21) in front of the first message.
    EmbeddedChannel channel = guarded(8443);
    channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {21, 3, 3, 0, 2, 1, 0}));
    assertThat(channel.isOpen()).isFalse();
    assertThat(mismatches).hasSize(1);
    assertThat(channel.inboundMessages()).isEmpty();
  }

  private static byte[] hello(String name) throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine(name, 443);
    engine.setUseClientMode(true);
    ByteBuffer made = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), made);
    return Arrays.copyOf(made.array(), made.position());
  }

  @Test
  void connectionThatWasRefusedPassesNothingOfALaterMessage() throws Exception {
    // An empty first message in two records, which names no server; then one that names the host.
    byte[] refused = {22, 3, 0, 0, 2, 1, 0, 22, 3, 0, 0, 2, 0, 0};
    EmbeddedChannel channel = guarded(443);
    channel.writeInbound(Unpooled.wrappedBuffer(refused, hello("repo.test")));
    assertThat(channel.isOpen()).isFalse();
    assertThat(mismatches).containsExactly("no server is named");
    assertThat(channel.inboundMessages()).isEmpty();
    // The control: the later message alone passes.
    EmbeddedChannel allowed = guarded(443);
    allowed.writeInbound(Unpooled.wrappedBuffer(hello("repo.test")));
    assertThat(allowed.inboundMessages()).hasSize(1);
    allowed.releaseInbound();
  }
}
