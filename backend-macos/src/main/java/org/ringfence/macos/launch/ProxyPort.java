package org.ringfence.macos.launch;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.ringfence.SandboxException;
import org.ringfence.egress.Clients;
import org.ringfence.egress.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.proxy.EgressProxy;
import org.ringfence.egress.proxy.ProxyEnvironment;
import org.ringfence.egress.proxy.ProxySettings;
import org.ringfence.egress.proxy.UpstreamProxy;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.spi.EventSink;

/** An egress proxy on a port of loopback that the profile opens, and the variables that name it. */
final class ProxyPort implements AutoCloseable {
  private final HostDecisions decisions;
  private final ProxySettings settings;
  private final EgressProxy proxy;

  ProxyPort(NetworkPolicy policy, EventSink listener) throws SandboxException {
    this.decisions = new HostDecisions(policy, listener, listener::connection);
    ProxySettings usual = ProxySettings.usual();
    // Others of this machine reach the port, too: without the credentials it is of no use.
    this.settings =
        new ProxySettings(
            usual.credentials(),
            UpstreamProxy.of(System.getenv()),
            policy.checkServerName(),
            usual.connectTimeout(),
            usual.idleTimeout());
    EgressProxy started = null;
    try {
      started =
          new EgressProxy(decisions, AddressLookup.of(policy), settings, new Clients(), List.of(0));
    } catch (IOException e) {
      throw new SandboxException("egress proxy: " + e.getMessage(), e);
    } finally {
      if (started == null) {
        decisions.close();
      }
    }
    this.proxy = started;
  }

  int port() {
    return proxy.address().getPort();
  }

  /** Variables that lead programs to it; what the command has set itself stays. */
  Map<String, String> variables(Map<String, String> given) {
    return ProxyEnvironment.variables(proxy.address(), settings.credentials(), given);
  }

  @Override
  public void close() {
    proxy.close();
    decisions.close();
  }
}
