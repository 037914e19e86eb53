package org.ringfence.windows.launch;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
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
import org.ringfence.windows.system.WindowsCallException;

/** An egress proxy on a port that is open to the offline user, and the variables that name it. */
final class LedToProxy implements AutoCloseable {
  private final HostDecisions decisions;
  private final ProxySettings settings;
  private final EgressProxy proxy;

  /**
   * Starts the proxy.
   *
   * @param policy what is allowed
   * @param ports the ports that are open
   * @param listener is asked, and hears of decisions
   */
  LedToProxy(NetworkPolicy policy, Collection<Integer> ports, EventSink listener)
      throws SandboxException {
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
          new EgressProxy(decisions, AddressLookup.of(policy), settings, new Clients(), ports);
    } catch (IOException e) {
      throw new SandboxException(
          e.getMessage() + "; at most " + ports.size() + " sandboxes have one at a time", e);
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

  /** The same host, whose commands are told of the proxy. */
  CommandHost leading(CommandHost host) {
    return new CommandHost() {
      @Override
      public RunningCommand start(CommandRequest request)
          throws SandboxException, WindowsCallException {
        return host.start(request);
      }

      @Override
      public void checkProgram(String program) throws SandboxException {
        host.checkProgram(program);
      }

      @Override
      public boolean isFile(String path) {
        return host.isFile(path);
      }

      @Override
      public Map<String, String> environment(Map<String, String> given) {
        Map<String, String> environment = new HashMap<>(host.environment(given));
        Map<String, String> variables =
            ProxyEnvironment.variables(proxy.address(), settings.credentials(), given);
        // Names differ by case alone on Linux; here the last of them would count.
        environment
            .keySet()
            .removeIf(name -> variables.keySet().stream().anyMatch(name::equalsIgnoreCase));
        variables.forEach(
            (name, value) -> {
              if (environment.keySet().stream().noneMatch(name::equalsIgnoreCase)) {
                environment.put(name, value);
              }
            });
        return environment;
      }

      @Override
      public void close() throws SandboxException {
        host.close();
      }
    };
  }

  @Override
  public void close() {
    proxy.close();
    decisions.close();
  }
}
