package org.ringfence.policy.value;

import java.net.IDN;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A host and a range of ports, such as {@code repo.example.org}, {@code *.example.org:443}, {@code
 * 192.0.2.7:8000-8100} or {@code [2001:db8::1]:443}. Without ports, 80 and 443 are allowed, and all
 * are denied.
 *
 * <p>Names are compared in lower case and in their ASCII form. {@code *.example.org} matches every
 * name below {@code example.org}, not {@code example.org} itself. {@code *:443} allows every name,
 * but no address and not this machine; on a deny list it denies those, too.
 */
public final class HostPattern {
  private static final Pattern LABEL = Pattern.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");
  private static final Pattern IPV4 =
      Pattern.compile(
          "((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])");
  private static final Pattern NUMERIC = Pattern.compile("(0x[0-9a-f]*|[0-9]+)");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-f:]*:[0-9a-f:.]*");

  private final String host;
  private final boolean below;
  private static final String ANY = "*";

  private final int firstPort;
  private final int lastPort;

  private HostPattern(String host, boolean below, int firstPort, int lastPort) {
    this.host = host;
    this.below = below;
    this.firstPort = firstPort;
    this.lastPort = lastPort;
  }

  /**
   * Reads a pattern.
   *
   * @param text the pattern
   * @return the pattern
   * @throws InvalidPolicyException if it is malformed, with the nearest valid form
   */
  public static HostPattern parse(String text) {
    Objects.requireNonNull(text, "text");
    String field = "network host";
    int scheme = text.indexOf("://");
    if (scheme >= 0) {
      throw new InvalidPolicyException(field, text, "the host alone, " + alone(text, scheme));
    }
    String hostPart = text;
    String portPart = null;
    if (text.startsWith("[")) {
      int close = text.indexOf(']');
      if (close < 0) {
        throw new InvalidPolicyException(field, text, "an IPv6 address in brackets, [::1]:443");
      }
      hostPart = text.substring(1, close);
      if (close + 1 < text.length()) {
        if (text.charAt(close + 1) != ':') {
          throw new InvalidPolicyException(field, text, "a port after the bracket, [::1]:443");
        }
        portPart = text.substring(close + 2);
      }
    } else if (text.indexOf(':') >= 0 && text.indexOf(':') == text.lastIndexOf(':')) {
      hostPart = text.substring(0, text.indexOf(':'));
      portPart = text.substring(text.indexOf(':') + 1);
    }
    boolean below = hostPart.startsWith("*.");
    boolean any = hostPart.equals(ANY);
    if (any && portPart == null) {
      throw new InvalidPolicyException(field, text, "every name with its ports, *:443");
    }
    if (below) {
      hostPart = hostPart.substring(2);
      if (IPV4.matcher(hostPart).matches() || hostPart.indexOf(':') >= 0) {
        throw new InvalidPolicyException(field, text, "an address without a wildcard");
      }
      if (hostPart.indexOf('.') < 0) {
        throw new InvalidPolicyException(field, text, "at least two labels, *.example.org");
      }
    }
    String normal = any ? ANY : normalise(field, hostPart);
    if (portPart == null) {
      return new HostPattern(normal, below, -1, -1);
    }
    int dash = portPart.indexOf('-');
    int first = port(field, text, dash < 0 ? portPart : portPart.substring(0, dash));
    int last = dash < 0 ? first : port(field, text, portPart.substring(dash + 1));
    if (last < first) {
      throw new InvalidPolicyException(field, text, "a range that goes up, 8000-8100");
    }
    return new HostPattern(normal, below, first, last);
  }

  /** Returns the host of a URL, and the port if its scheme implies one. */
  private static String alone(String url, int scheme) {
    String authority = url.substring(scheme + "://".length()).split("[/?#]", 2)[0];
    authority = authority.substring(authority.lastIndexOf('@') + 1);
    if (authority.isEmpty()) {
      return "example.org";
    }
    if (authority.replaceFirst("^\\[.*]", "").indexOf(':') >= 0) {
      return authority;
    }
    return switch (url.substring(0, scheme).toLowerCase(Locale.ROOT)) {
      case "http", "ws" -> authority + ":80";
      case "https", "wss" -> authority + ":443";
      default -> authority;
    };
  }

  private static int port(String field, String text, String digits) {
    try {
      int port = Integer.parseInt(digits);
      if (port >= 1 && port <= 65535 && digits.charAt(0) != '+') {
        return port;
      }
    } catch (NumberFormatException e) {
      throw new InvalidPolicyException(field, text, "a port from 1 to 65535", e);
    }
    throw new InvalidPolicyException(field, text, "a port from 1 to 65535");
  }

  public static void checkPort(int port) {
    if (port < 1 || port > 65535) {
      throw new InvalidPolicyException("port", Integer.toString(port), "a port from 1 to 65535");
    }
  }

  /**
   * Normalises a host name for comparison: lower case, ASCII, no trailing dot.
   *
   * @param field the name of the field, for the error
   * @param host the host as written
   * @return the normal form
   * @throws InvalidPolicyException if it is no host name and no plain IP literal
   */
  public static String normalise(String field, String host) {
    if (host.isEmpty()) {
      throw new InvalidPolicyException(field, host, "a host name, example.org");
    }
    if (host.endsWith(".")) {
      throw new InvalidPolicyException(
          field, host, "the name without a trailing dot, " + host.substring(0, host.length() - 1));
    }
    if (host.indexOf('%') >= 0) {
      throw new InvalidPolicyException(field, host, "an address without a zone id");
    }
    if (host.indexOf('@') >= 0) {
      throw new InvalidPolicyException(
          field, host, "the host alone, " + host.substring(host.indexOf('@') + 1));
    }
    if (host.indexOf('/') >= 0) {
      throw new InvalidPolicyException(field, host, "a host name without a scheme or a path");
    }
    String lower = host.toLowerCase(Locale.ROOT);
    if (IPV6.matcher(lower).matches()) {
      return ipv6(field, host, lower);
    }
    String ascii;
    try {
      ascii = IDN.toASCII(lower, 0);
    } catch (IllegalArgumentException e) {
      throw new InvalidPolicyException(field, printable(host), "a host name, example.org", e);
    }
    if (ascii.length() > 253) {
      throw new InvalidPolicyException(field, printable(host), "at most 253 characters");
    }
    if (IPV4.matcher(ascii).matches()) {
      return ascii;
    }
    String[] labels = ascii.split("\\.", -1);
    for (String label : labels) {
      if (!LABEL.matcher(label).matches()) {
        throw new InvalidPolicyException(field, printable(host), "a host name, example.org");
      }
    }
    if (NUMERIC.matcher(labels[labels.length - 1]).matches()) {
      throw new InvalidPolicyException(
          field, host, "an IPv4 address as four decimal numbers, 192.0.2.1");
    }
    return ascii;
  }

  private static String ipv6(String field, String host, String lower) {
    try {
      // The JDK parses a literal and never looks it up: the pattern above excludes names.
      return InetAddress.getByName(lower).getHostAddress();
    } catch (UnknownHostException e) {
      throw new InvalidPolicyException(field, host, "an IPv6 address, 2001:db8::1", e);
    }
  }

  private static String printable(String host) {
    return host.replaceAll("\\p{Cntrl}", "?");
  }

  /**
   * Normalises an address for comparison.
   *
   * @param address the address
   * @return its literal, without a zone
   */
  public static String literal(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return normalise("host", zone < 0 ? text : text.substring(0, zone));
  }

  /** Returns the address that a normal form stands for; empty for a name. */
  static Optional<InetAddress> literal(String normal) {
    if (!IPV4.matcher(normal).matches() && normal.indexOf(':') < 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByName(normal));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("a literal is not looked up", e);
    }
  }

  /** Returns the first and the last port, and those next to them. */
  public IntStream portsAroundEnds() {
    return firstPort < 0
        ? IntStream.empty()
        : IntStream.of(firstPort - 1, firstPort, lastPort, lastPort + 1);
  }

  public static boolean isLoopback(String normal) {
    return normal.equals("localhost")
        || normal.equals("0:0:0:0:0:0:0:1")
        || (normal.startsWith("127.") && IPV4.matcher(normal).matches());
  }

  /**
   * Returns whether a host is this machine or may lie in its own network: loopback, an address of a
   * special range, or a name of one label, which hosts files and search domains complete.
   *
   * @param host a name or a literal, in brackets or not
   */
  public static boolean isNear(String host) {
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    String normal = normalise("host", bare);
    return literal(normal)
        .map(AddressRange::isSpecial)
        .orElseGet(
            () -> isLoopback(normal) || normal.endsWith(".localhost") || normal.indexOf('.') < 0);
  }

  public boolean matches(String normalHost, int port) {
    boolean portMatches =
        firstPort < 0 ? port == 80 || port == 443 : port >= firstPort && port <= lastPort;
    if (!portMatches) {
      return false;
    }
    return matches(normalHost);
  }

  /** Matches as an entry of a deny list: without ports, it denies all of them. */
  public boolean denies(String normalHost, int port) {
    if (host.equals(ANY)) {
      return firstPort < 0 || port >= firstPort && port <= lastPort;
    }
    return firstPort < 0 ? matches(normalHost) : matches(normalHost, port);
  }

  private boolean matches(String normalHost) {
    if (host.equals(ANY)) {
      // Every name; an address, and this machine, only if named.
      return literal(normalHost).isEmpty() && !isLoopback(normalHost);
    }
    return below ? normalHost.endsWith("." + host) : normalHost.equals(host);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HostPattern that
        && host.equals(that.host)
        && below == that.below
        && firstPort == that.firstPort
        && lastPort == that.lastPort;
  }

  @Override
  public int hashCode() {
    return Objects.hash(host, below, firstPort, lastPort);
  }

  /** Returns the pattern as {@link #parse} reads it. */
  @Override
  public String toString() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    String ports =
        firstPort < 0
            ? ""
            : firstPort == lastPort ? ":" + firstPort : ":" + firstPort + "-" + lastPort;
    return (below ? "*." : "") + name + ports;
  }
}
