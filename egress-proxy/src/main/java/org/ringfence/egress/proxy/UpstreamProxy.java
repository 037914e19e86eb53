package org.ringfence.egress.proxy;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The proxy that the caller's network requires; allowed connections go through it.
 *
 * @param host its name or address
 * @param port its port
 * @param credentials the credentials that it requires; empty for none
 * @param direct hosts reached without it: {@code *}, addresses, or names, which cover their
 *     subdomains
 */
public record UpstreamProxy(
    String host, int port, Optional<ProxyCredentials> credentials, List<String> direct) {
  private static final int HTTP_PORT = 80;

  /** Copies the list. */
  public UpstreamProxy {
    direct = List.copyOf(direct);
  }

  /**
   * Finds the proxy in variables: {@code HTTPS_PROXY}, {@code ALL_PROXY} or {@code HTTP_PROXY} and
   * {@code NO_PROXY}, each also in lower case, which takes precedence. Ignores an {@code ALL_PROXY}
   * of another kind.
   *
   * @param environment the variables of the caller
   * @return the proxy; empty when there is none
   * @throws InvalidPolicyException if a variable is malformed, or names a proxy that is not HTTP
   */
  public static Optional<UpstreamProxy> of(Map<String, String> environment) {
    for (String name : List.of("HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY")) {
      for (String spelled : List.of(name.toLowerCase(Locale.ROOT), name)) {
        String value = environment.getOrDefault(spelled, "");
        boolean usable =
            !name.equals("ALL_PROXY") || !value.contains("://") || value.startsWith("http://");
        if (!value.isBlank() && usable) {
          return Optional.of(parse(spelled, value.trim(), direct(environment)));
        }
      }
    }
    return Optional.empty();
  }

  private static List<String> direct(Map<String, String> environment) {
    String value = environment.getOrDefault("no_proxy", environment.getOrDefault("NO_PROXY", ""));
    return Stream.of(value.split("[,\\s]+"))
        .map(entry -> entry.toLowerCase(Locale.ROOT))
        .filter(entry -> !entry.isEmpty())
        .toList();
  }

  private static UpstreamProxy parse(String name, String value, List<String> direct) {
    URI uri;
    try {
      uri = new URI(value.contains("://") ? value : "http://" + value);
    } catch (URISyntaxException e) {
      throw new InvalidPolicyException(name, masked(value), "http://proxy.example.org:3128", e);
    }
    if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
      throw new InvalidPolicyException(name, masked(value), "http://proxy.example.org:3128");
    }
    String host = uri.getHost();
    return new UpstreamProxy(
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
        uri.getPort() < 0 ? HTTP_PORT : uri.getPort(),
        Optional.ofNullable(uri.getRawUserInfo()).map(UpstreamProxy::credentials),
        direct);
  }

  private static ProxyCredentials credentials(String raw) {
    int colon = raw.indexOf(':');
    return new ProxyCredentials(
        decoded(colon < 0 ? raw : raw.substring(0, colon)),
        colon < 0 ? "" : decoded(raw.substring(colon + 1)));
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static String masked(String value) {
    return value.replaceAll("//[^@/]*@", "//***@");
  }

  /**
   * Returns whether connections to a host go through this proxy.
   *
   * @param target the host in its normal form
   * @return false for a host reached directly
   */
  public boolean covers(String target) {
    return direct.stream()
        .noneMatch(
            entry -> {
              String bare = entry.replaceFirst("^\\*?\\.", "").replaceFirst(":[0-9]+$", "");
              return entry.equals("*") || target.equals(bare) || target.endsWith("." + bare);
            });
  }
}
