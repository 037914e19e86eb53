package org.ringfence.kit.session;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ringfence.SandboxException;
import org.ringfence.egress.decision.Clients;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.proxy.EgressProxy;
import org.ringfence.egress.proxy.EgressProxy.Families;
import org.ringfence.egress.proxy.ProxyEnvironment;
import org.ringfence.egress.proxy.ProxySettings;
import org.ringfence.egress.proxy.UpstreamProxy;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.spi.EventSink;

/**
 * The egress proxy of one sandbox on a port of loopback. The backend opens only that port to
 * commands, and passes them the variables that name it. Thread-safe.
 */
public final class LocalEgressProxy implements AutoCloseable {
  private final HostDecisions decisions;
  private final ProxySettings settings;
  private final EgressProxy proxy;
  private final AtomicBoolean closed = new AtomicBoolean();

  private LocalEgressProxy(HostDecisions decisions, ProxySettings settings, EgressProxy proxy) {
    this.decisions = decisions;
    this.settings = settings;
    this.proxy = proxy;
  }

  /**
   * Starts the proxy on 127.0.0.1.
   *
   * @param policy the hosts that are allowed
   * @param ports the ports to try, in this order; 0 means any free one
   * @param sink receives records of connections and decides on hosts
   * @return the running proxy
   * @throws SandboxException if none of the ports is free, or the module for the network is missing
   */
  public static LocalEgressProxy start(
      NetworkPolicy policy, Collection<Integer> ports, EventSink sink) throws SandboxException {
    return start(policy, ports, Families.IP4, sink);
  }

  /**
   * Starts the proxy on 127.0.0.1 and ::1, at any port that is free on both: for systems whose
   * sandbox does not let a JVM's sockets reach 127.0.0.1.
   *
   * @param policy the hosts that are allowed
   * @param sink receives records of connections and decides on hosts
   * @return the running proxy
   * @throws SandboxException if no port is free, or the module for the network is missing
   */
  public static LocalEgressProxy startOnBothFamilies(NetworkPolicy policy, EventSink sink)
      throws SandboxException {
    return start(policy, List.of(0), Families.BOTH, sink);
  }

  private static LocalEgressProxy start(
      NetworkPolicy policy, Collection<Integer> ports, Families families, EventSink sink)
      throws SandboxException {
    RequiredEgress.check("an allowlist");
    ProxySettings usual = ProxySettings.usual();
    // Other programs on this machine reach the port too; the credentials keep them out.
    ProxySettings settings =
        new ProxySettings(
            usual.credentials(),
            UpstreamProxy.of(System.getenv()),
            policy.checkServerName(),
            usual.connectTimeout(),
            usual.idleTimeout());
    HostDecisions decisions = new HostDecisions(policy, sink, sink::connection);
    EgressProxy started = null;
    try {
      started =
          new EgressProxy(
              decisions, AddressLookup.of(policy), settings, new Clients(), ports, families);
      return new LocalEgressProxy(decisions, settings, started);
    } catch (IOException e) {
      String most =
          ports.contains(0) ? "" : "; at most " + ports.size() + " sandboxes have one at a time";
      throw new SandboxException("egress proxy: " + e.getMessage() + most, e);
    } finally {
      if (started == null) {
        decisions.close();
      }
    }
  }

  /**
   * Returns the port that the proxy listens on.
   *
   * @return the port
   */
  public int port() {
    return proxy.address().getPort();
  }

  /**
   * Returns the variables that make programs use the proxy.
   *
   * @param given the variables that the command already has; those it has set itself stay
   * @return the variables to add
   */
  public Map<String, String> variables(Map<String, String> given) {
    return ProxyEnvironment.variables(
        proxy.address(), proxy.dualStackAddress(), settings.credentials(), given);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      proxy.close();
      decisions.close();
    }
  }
}
