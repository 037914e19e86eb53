package org.ringfence.egress;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.decision.Clients;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.dns.AllowlistResolver;
import org.ringfence.egress.dns.HostsFile;
import org.ringfence.egress.dns.NameServer;
import org.ringfence.egress.dns.NameSource;
import org.ringfence.egress.dns.PinnedAddresses;
import org.ringfence.egress.dns.StandInAddresses;
import org.ringfence.egress.proxy.EgressProxy;
import org.ringfence.egress.proxy.ProxySettings;
import org.ringfence.egress.proxy.UpstreamProxy;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Reason;
import org.ringfence.policy.value.HostPattern;

/**
 * The network exit of one sandbox whose kernel side decides on addresses: its name server, and the
 * decision on each connection. Thread-safe.
 */
public final class Egress implements AutoCloseable {
  private final HostDecisions decisions;
  private final PinnedAddresses pins = new PinnedAddresses();
  private final StandInAddresses standIns = new StandInAddresses();
  private final HostsFile hosts;
  private final AddressLookup lookup;
  private final NameServer server;
  private final Optional<UpstreamProxy> upstream;
  private final Optional<EgressProxy> proxy;
  private final Clients clients = new Clients();

  /** The endpoint that a connection goes to. */
  public enum Via {
    /** To the address. */
    DIRECT,
    /** To this JVM, which connects through the upstream proxy; must be announced. */
    RELAY,
    /** To this JVM's proxy, in place of the upstream one; must be announced. */
    PROXY
  }

  /**
   * A decision on a connection, with its route.
   *
   * @param decision the decision
   * @param host the name that the address stands for, or the address itself
   * @param address the address to connect to, which differs from the one given when that stood in
   *     for a name; null when the connection is denied
   * @param via the endpoint
   * @param names the names besides the host that TLS may give on a relayed connection
   */
  public record Route(
      Decision decision, String host, InetAddress address, Via via, Set<String> names) {
    private Route(Decision decision, String host, InetAddress address) {
      this(decision, host, address, Via.DIRECT, Set.of());
    }

    private static Route led(Decision decision, String host, Via via) {
      return new Route(decision, host, null, via, Set.of());
    }
  }

  /**
   * Opens the network exit.
   *
   * @param decisions the decisions on hosts; closed with this exit
   * @param refused receives each unanswered name and the reason
   * @param upstream the proxy that the machine's network requires; empty for none
   * @throws IOException if the name server or the proxy cannot be started
   */
  public Egress(
      HostDecisions decisions, BiConsumer<String, Reason> refused, Optional<UpstreamProxy> upstream)
      throws IOException {
    this(
        decisions,
        refused,
        upstream,
        HostsFile.system(),
        NameSource.servers(decisions.policy().dnsServers()));
  }

  Egress(
      HostDecisions decisions,
      BiConsumer<String, Reason> refused,
      Optional<UpstreamProxy> upstream,
      HostsFile hosts,
      NameSource source)
      throws IOException {
    this.decisions = decisions;
    this.upstream = upstream;
    this.hosts = hosts;
    this.lookup = new AddressLookup(decisions.policy(), source, hosts);
    this.server =
        new NameServer(
            new AllowlistResolver(
                decisions, source, hosts, pins, standIns, this::goesUpstream, refused));
    boolean done = false;
    try {
      this.proxy =
          upstream.isPresent() || decisions.policy().checkServerName()
              ? Optional.of(
                  new EgressProxy(
                      decisions, lookup, ProxySettings.usual().withUpstream(upstream), clients))
              : Optional.empty();
      done = true;
    } finally {
      if (!done) {
        server.close();
      }
    }
  }

  /** Returns true for names that the upstream proxy looks up, and for its own name. */
  private boolean goesUpstream(String host) {
    return upstream.isPresent()
        && (upstream.get().host().equals(host)
            || (upstream.get().covers(host) && decisions.resolvable(host)));
  }

  /**
   * Returns the address for DNS questions.
   *
   * @param tcp the protocol
   * @param v6 whether the client's socket is an IPv6 one
   * @return the name server's address
   */
  public InetSocketAddress nameServer(boolean tcp, boolean v6) {
    return server.address(tcp, v6);
  }

  /**
   * Decides on a connection if that needs no waiting.
   *
   * @param address the destination
   * @param port the port
   * @return the decision; empty when it needs the listener or a name lookup
   */
  public Optional<Route> immediate(InetAddress address, int port) {
    Optional<String> name = standIns.name(address);
    String host = name.orElseGet(() -> HostPattern.literal(address));
    if (isUpstream(host, address, port)) {
      return Optional.of(Route.led(Decision.allow(new Reason.Upstream()), host, Via.PROXY));
    }
    if (upstream.isPresent() && upstream.get().covers(host)) {
      Decision decision = decisions.known(host, port);
      if (decision.allowed()) {
        return Optional.of(Route.led(decision, host, Via.RELAY));
      }
    }
    if (name.isPresent()) {
      return Optional.empty();
    }
    Route route = byAddress(address, port);
    boolean ask = decisions.asks() && route.decision().reason() instanceof Reason.Unlisted;
    return ask ? Optional.empty() : Optional.of(checked(route, port));
  }

