package org.ringfence.egress;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.dns.AllowlistResolver;
import org.ringfence.egress.dns.HostsFile;
import org.ringfence.egress.dns.NameServer;
import org.ringfence.egress.dns.NameSource;
import org.ringfence.egress.dns.Pins;
import org.ringfence.egress.dns.StandInAddresses;
import org.ringfence.policy.Decision;
import org.ringfence.policy.HostPattern;
import org.ringfence.policy.NetworkPolicy;

/**
 * The way out of one sandbox whose kernel side decides on addresses: its name server, and the
 * decision on each connection. Thread-safe.
 */
public final class Egress implements AutoCloseable {
  private final HostDecisions decisions;
  private final Pins pins = new Pins();
  private final StandInAddresses standIns = new StandInAddresses();
  private final HostsFile hosts;
  private final AddressLookup lookup;
  private final NameServer server;

  /**
   * What was decided about a connection.
   *
   * @param decision the decision
   * @param host the name that the address stands for, or the address itself
   * @param address the address to connect to, which differs from the one given when that stood in
   *     for a name; null when the connection is denied
   */
  public record Route(Decision decision, String host, InetAddress address) {}

  /**
   * Opens the way out.
   *
   * @param decisions what is allowed; closed with this
   * @param refused takes each name that is not answered, and the rule
   * @throws IOException if the name server cannot be started
   */
  public Egress(HostDecisions decisions, BiConsumer<String, String> refused) throws IOException {
    this(
        decisions,
        refused,
        HostsFile.system(),
        NameSource.servers(decisions.policy().dnsServers()));
  }

  Egress(
      HostDecisions decisions,
      BiConsumer<String, String> refused,
      HostsFile hosts,
      NameSource source)
      throws IOException {
    this.decisions = decisions;
    this.hosts = hosts;
    this.lookup = new AddressLookup(decisions.policy(), source, hosts);
    this.server =
        new NameServer(new AllowlistResolver(decisions, source, hosts, pins, standIns, refused));
  }

  /**
   * Where questions for names go.
   *
   * @param tcp the protocol
   * @param v6 whether the client's socket is an IPv6 one
   * @return the name server's address
   */
  public InetSocketAddress nameServer(boolean tcp, boolean v6) {
    return server.address(tcp, v6);
  }

  /**
   * Decides on a connection if that takes no waiting.
   *
   * @param address where to
   * @param port the port
   * @return the decision; empty when somebody has to be asked or a name to be looked up
   */
  public Optional<Route> immediate(InetAddress address, int port) {
    Optional<String> name = standIns.name(address);
    if (name.isPresent()) {
      return Optional.empty();
    }
    Route route = byAddress(address, port);
    boolean ask = decisions.asks() && route.decision().rule().equals(NetworkPolicy.UNLISTED);
    return ask ? Optional.empty() : Optional.of(route);
  }

  /**
   * Decides on a connection.
   *
   * @param address where to
   * @param port the port
   * @param client who wants to connect
   * @return the decision
   */
  public Route decide(InetAddress address, int port, Client client) {
    Optional<String> name = standIns.name(address);
    if (name.isPresent()) {
      return byName(name.get(), port, client);
    }
    Route route = byAddress(address, port);
    if (route.decision().allowed()) {
      return route;
    }
    String literal = literal(address);
    Decision decision = decisions.decide(literal, port, client);
    return decision.allowed() ? new Route(decision, literal, address) : route;
  }

  private Route byAddress(InetAddress address, int port) {
    Decision last = null;
    String host = literal(address);
    for (Pins.Pin pin : pins.of(address)) {
      Decision decision = pinned(pin, address, port);
      if (decision.allowed()) {
        return new Route(decision, pin.name(), address);
      }
      last = decision;
      host = pin.name();
    }
    Decision literal = decisions.known(literal(address), port);
    if (literal.allowed()) {
      return new Route(literal, literal(address), address);
    }
    // A name of the machine's own file is given its address by the machine's owner.
    for (String name : hosts.names(address)) {
      Decision decision = decisions.known(name, port);
      if (decision.allowed() && decisions.policy().denied(literal(address), port).isEmpty()) {
        return new Route(decision, name, address);
      }
    }
    return new Route(last == null ? literal : last, host, null);
  }

  private Decision pinned(Pins.Pin pin, InetAddress address, int port) {
    for (String alias : pin.aliases()) {
      Optional<Decision> denied = decisions.policy().denied(alias, port);
      if (denied.isPresent()) {
        return denied.get();
      }
    }
    Decision byName = decisions.known(pin.name(), port);
    return byName.allowed() ? decisions.policy().evaluateResolved(byName, address, port) : byName;
  }

  private Route byName(String host, int port, Client client) {
    Decision decision = decisions.decide(host, port, client);
    if (!decision.allowed()) {
      return new Route(decision, host, null);
    }
    try {
      for (AddressLookup.Resolved each : lookup.resolve(decision, host, port)) {
        return new Route(each.decision(), host, each.address());
      }
      return new Route(Decision.deny(decision.rule(), host + " has no address"), host, null);
    } catch (IOException e) {
      return new Route(Decision.deny(decision.rule(), e.getMessage()), host, null);
    }
  }

  /**
   * Who decides.
   *
   * @return the decisions of this sandbox
   */
  public HostDecisions decisions() {
    return decisions;
  }

  private static String literal(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return HostPattern.normalise("host", zone < 0 ? text : text.substring(0, zone));
  }

  @Override
  public void close() {
    server.close();
    decisions.close();
  }
}
