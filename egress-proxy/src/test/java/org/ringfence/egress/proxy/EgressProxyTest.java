package org.ringfence.egress.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.egress.QuietSink;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.decision.Clients;
import org.ringfence.egress.proxy.ProxyFixture.Server;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.Violation;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Reason;
import org.ringfence.spi.EventSink;

class EgressProxyTest {
  private Server echo;
  private ProxyFixture fixture;

  @BeforeEach
  void start() throws IOException {
    echo = Server.echo();
    String port = ":" + echo.port();
    fixture =
        new ProxyFixture(
            ProxyFixture.policy(
                List.of("repo.test" + port, "*.wild.test" + port, "private.test" + port),
                List.of("bad.wild.test" + port)));
  }

  @AfterEach
  void stop() throws IOException {
    fixture.close();
    echo.close();
  }

  private static String exchange(Socket socket, String text) throws IOException {
    try (socket) {
      socket.getOutputStream().write(text.getBytes(ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private ConnectionRecord recorded() throws InterruptedException {
    for (int i = 0; i < 200 && fixture.records.isEmpty(); i++) {
      Thread.sleep(10);
    }
    return fixture.records.get(0);
  }

  @Test
  void allowedHostIsConnectedAndRecorded() throws Exception {
    Map.Entry<Socket, String> tunnel = fixture.tunnel("repo.test:" + echo.port());
    assertThat(tunnel.getValue()).startsWith("HTTP/1.1 200 ");
    // The end of one direction does not end the other.
    assertThat(exchange(tunnel.getKey(), "hello")).isEqualTo("hello");
    ConnectionRecord record = recorded();
    assertThat(record.host()).isEqualTo("repo.test");
    assertThat(record.address()).isEqualTo("127.0.0.1");
    assertThat(record.allowed()).isTrue();
    assertThat(record.rule()).isEqualTo("network.allow repo.test:" + echo.port());
    assertThat(record.sent()).isEqualTo(OptionalLong.of(5));
    assertThat(record.received()).isEqualTo(OptionalLong.of(5));
    assertThat(record.duration()).isPresent();
  }

  @Test
  void deniedHostGets403WithReason() throws Exception {
    for (String target :
        List.of(
            "evil.test:" + echo.port(),
            "repo.test:1",
            "bad.wild.test:" + echo.port(),
            "wild.test:" + echo.port(),
            "127.0.0.1:" + echo.port(),
            "[::1]:" + echo.port(),
            "private.test:" + echo.port())) {
      Map.Entry<Socket, String> answer = fixture.tunnel(target);
      assertThat(answer.getValue()).as(target).startsWith("HTTP/1.1 403 ");
      String body = new String(answer.getKey().getInputStream().readAllBytes(), UTF_8);
      assertThat(body).contains("is not reached from this sandbox: network.").contains("allow");
    }
    assertThat(echo.contacts).hasValue(0);
    assertThat(fixture.records).hasSize(7).noneMatch(ConnectionRecord::allowed);
  }

  @Test
  void hostInUnusualFormGets400() throws Exception {
    String port = ":" + echo.port();
    for (String target :
        List.of(
            "repo.test." + port,
            "user@repo.test" + port,
            "repo.test\0.evil.test" + port,
            "repo\u3002test" + port,
            "re\u00adpo.test" + port,
            "0x7f.0.0.1" + port,
            "0177.0.0.1" + port,
            "2130706433" + port,
            "127.1" + port,
            "[::1%25lo]" + port,
            "[repo.test]" + port,
            "::1" + port,
            "repo.test",
            "repo.test:",
            "repo.test:0",
            "repo.test:65536",
            "repo.test:+443",
            "repo.test:443:443",
            ":443",
            "http://repo.test" + port,
            "repo.test" + port + "/")) {
      Map.Entry<Socket, String> answer = fixture.tunnel(target);
      assertThat(answer.getValue()).as(target).startsWith("HTTP/1.1 400 ");
      answer.getKey().close();
    }
    assertThat(echo.contacts).hasValue(0);
    // Host names ignore case.
    assertThat(fixture.tunnel("RePo.Test" + port).getValue()).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void missingOrWrongCredentialsGet407() throws Exception {
    String target = "repo.test:" + echo.port();
    ProxyCredentials other = ProxyCredentials.random();
    for (String header : List.of("", "Proxy-Authorization: " + other.header() + "\r\n")) {
      try (Socket socket = fixture.connect()) {
        socket
            .getOutputStream()
            .write(("CONNECT " + target + " HTTP/1.1\r\n" + header + "\r\n").getBytes(ISO_8859_1));
        assertThat(ProxyFixture.head(socket.getInputStream()))
            .startsWith("HTTP/1.1 407 ")
            .contains("proxy-authenticate: Basic");
      }
    }
    assertThat(echo.contacts).hasValue(0);
  }

  @Test
  void announcedClientNeedsNoCredentialsAndIsRecorded() throws Exception {
    String target = "repo.test:" + echo.port();
    try (Socket socket = fixture.connect()) {
      fixture.clients.announce(
          socket.getLocalPort(),
          new Clients.Announced(new Client(7, "/bin/client", 3), Optional.empty()),
          (from, to) -> to.equals(fixture.proxy.address()));
      socket
          .getOutputStream()
          .write(("CONNECT " + target + " HTTP/1.1\r\n\r\n").getBytes(ISO_8859_1));
      assertThat(ProxyFixture.head(socket.getInputStream())).startsWith("HTTP/1.1 200 ");
    }
    assertThat(recorded().pid()).isEqualTo(7);
  }

  @Test
  void announcedConnectionIsRelayedToItsTarget() throws Exception {
    for (String host : List.of("repo.test", "other.test", "evil.test", "")) {
      // For other.test, the announced socket no longer owns its port.
      boolean genuine = !host.equals("other.test");
      try (Socket socket = new Socket()) {
        socket.bind(new InetSocketAddress("127.0.0.1", 0));
        if (!host.isEmpty()) {
          fixture.clients.announce(
              socket.getLocalPort(),
              new Clients.Announced(
                  Client.UNKNOWN,
                  Optional.of(
                      new Clients.Target(
                          host,
                          echo.port(),
                          host.equals("repo.test") || host.equals("other.test")
                              ? Decision.allow(new Reason.NothingAgainst("test"))
                              : Decision.deny(new Reason.NothingAgainst("test"), "not this one"),
                          Optional.empty(),
                          Set.of()))),
              (from, to) -> genuine);
        }
        socket.connect(fixture.proxy.relayAddress());
        assertThat(exchange(socket, "hello")).isEqualTo(host.equals("repo.test") ? "hello" : "");
      } catch (SocketException e) {
        assertThat(host).isNotEqualTo("repo.test");
      }
    }
    assertThat(echo.contacts).hasValue(1);
  }

  @Test
  void requestsInAbsoluteFormAreForwardedInOrder() throws Exception {
    List<String> heads = new ArrayList<>();
    Server web =
        new Server(
            (in, out, client) -> {
              for (String head = ProxyFixture.head(in);
                  !head.isEmpty();
                  head = ProxyFixture.head(in)) {
                synchronized (heads) {
                  heads.add(head);
                }
                int length =
                    head.contains("content-length: ")
                        ? Integer.parseInt(
                            head.replaceAll("(?s).*content-length: ([0-9]+).*", "$1"))
                        : 0;
                byte[] body = in.readNBytes(length);
                out.write(
                    ("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n")
                        .getBytes(ISO_8859_1));
                out.write(body);
                out.flush();
              }
            });
    try (web;
        ProxyFixture through =
            new ProxyFixture(ProxyFixture.policy(List.of("web.test:" + web.port()), List.of()))) {
      String host = "web.test:" + web.port();
      String common =
          "Host: "
              + host
              + "\r\nProxy-Connection: keep-alive\r\nConnection: X-Private\r\nX-Private: 1\r\n"
              + through.authorization();
      try (Socket socket = through.connect()) {
        OutputStream out = socket.getOutputStream();
        InputStream in = socket.getInputStream();
        out.write(
            ("GET http://"
                    + host
                    + "/a?b HTTP/1.1\r\n"
                    + common
                    + "\r\n"
                    + "POST http://"
                    + host
                    + "/c HTTP/1.1\r\ncontent-length: 3\r\n"
                    + common
                    + "\r\nxyz"
                    + "GET http://"
                    + host
                    + " HTTP/1.1\r\n"
                    + common
                    + "\r\n")
                .getBytes(ISO_8859_1));
        assertThat(ProxyFixture.head(in)).startsWith("HTTP/1.1 200 ");
        assertThat(ProxyFixture.head(in)).startsWith("HTTP/1.1 200 ");
        assertThat(new String(in.readNBytes(3), ISO_8859_1)).isEqualTo("xyz");
        assertThat(ProxyFixture.head(in)).startsWith("HTTP/1.1 200 ");
        out.write(
            ("GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n"
                    + through.authorization()
                    + "\r\n")
                .getBytes(ISO_8859_1));
        assertThat(ProxyFixture.head(in)).startsWith("HTTP/1.1 403 ");
      }
      assertThat(heads).hasSize(3);
      assertThat(heads.get(0)).startsWith("GET /a?b HTTP/1.1\r\n");
      assertThat(heads.get(1)).startsWith("POST /c HTTP/1.1\r\n");
      assertThat(heads.get(2)).startsWith("GET / HTTP/1.1\r\n");
      assertThat(heads)
          .allMatch(head -> head.toLowerCase().contains("\r\nhost: " + host + "\r\n"))
          .noneMatch(head -> head.toLowerCase().contains("proxy-") || head.contains("evil"))
          .noneMatch(head -> head.contains("X-Private"));
      assertThat(web.contacts).hasValue(1);
    }
  }

  @Test
  void answerEndedByConnectionCloseEndsForTheClientToo() throws Exception {
    try (Server web =
            new Server(
                (in, out, client) -> {
                  String head = ProxyFixture.head(in);
                  String length = head.startsWith("GET /l") ? "Content-Length: 4\r\n" : "";
                  out.write(("HTTP/1.1 200 OK\r\n" + length + "\r\nbody").getBytes(ISO_8859_1));
                  if (!length.isEmpty()) {
                    in.read();
                  }
                });
        ProxyFixture through =
            new ProxyFixture(ProxyFixture.policy(List.of("web.test:" + web.port()), List.of()))) {
      for (String request :
          List.of(
              "/open HTTP/1.1\r\n", "/l HTTP/1.1\r\nConnection: close\r\n", "/l HTTP/1.0\r\n")) {
        Map.Entry<Socket, String> answer =
            through.request(
                "GET http://web.test:"
                    + web.port()
                    + request
                    + "Host: web.test:"
                    + web.port()
                    + "\r\n");
        assertThat(answer.getValue()).startsWith("HTTP/1.1 200 ").contains("connection: close");
        byte[] rest = answer.getKey().getInputStream().readAllBytes();
        assertThat(new String(rest, ISO_8859_1)).isEqualTo("body");
      }
    }
  }

  @Test
  void socksConnectsToAllowedHostsOnly() throws Exception {
    assertThat(socks("repo.test", echo.port(), true, true)).isEqualTo(0);
    assertThat(socks("evil.test", echo.port(), true, true)).isEqualTo(2);
    assertThat(socks("repo.test.", echo.port(), true, true)).isEqualTo(2);
    assertThat(socks("0x7f000001", echo.port(), true, true)).isEqualTo(2);
    assertThat(socks("repo.test", echo.port(), true, false)).isEqualTo(-1);
    assertThat(socks("repo.test", echo.port(), false, true)).isEqualTo(-1);
  }

  /** Returns the status of the answer, or -1 if the proxy refuses before the request. */
  private int socks(String host, int port, boolean password, boolean right) throws IOException {
    ProxyCredentials credentials = fixture.proxy.settings().credentials().orElseThrow();
    try (Socket socket = fixture.connect()) {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      out.write(new byte[] {5, 1, (byte) (password ? 2 : 0)});
      byte[] method = in.readNBytes(2);
      if (method.length < 2 || (method[1] & 0xff) == 0xff) {
        return -1;
      }
      byte[] user = credentials.user().getBytes(UTF_8);
      byte[] secret = (right ? credentials.password() : "wrong").getBytes(UTF_8);
      out.write(1);
      out.write(user.length);
      out.write(user);
      out.write(secret.length);
      out.write(secret);
      byte[] proven = in.readNBytes(2);
      if (proven[1] != 0) {
        return -1;
      }
      byte[] name = host.getBytes(UTF_8);
      out.write(new byte[] {5, 1, 0, 3, (byte) name.length});
      out.write(name);
      out.write(new byte[] {(byte) (port >> 8), (byte) port});
      byte[] answer = in.readNBytes(10);
      if (answer[1] == 0) {
        out.write("ping".getBytes(UTF_8));
        assertThat(new String(in.readNBytes(4), UTF_8)).isEqualTo("ping");
      }
      return answer[1];
    }
  }

  private static byte[] clientHello(String name) throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    engine.setUseClientMode(true);
    if (name != null) {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(name)));
      engine.setSSLParameters(parameters);
    }
    java.nio.ByteBuffer out =
        java.nio.ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(java.nio.ByteBuffer.allocate(0), out);
    byte[] hello = new byte[out.flip().remaining()];
    out.get(hello);
    return hello;
  }

  @Test
  void tlsServerNameMustMatchTheRequestedHost() throws Exception {
    String target = "repo.test:" + echo.port();
    byte[] right = clientHello("repo.test");
    Socket socket = fixture.tunnel(target).getKey();
    // A network may deliver the message in two parts.
    socket.getOutputStream().write(right, 0, 20);
    socket.getOutputStream().flush();
    Thread.sleep(50);
    socket.getOutputStream().write(right, 20, right.length - 20);
    assertThat(socket.getInputStream().readNBytes(right.length)).isEqualTo(right);
    socket.close();
    fixture.records.clear();
    for (String other : new String[] {"evil.test", null}) {
      Socket wrong = fixture.tunnel(target).getKey();
      wrong.getOutputStream().write(clientHello(other));
      assertThat(wrong.getInputStream().readAllBytes()).isEmpty();
    }
    assertThat(fixture.records)
        .filteredOn(record -> !record.allowed())
        .extracting(ConnectionRecord::rule)
        .containsExactly("network.checkServerName", "network.checkServerName");
  }

  /**
   * Sends records that TLS servers accept before or instead of the first message, and binary data.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "15 03 01 00 02 01 00", "14 03 03 00 01 01", "17 03 03 00 01 00", "18 03 03 00 01 00",
        "80 2e 01 03 01 00 15 00 00 00 10", "00 2e 00 01 03 01", "00 00 00 08 04 d2 16 2f", "09 20"
      })
  void dataThatIsNeitherTlsHandshakeNorTextEndsTheConnection(String bytes) throws Exception {
    byte[] before = HexFormat.ofDelimiter(" ").parseHex(bytes);
    Socket socket = fixture.tunnel("repo.test:" + echo.port()).getKey();
    socket.getOutputStream().write(before);
    socket.getOutputStream().write(clientHello("evil.test"));
    assertThat(socket.getInputStream().readAllBytes()).isEmpty();
    assertThat(fixture.records)
        .extracting(ConnectionRecord::rule)
        .containsExactly("network.checkServerName");
  }

  @Test
  void onlyTlsPassesOnPort443() throws Exception {
    for (int port : new int[] {443, 8443}) {
      EmbeddedChannel channel =
          new EmbeddedChannel(new ServerNameGuard(Set.of("repo.test"), port, reason -> {}));
      channel.writeInbound(Unpooled.copiedBuffer("GET / HTTP/1.1", ISO_8859_1));
      assertThat(channel.isOpen()).isEqualTo(port != 443);
      channel.finishAndReleaseAll();
    }
  }

  @Test
  void upstreamProxyIsUsedForTheHostsItCovers() throws Exception {
    try (ProxyFixture upstream =
        new ProxyFixture(ProxyFixture.policy(List.of("repo.test:" + echo.port()), List.of()))) {
      Map<String, String> environment =
          Map.of(
              "HTTPS_PROXY",
              "http://ringfence:"
                  + upstream.proxy.settings().credentials().orElseThrow().password()
                  + "@127.0.0.1:"
                  + upstream.proxy.address().getPort(),
              "NO_PROXY",
              "direct.test, .other.test");
      ProxySettings settings = ProxySettings.usual().withUpstream(UpstreamProxy.of(environment));
      try (ProxyFixture inner =
          new ProxyFixture(
              ProxyFixture.policy(
                  List.of("repo.test:" + echo.port(), "direct.test:" + echo.port(), "no.test:9"),
                  List.of()),
              settings,
              EventSink.NONE)) {
        assertThat(exchange(inner.tunnel("repo.test:" + echo.port()).getKey(), "far"))
            .isEqualTo("far");
        assertThat(exchange(inner.tunnel("direct.test:" + echo.port()).getKey(), "near"))
            .isEqualTo("near");
        assertThat(inner.tunnel("no.test:9").getValue()).startsWith("HTTP/1.1 502 ");
        assertThat(inner.tunnel("evil.test:9").getValue()).startsWith("HTTP/1.1 403 ");
        for (int i = 0; i < 100 && upstream.records.size() < 2; i++) {
          Thread.sleep(10);
        }
        assertThat(upstream.records)
            .extracting(ConnectionRecord::host)
            .containsExactlyInAnyOrder("repo.test", "no.test");
      }
    }
  }

  @Test
  void listenerDecidesOnUnlistedHosts() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    EventSink listener =
        new QuietSink() {
          @Override
          public void violation(Violation violation) {}

          @Override
          public Set<Observation> observes() {
            return Set.of(Observation.UNLISTED_HOSTS);
          }

          @Override
          public HostVerdict unlistedHost(HostRequest request) {
            asked.incrementAndGet();
            return switch (request.host()) {
              case "once.test" -> HostVerdict.ALLOW_ONCE;
              case "always.test" -> HostVerdict.ALLOW_FOR_SANDBOX;
              case "slow.test" -> {
                try {
                  Thread.sleep(60_000);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                yield HostVerdict.ALLOW_FOR_SANDBOX;
              }
              case "broken.test" -> throw new IllegalStateException("no answer");
              default -> HostVerdict.DENY;
            };
          }

          @Override
          public Duration decisionTimeout() {
            return Duration.ofMillis(500);
          }
        };
    try (ProxyFixture asking =
        new ProxyFixture(
            ProxyFixture.policy(List.of(), List.of("denied.test:" + echo.port())),
            ProxySettings.usual(),
            listener)) {
      Map<String, Integer> expected =
          Map.of(
              "once.test",
              2,
              "always.test",
              1,
              "never.test",
              1,
              "slow.test",
              2,
              "broken.test",
              2,
              "denied.test",
              0);
      for (Map.Entry<String, Integer> each : expected.entrySet()) {
        asked.set(0);
        boolean allowed = each.getKey().equals("once.test") || each.getKey().equals("always.test");
        for (int i = 0; i < 2; i++) {
          assertThat(asking.tunnel(each.getKey() + ":" + echo.port()).getValue())
              .as(each.getKey())
              .startsWith(allowed ? "HTTP/1.1 200 " : "HTTP/1.1 403 ");
        }
        assertThat(asked).as(each.getKey()).hasValue(each.getValue());
      }
    }
  }
}
