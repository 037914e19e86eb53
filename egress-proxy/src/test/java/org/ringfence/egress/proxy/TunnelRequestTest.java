package org.ringfence.egress.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TunnelRequestTest {
  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.1 200 OK|Via: x||', open",
    "'HTTP/1.1 407 No|Content-Length: 0||', the proxy upstream answers 407 No",
    "'HTTP/1.1 200 OK|Via\nx: y||', the proxy upstream answers with malformed HTTP",
    "'HTTP/1.1 200 OK|Via: x|', the proxy upstream answers with malformed HTTP",
    "'', the proxy upstream has closed the connection"
  })
  void tunnelOpensOrFailsOnce(String answer, String outcome) {
    List<String> outcomes = new ArrayList<>();
    EmbeddedChannel channel =
        new EmbeddedChannel(
            new HttpClientCodec(),
            new TunnelRequest(handler -> outcomes.add("open"), outcomes::add));
    channel.writeOutbound(
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.CONNECT, "repo.test:443"));
    channel.writeInbound(
        Unpooled.copiedBuffer(answer.replace("|", "\r\n"), StandardCharsets.US_ASCII));
    channel.finishAndReleaseAll();
    assertThat(outcomes).containsExactly(outcome);
  }
}
