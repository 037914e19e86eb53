package org.ringfence.egress.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.ringfence.egress.proxy.ProxyFixture.Server;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.spi.EventSink;

/**
 * Request smuggling: if two programs disagree on the end of a request, one of them sees a second
 * request that the other has not checked. Here the second request names a denied host. Each case
 * runs against an upstream proxy and against a plain server.
 */
class SmugglingTest {
  private static final String HIDDEN =
      "GET http://evil.test/hidden HTTP/1.1\r\nHost: evil.test\r\n";

  /**
   * The first lines of the requests that reached the server. The server adds a line if a request is
   * framed twice.
   */
  private static final Queue<String> arrived = new ConcurrentLinkedQueue<>();

  /**
   * Numbers the requests, so that each has a different target. A request that the proxy refuses
   * after its head may reach the server only after the next request.
   */
  private static final AtomicInteger sent = new AtomicInteger();

  private static Server server;
  private static ProxyFixture direct;
  private static ProxyFixture upstream;

  @BeforeAll
  static void start() throws IOException {
    server = new Server((in, out, client) -> serve(in, out));
    String host = "web.test:" + server.port();
    direct = new ProxyFixture(ProxyFixture.policy(List.of(host), List.of()));
    upstream =
        new ProxyFixture(
            ProxyFixture.policy(List.of(host), List.of()),
            ProxySettings.usual()
                .withUpstream(
                    UpstreamProxy.of(Map.of("HTTP_PROXY", "http://127.0.0.1:" + server.port()))),
            EventSink.NONE);
  }

  @AfterAll
  static void stop() throws IOException {
    direct.close();
    upstream.close();
    server.close();
  }

  @BeforeEach
  void clearRecords() {
    arrived.clear();
    upstream.records.clear();
    direct.records.clear();
  }

  /** Answers requests in order and records their first lines. */
  private static void serve(InputStream in, OutputStream out) throws IOException {
    for (String head = ProxyFixture.head(in); !head.isEmpty(); head = ProxyFixture.head(in)) {
      arrived.add(head.substring(0, Math.max(0, head.indexOf('\r'))));
      String lower = head.toLowerCase(java.util.Locale.ROOT);
      boolean chunked = lower.contains("\r\ntransfer-encoding: chunked\r\n");
      boolean length = lower.contains("\r\ncontent-length: ");
      if (chunked && length
          || lower.split("\r\n(content-length|transfer-encoding|host):", -1).length > 3) {
        arrived.add("framed twice");
      }
      if (chunked) {
        for (int size = chunkSize(in); size > 0; size = chunkSize(in)) {
          in.readNBytes(size + 2);
        }
        // An empty line, without trailers.
        assertThat(
                ProxyFixture.head(
                    new java.io.SequenceInputStream(
                        new java.io.ByteArrayInputStream("\r\n".getBytes(ISO_8859_1)), in)))
            .isEqualTo("\r\n\r\n");
      } else if (length) {
        in.readNBytes(Integer.parseInt(lower.replaceAll("(?s).*content-length: ([0-9]+).*", "$1")));
      }
      out.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
      out.flush();
    }
  }

