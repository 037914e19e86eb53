package org.ringfence.policy.value;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * A name server that resolves allowed names.
 *
 * @param address its address
 * @param port its port, 53 as a rule
 */
public record DnsServer(InetAddress address, int port) {
  private static final String FIELD = "network.dnsServers";

  /** The port of DNS (RFC 1035). */
  public static final int DNS_PORT = 53;

  /** Checks both parts. */
  public DnsServer {
    Objects.requireNonNull(address, "address");
    if (port < 1 || port > 65535) {
      throw new InvalidPolicyException(FIELD, Integer.toString(port), "a port from 1 to 65535");
    }
  }

  /**
   * Reads {@code 192.0.2.53}, {@code 192.0.2.53:5353} or {@code [2001:db8::53]:53}.
   *
   * @param text the server
   * @return the server
   * @throws InvalidPolicyException if it is malformed
   */
  public static DnsServer parse(String text) {
    boolean bracketed = text.startsWith("[");
    int close = bracketed ? text.indexOf(']') : -1;
    int colon = bracketed ? text.indexOf(':', Math.max(close, 0)) : text.indexOf(':');
    boolean bareV6 = !bracketed && colon >= 0 && text.indexOf(':', colon + 1) >= 0;
    boolean hasPort = colon >= 0 && !bareV6;
    String host = hasPort ? text.substring(0, colon) : text;
    if (bracketed && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    String port = hasPort ? text.substring(colon + 1) : Integer.toString(DNS_PORT);
    InetAddress address =
        HostPattern.literal(HostPattern.normalise(FIELD, host))
            .orElseThrow(
                () -> new InvalidPolicyException(FIELD, text, "an address, 192.0.2.53:53"));
    if (!port.matches("[0-9]{1,5}")) {
      throw new InvalidPolicyException(FIELD, text, "a port from 1 to 65535");
    }
    return new DnsServer(address, Integer.parseInt(port));
  }

  /**
   * Returns the address to send to.
   *
   * @return address and port
   */
  public InetSocketAddress socketAddress() {
    return new InetSocketAddress(address, port);
  }

  /** Returns the server as {@link #parse} reads it. */
  @Override
  public String toString() {
    String host = address.getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
