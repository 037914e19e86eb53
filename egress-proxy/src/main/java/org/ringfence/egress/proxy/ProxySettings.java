package org.ringfence.egress.proxy;

import java.time.Duration;
import java.util.Optional;

/**
 * How an egress proxy behaves.
 *
 * @param credentials what its clients have to prove themselves with; empty only where something
 *     else keeps others from the port
 * @param upstream the proxy that connections go through, empty for none
 * @param checkServerName whether a TLS client must name, in its first message, the host that it
 *     asked to be connected to
 * @param connectTimeout how long a connection to a host may take to be made
 * @param idleTimeout how long a connection may be silent in both directions
 */
public record ProxySettings(
    Optional<ProxyCredentials> credentials,
    Optional<UpstreamProxy> upstream,
    boolean checkServerName,
    Duration connectTimeout,
    Duration idleTimeout) {

  /**
   * The usual settings, with credentials of their own.
   *
   * @return new credentials, no upstream proxy, server names checked, 20 seconds to connect, 15
   *     minutes of silence
   */
  public static ProxySettings usual() {
    return new ProxySettings(
        Optional.of(ProxyCredentials.random()),
        Optional.empty(),
        true,
        Duration.ofSeconds(20),
        Duration.ofMinutes(15));
  }

  /**
   * The same with another upstream proxy.
   *
   * @param proxy the proxy, or empty for none
   * @return the settings
   */
  public ProxySettings withUpstream(Optional<UpstreamProxy> proxy) {
    return new ProxySettings(credentials, proxy, checkServerName, connectTimeout, idleTimeout);
  }

  /**
   * The same for clients that prove nothing.
   *
   * @return the settings
   */
  public ProxySettings withoutCredentials() {
    return new ProxySettings(
        Optional.empty(), upstream, checkServerName, connectTimeout, idleTimeout);
  }
}
