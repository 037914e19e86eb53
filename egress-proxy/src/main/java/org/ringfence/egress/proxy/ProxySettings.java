package org.ringfence.egress.proxy;

import java.time.Duration;
import java.util.Optional;

/**
 * The settings of an egress proxy.
 *
 * @param credentials the credentials that clients must send; empty only where something else guards
 *     the port
 * @param upstream the proxy that connections go through; empty for none
 * @param checkServerName whether a TLS client must name, in its first message, the host that it
 *     requested
 * @param connectTimeout the time limit for connecting to a host
 * @param idleTimeout the time limit for silence in both directions
 */
public record ProxySettings(
    Optional<ProxyCredentials> credentials,
    Optional<UpstreamProxy> upstream,
    boolean checkServerName,
    Duration connectTimeout,
    Duration idleTimeout) {

  /**
   * Returns the usual settings, with new credentials.
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
   * Returns these settings with another upstream proxy.
   *
   * @param proxy the proxy, or empty for none
   * @return the settings
   */
  public ProxySettings withUpstream(Optional<UpstreamProxy> proxy) {
    return new ProxySettings(credentials, proxy, checkServerName, connectTimeout, idleTimeout);
  }

  /**
   * Returns these settings without credentials.
   *
   * @return the settings
   */
  public ProxySettings withoutCredentials() {
    return new ProxySettings(
        Optional.empty(), upstream, checkServerName, connectTimeout, idleTimeout);
  }
}
