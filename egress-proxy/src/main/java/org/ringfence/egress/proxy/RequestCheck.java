package org.ringfence.egress.proxy;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Reads the head of a request strictly. Two programs that read a request differently disagree on
 * the start of the next one. So the proxy refuses an ambiguous request (RFC 9112, 6 and 11.2), and
 * frames a forwarded one by its own reading, not by the client's text.
 */
final class RequestCheck {
  // RFC 9110, 7.6.1: a client may not declare these hop-by-hop: they give the request's end, its
  // target or its content.
  private static final Set<String> NOT_HOP_BY_HOP =
      Set.of(
          "content-length",
          "transfer-encoding",
          "host",
          "trailer",
          "expect",
          "max-forwards",
          "authorization",
          "cache-control",
          "cookie",
          "content-encoding",
          "content-type",
          "content-range",
          "range",
          "via",
          "forwarded");
  // Headers for one hop, and headers that would change the protocol.
  private static final List<String> HOP_BY_HOP =
      List.of(
          "connection",
          "proxy-authorization",
          "proxy-authenticate",
          "proxy-connection",
          "keep-alive",
          "te",
          "upgrade",
          "http2-settings");

  private RequestCheck() {}

  /**
   * Looks for an ambiguity.
   *
   * @return the problem; empty when there is none
   */
  static Optional<String> problem(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return Optional.of("the request is malformed");
    }
    HttpVersion version = request.protocolVersion();
    if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
      return Optional.of("HTTP/1.1 is spoken here");
    }
    if (!visible(request.uri())) {
      return Optional.of("the target of the request has characters that none can have");
    }
    HttpHeaders headers = request.headers();
    List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
    List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (lengths.size() > 1 || lengths.stream().anyMatch(text -> !text.matches("[0-9]{1,18}"))) {
      return Optional.of("the length of the content is not one number");
    }
    if (!encodings.isEmpty()) {
      boolean chunked =
          encodings.size() == 1 && encodings.get(0).trim().equalsIgnoreCase("chunked");
      if (!chunked || !lengths.isEmpty() || version.equals(HttpVersion.HTTP_1_0)) {
        return Optional.of("a transfer encoding is chunked and nothing else, without a length");
      }
    }
    if (request.method().equals(HttpMethod.CONNECT)
        && (!encodings.isEmpty() || !lengths.stream().allMatch("0"::equals))) {
      return Optional.of("a request for a tunnel has no content");
    }
    if (headers.getAll(HttpHeaderNames.HOST).size() > 1) {
      return Optional.of("more than one host is named");
    }
    if (headers.getAll(HttpHeaderNames.PROXY_AUTHORIZATION).size() > 1) {
      return Optional.of("more than one set of credentials is shown");
    }
    for (String name : connectionOptions(headers)) {
      if (NOT_HOP_BY_HOP.contains(name) || !name.matches("[!#$%&'*+.^_`|~0-9a-z-]+")) {
        return Optional.of("Connection may not name " + shown(name));
      }
    }
    return Optional.empty();
  }

  private static boolean visible(String target) {
    return !target.isEmpty() && target.chars().allMatch(each -> each > ' ' && each < 127);
  }

  private static String shown(String text) {
    return text.replaceAll("[^ -~]", "?");
  }

  private static Set<String> connectionOptions(HttpHeaders headers) {
    Set<String> names = new TreeSet<>();
    for (String line : headers.getAll(HttpHeaderNames.CONNECTION)) {
      for (String name : line.split(",")) {
        String listed = name.trim().toLowerCase(Locale.ROOT);
        if (!listed.isEmpty()) {
          names.add(listed);
        }
      }
    }
    return names;
  }

  /**
   * Returns whether a request in absolute form names another host (RFC 9112, 3.2.2).
   *
   * @param target the host of the request's target
   * @param defaultPort the port when none is named
   */
  static boolean namesAnotherHost(HttpRequest request, Authority target, int defaultPort) {
    String host = request.headers().get(HttpHeaderNames.HOST);
    if (host == null) {
      return request.protocolVersion().equals(HttpVersion.HTTP_1_1);
    }
    try {
      return !Authority.parse(host.trim(), defaultPort).equals(target);
    } catch (InvalidPolicyException e) {
      return true;
    }
  }

  /**
   * Prepares a request for the next hop: drops the headers for this hop, and those that the client
   * declares so, and sets the framing from the request as read.
   */
  static void prepare(HttpRequest request) {
    HttpHeaders headers = request.headers();
    boolean chunked = HttpUtil.isTransferEncodingChunked(request);
    OptionalLong length =
        HttpUtil.isContentLengthSet(request)
            ? OptionalLong.of(HttpUtil.getContentLength(request))
            : OptionalLong.empty();
    connectionOptions(headers).stream()
        .filter(name -> !NOT_HOP_BY_HOP.contains(name))
        .forEach(headers::remove);
    HOP_BY_HOP.forEach(headers::remove);
    headers.remove(HttpHeaderNames.TRAILER);
    headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    if (chunked) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    } else if (length.isPresent()) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, length.getAsLong());
    }
  }
}