  private static int chunkSize(InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf("\r\n") < 0) {
      text.append((char) in.read());
    }
    return Integer.parseInt(text.toString().trim(), 16);
  }

  private static Arguments refused(String what, String head, String body) {
    return Arguments.of(what, "POST", "HTTP/1.1", head, body, true);
  }

  private static Arguments accepted(String what, String head, String body) {
    return Arguments.of(what, "POST", "HTTP/1.1", head, body, false);
  }

  private static String chunked(String body) {
    return Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n";
  }

  static Stream<Arguments> requests() {
    String length = "Content-Length: " + (HIDDEN.length() + 2) + "\r\n";
    String hidden = HIDDEN + "\r\n";
    String chunks = "Transfer-Encoding: chunked\r\n";
    String none = "0\r\n\r\n" + hidden;
    Stream<Arguments> framing =
        Stream.of(
            refused(
                "Connection names the length", length + "Connection: content-length\r\n", hidden),
            refused(
                "Connection names the length among others",
                length + "Connection: close, X-A, Content-Length\r\n",
                hidden),
            refused(
                "Connection names the length on a second line",
                length + "Connection: keep-alive\r\nConnection:content-length\r\n",
                hidden),
            refused(
                "Connection names the encoding",
                chunks + "Connection: Transfer-Encoding\r\n",
                chunked(hidden)),
            refused("Connection names the host", length + "Connection: host\r\n", hidden),
            refused("Connection names no valid name", length + "Connection: a b\r\n", hidden),
            refused("length and encoding", "Content-Length: 4\r\n" + chunks, none),
            refused("encoding and length", chunks + "Content-Length: 4\r\n", none),
            refused("two lengths", "Content-Length: 0\r\n" + length, hidden),
            refused("the same length twice", length + length, hidden),
            refused("a list of lengths", "Content-Length: 0, 0\r\n", hidden),
            refused("a list of encodings", "Transfer-Encoding: chunked, identity\r\n", none),
            refused("chunked is not last", "Transfer-Encoding: chunked, gzip\r\n", none),
            refused("chunked is last of two", "Transfer-Encoding: gzip, chunked\r\n", none),
            refused("chunked twice", "Transfer-Encoding: chunked\r\n" + chunks, none),
            refused("identity and chunked", "Transfer-Encoding: identity\r\n" + chunks, none),
            refused("an unknown encoding", "Transfer-Encoding: xchunked\r\n", none),
            refused("an encoding in quotes", "Transfer-Encoding: \"chunked\"\r\n", none),
            refused("an encoding with a parameter", "Transfer-Encoding: chunked;a=b\r\n", none),
            refused("an empty encoding", "Transfer-Encoding: \r\n", none),
            refused(
                "an encoding with a vertical tab", "Transfer-Encoding: \u000bchunked\r\n", none),
            refused("an encoding with a NUL", "Transfer-Encoding: chunked\u0000\r\n", none),
            refused("a blank before the colon", "Transfer-Encoding : chunked\r\n", none),
            refused("a tab before the colon", "Transfer-Encoding\t: chunked\r\n", none),
            refused("a NUL in the name", "Transfer-Encoding\u0000: chunked\r\n", none),
            refused("a name without a colon", "Transfer-Encoding chunked\r\n", none),
            refused("a line feed ends a line", "X: a\nTransfer-Encoding: chunked\r\n", none),
            refused("a carriage return ends a line", "X: a\rTransfer-Encoding: chunked\r\n", none));
    Stream<Arguments> lengths =
        Stream.of("+4", "-4", "0x4", "4 4", "4;", "4.0", "\"4\"", "", "99999999999999999999")
            .map(each -> refused("length " + each, "Content-Length: " + each + "\r\n", hidden));
    Stream<Arguments> chunkSizes =
        Stream.of("-1", "0x4", "+4", "g", "fffffffffffffffff", "4\n")
            .map(each -> refused("chunk " + each, chunks, each + "\r\nabcd\r\n" + none));
    Stream<Arguments> folded =
        Stream.of(
            accepted("a folded header", "X: a\r\n Transfer-Encoding: chunked\r\n", hidden),
            accepted("an underscore in the header name", "Transfer_Encoding: chunked\r\n", hidden),
            accepted("content that looks like a request", length, hidden),
            accepted("chunks that look like a request", chunks, chunked(hidden)),
            accepted("a chunk extension", chunks, "4;a=b\r\nabcd\r\n0\r\n\r\n"),
            accepted("trailers", chunks, "4\r\nabcd\r\n0\r\nX-Trailer: 1\r\n\r\n"),
            accepted("a hidden request after the end", "Content-Length: 0\r\n", hidden));
    Stream<Arguments> lines =
        Stream.of(
            Arguments.of("HTTP/1.0 with chunks", "POST", "HTTP/1.0", chunks, none, true),
            Arguments.of("HTTP/1.2 with a length", "POST", "HTTP/1.2", length, hidden, true),
            Arguments.of("HTTP/2.0 with a length", "POST", "HTTP/2.0", length, hidden, true),
            Arguments.of("HTTP/0.9", "GET", "", "", hidden, true));
    return Stream.of(framing, lengths, chunkSizes, folded, lines).flatMap(each -> each);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("requests")
  void noRequestIsSmuggledInsideAnother(
      String what, String method, String version, String head, String body, boolean refused)
      throws Exception {
    for (ProxyFixture through : List.of(direct, upstream)) {
      String host = "web.test:" + server.port();
      String answer =
          send(
              through,
              (method + " http://" + host + "/visible/" + sent.incrementAndGet() + " " + version)
                      .trim()
                  + "\r\nHost: "
                  + host
                  + "\r\n"
                  + through.authorization()
                  + head
                  + "\r\n"
                  + body);
      if (refused) {
        assertThat(answer).doesNotContain("HTTP/1.1 200");
      } else {
        assertThat(answer).startsWith("HTTP/1.1 200");
      }
      assertThat(arrived).noneMatch(line -> line.contains("hidden") || line.contains("evil"));
      assertThat(arrived).doesNotContain("framed twice").doesNotHaveDuplicates();
      arrived.clear();
    }
  }

  @Test
  void requestWithAmbiguousHostOrTargetGets400() throws Exception {
    String host = "web.test:" + server.port();
    for (ProxyFixture through : List.of(direct, upstream)) {
      for (String hosts :
          List.of(
              "",
              "Host: evil.test\r\n",
              "Host: web.test\r\n",
              "Host: web.test:1\r\n",
              "Host: a@" + host + "\r\n",
              "Host: " + host + ", evil.test\r\n",
              "Host: " + host + "\r\nHost: evil.test\r\n",
              "Host: " + host + "\r\nHost: " + host + "\r\n")) {
        assertThat(
                send(
                    through,
                    "GET http://"
                        + host
                        + "/ HTTP/1.1\r\n"
                        + hosts
                        + through.authorization()
                        + "\r\n"))
            .as(hosts)
            .startsWith("HTTP/1.1 400 ");
      }
      for (String target :
          List.of(
              "http://" + host + "/#a",
              "http://evil.test@" + host + "/",
              "http://" + host + "\\@evil.test/",
              "http:///",
              "/",
              "*",
              "https://" + host + "/")) {
        assertThat(
                send(
                    through,
                    "GET "
                        + target
                        + " HTTP/1.1\r\nHost: "
                        + host
                        + "\r\n"
                        + through.authorization()
                        + "\r\n"))
            .as(target)
            .startsWith("HTTP/1.1 400 ");
      }
      assertThat(arrived).isEmpty();
    }
  }

  @Test
  void connectRequestWithContentGets400() throws Exception {
    String host = "web.test:" + server.port();
    for (String framing : List.of("Content-Length: 4\r\n", "Transfer-Encoding: chunked\r\n")) {
      assertThat(
              send(
                  upstream,
                  "CONNECT "
                      + host
                      + " HTTP/1.1\r\nHost: "
                      + host
                      + "\r\n"
                      + upstream.authorization()
                      + framing
                      + "\r\n0\r\n\r\n"))
          .startsWith("HTTP/1.1 400 ");
    }
    assertThat(arrived).isEmpty();
  }

  @Test
  void refusedSecondRequestIsRecorded() throws Exception {
    String host = "web.test:" + server.port();
    String answer =
        send(
            upstream,
            "POST http://"
                + host
                + "/ HTTP/1.1\r\nHost: "
                + host
                + "\r\n"
                + upstream.authorization()
                + "Content-Length: 0\r\n\r\n"
                + HIDDEN
                + upstream.authorization()
                + "\r\n");
    assertThat(answer).contains("HTTP/1.1 200 ").contains("HTTP/1.1 403 ");
    assertThat(upstream.records)
        .filteredOn(record -> !record.allowed())
        .extracting(ConnectionRecord::host)
        .containsExactly("evil.test");
  }

  private static String send(ProxyFixture through, String request) throws IOException {
    try (Socket socket = through.connect()) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    } catch (java.net.SocketException e) {
      // The proxy closed the connection before it had read the whole request.
      return "";
    }
  }
}