  /** Relays a connection to a named host where TLS must give that name. */
  private Route checked(Route route, int port) {
    InetAddress address = route.address();
    if (address == null
        || !decisions.policy().checkServerName()
        || route.host().equals(HostPattern.literal(address))) {
      return route;
    }
    Set<String> names =
        pins.of(address).stream()
            .filter(pin -> pinned(pin, address, port).allowed())
            .map(PinnedAddresses.Pin::name)
            .collect(Collectors.toSet());
    return new Route(route.decision(), route.host(), address, Via.RELAY, names);
  }

  private boolean isUpstream(String host, InetAddress address, int port) {
    return upstream.isPresent()
        && upstream.get().port() == port
        && (upstream.get().host().equals(host)
            || hosts.names(address).contains(upstream.get().host()));
  }

  /**
   * Returns the address of the Ringfence server that a connection goes to.
   *
   * @param via the endpoint, not {@link Via#DIRECT}
   * @return the address
   */
  public InetSocketAddress address(Via via) {
    return via == Via.PROXY ? proxy.orElseThrow().address() : proxy.orElseThrow().relayAddress();
  }

  /**
   * Returns the announcements of connections to Ringfence's servers.
   *
   * @return the announcements
   */
  public Clients clients() {
    return clients;
  }

  /**
   * Decides on a connection.
   *
   * @param address the destination
   * @param port the port
   * @param client the process that wants to connect
   * @return the decision
   */
  public Route decide(InetAddress address, int port, Client client) {
    Optional<String> name = standIns.name(address);
    if (name.isPresent()) {
      return checked(byName(name.get(), port, client), port);
    }
    Route route = byAddress(address, port);
    if (route.decision().allowed()) {
      return checked(route, port);
    }
    Decision asked = decisions.decide(route.host(), port, client);
    Decision decision =
        asked.allowed() ? decisions.resolved().evaluate(asked, address, port) : asked;
    // An address that the listener saw and allowed needs no name.
    boolean shown = asked.allowed() && route.host().equals(HostPattern.literal(address));
    return shown || decision.allowed()
        ? checked(new Route(asked, route.host(), address), port)
        : route;
  }

  private Route byAddress(InetAddress address, int port) {
    Decision first = null;
    String host = HostPattern.literal(address);
    for (PinnedAddresses.Pin pin : pins.of(address)) {
      Decision decision = pinned(pin, address, port);
      if (decision.allowed()) {
        return new Route(decision, pin.name(), address);
      }
      if (first == null) {
        // The program means the name that it looked up last.
        first = decision;
        host = pin.name();
      }
    }
    Decision literal = decisions.known(HostPattern.literal(address), port);
    if (literal.allowed()) {
      return new Route(literal, HostPattern.literal(address), address);
    }
    // The machine's owner gives the names in the machine's own file their addresses.
    for (String name : hosts.names(address)) {
      Decision decision = decisions.known(name, port);
      if (decision.allowed()
          && decisions.policy().denied(HostPattern.literal(address), port).isEmpty()) {
        return new Route(decision, name, address);
      }
    }
    return new Route(first == null ? literal : first, host, null);
  }

  private Decision pinned(PinnedAddresses.Pin pin, InetAddress address, int port) {
    for (String alias : pin.aliases()) {
      Optional<Decision> denied = decisions.policy().denied(alias, port);
      if (denied.isPresent()) {
        return denied.get();
      }
    }
    Decision byName = decisions.known(pin.name(), port);
    return byName.allowed() ? decisions.resolved().evaluate(byName, address, port) : byName;
  }

  private Route byName(String host, int port, Client client) {
    Decision decision = decisions.decide(host, port, client);
    if (!decision.allowed()) {
      return new Route(decision, host, null);
    }
    if (upstream.isPresent() && upstream.get().covers(host)) {
      return Route.led(decision, host, Via.RELAY);
    }
    try {
      // Only allowed addresses come; Ringfence does not try which of them answers.
      return lookup.resolve(decision, host, port).stream()
          .findFirst()
          .map(first -> new Route(first.decision(), host, first.address()))
          .orElseGet(() -> notFound(host, "it has no address"));
    } catch (IOException e) {
      return notFound(host, e.getMessage());
    }
  }

  /** Keeps the host allowed: a failed lookup is no decision of the policy or of a listener. */
  private static Route notFound(String host, String problem) {
    String shown = problem == null ? "no answer" : problem;
    return new Route(Decision.deny(new Reason.NotFound(host, shown), shown), host, null);
  }

  /**
   * Returns the decisions.
   *
   * @return the decisions of this sandbox
   */
  public HostDecisions decisions() {
    return decisions;
  }

  @Override
  public void close() {
    server.close();
    proxy.ifPresent(EgressProxy::close);
    decisions.close();
  }
}
