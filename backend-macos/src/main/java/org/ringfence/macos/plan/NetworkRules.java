package org.ringfence.macos.plan;

import static org.ringfence.macos.plan.Sbpl.form;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import org.ringfence.macos.plan.SeatbeltProfile.Rule;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;

/**
 * The rules on sockets. {@code localhost} matches 127.0.0.1 and ::1, and not ::ffff:127.0.0.1,
 * which is 127.0.0.1 in a socket of both families, as Java and gRPC open them; the language has no
 * name for that one alone. So servers bind any address, which {@link SeatbeltDoubts} tells, while
 * clients reach {@code localhost}: {@code (local ip …)} on connections would open every host. Pure.
 */
final class NetworkRules {
  private final EffectivePolicy policy;
  private final Function<String, Sbpl.Form> literal;
  private final Function<String, Sbpl.Form> subpath;
  private final List<Rule> rules = new ArrayList<>();

  /**
   * Prepares the rules.
   *
   * @param literal makes the filter of a path
   * @param subpath makes the filter of a path and of all below it
   */
  NetworkRules(
      EffectivePolicy policy,
      Function<String, Sbpl.Form> literal,
      Function<String, Sbpl.Form> subpath) {
    this.policy = policy;
    this.literal = literal;
    this.subpath = subpath;
  }

  /** Returns the rules, once. */
  List<Rule> of(OptionalInt proxy) {
    NetworkPolicy network = policy.policy().network();
    if (network.mode() == NetworkMode.FULL) {
      // By addresses: sockets of files are no addresses, and have rules of their own.
      allow("network.mode full", "network-outbound", ip("remote", "*:*"));
      serve("network.mode full", "*:*");
    } else {
      if (network.ownLoopback()) {
        serve("network.ownLoopback", "*:*");
        allow("network.ownLoopback", "network-outbound", ip("remote", "localhost:*"));
      }
      proxy.ifPresent(
          port -> allow("the egress proxy", "network-outbound", ip("remote", "localhost:" + port)));
      for (int port : network.hostLoopbackPorts()) {
        allow("network.hostLoopbackPorts", "network-outbound", ip("remote", "localhost:" + port));
      }
      // A published port needs no rule: a policy with one has ownLoopback.
    }
    unixSockets(network);
    return List.copyOf(rules);
  }

  private static Sbpl.Form ip(String end, String address) {
    return form(end, new Sbpl.Symbol("ip"), new Sbpl.Text(address));
  }

  private void serve(String origin, String address) {
    allow(origin, "network-bind", ip("local", address));
    allow(origin, "network-inbound", ip("local", address));
  }

  private void allow(String origin, String operation, Sbpl.Form where) {
    rules.add(new Rule(origin, form("allow", new Sbpl.Symbol(operation), where)));
  }

  private void unixSockets(NetworkPolicy network) {
    if (network.unixSockets().contains("/")) {
      allow("network.unixSockets /", "network-outbound", form("subpath", new Sbpl.Text("/")));
      return;
    }
    for (EffectiveRule rule : policy.rules()) {
      if (rule.origin().equals("tmp private")) {
        // Elsewhere a socket may belong to another program; here the sandbox owns every socket.
        for (String operation : List.of("network-outbound", "network-bind", "network-inbound")) {
          allow("sockets in its own temporary directory", operation, subpath.apply(rule.path()));
        }
      }
    }
    for (String socket : network.unixSockets()) {
      // Seatbelt sees where a link leads; docker.sock and agents' sockets often are links.
      for (String path : new LinkedHashSet<>(List.of(socket, policy.places().real(socket)))) {
        allow("network.unixSockets " + socket, "network-outbound", literal.apply(path));
      }
    }
  }
}
