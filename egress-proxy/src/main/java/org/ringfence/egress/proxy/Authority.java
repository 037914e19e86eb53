package org.ringfence.egress.proxy;

import org.ringfence.policy.value.HostPattern;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * A host and a port as a client of the proxy named them, in the one form that Ringfence compares.
 *
 * @param host a name or an address in its normal form
 * @param port the port
 */
record Authority(String host, int port) {
  private static final String FIELD = "host";

  /**
   * Reads {@code host:port} strictly: only ASCII, no user, no zone, no dot at the end, an IPv4
   * address as four decimal numbers.
   *
   * @param text the text
   * @param defaultPort the port when there is none; 0 when the text must have one
   * @throws InvalidPolicyException if it is anything else
   */
  static Authority parse(String text, int defaultPort) {
    String host = text;
    String port = null;
    if (text.startsWith("[")) {
      int close = text.indexOf(']');
      if (close < 0 || (close + 1 < text.length() && text.charAt(close + 1) != ':')) {
        throw new InvalidPolicyException(FIELD, shown(text), "[2001:db8::1]:443");
      }
      host = text.substring(1, close);
      if (host.indexOf(':') < 0) {
        throw new InvalidPolicyException(FIELD, shown(text), "[2001:db8::1]:443");
      }
      port = close + 1 < text.length() ? text.substring(close + 2) : null;
    } else if (text.indexOf(':') >= 0) {
      host = text.substring(0, text.indexOf(':'));
      port = text.substring(text.indexOf(':') + 1);
    }
    if (port == null && defaultPort == 0) {
      throw new InvalidPolicyException(FIELD, shown(text), "a host with a port, example.org:443");
    }
    return new Authority(host(host), port == null ? defaultPort : port(text, port));
  }

  /** Reads a host without a port. */
  static String host(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) <= ' ' || text.charAt(i) >= 127) {
        throw new InvalidPolicyException(
            FIELD, shown(text), "a name in its ASCII form, xn--bcher-kva.example");
      }
    }
    return HostPattern.normalise(FIELD, text);
  }

  private static int port(String text, String digits) {
    if (digits.matches("[0-9]{1,5}")) {
      int port = Integer.parseInt(digits);
      if (port >= 1 && port <= 65535) {
        return port;
      }
    }
    throw new InvalidPolicyException(FIELD, shown(text), "a port from 1 to 65535");
  }

  private static String shown(String text) {
    return text.replaceAll("[^ -~]", "?");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
