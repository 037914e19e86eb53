package org.ringfence.policy;

import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.ringfence.policy.value.AddressRange;
import org.ringfence.policy.value.DnsServer;
import org.ringfence.policy.value.HostPattern;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.policy.value.PublishedPort;

/**
 * The network part of a policy.
 *
 * @param mode the reachable part of the network
 * @param allow reachable hosts in mode {@link NetworkMode#ALLOWLIST}
 * @param deny denied hosts, on all ports if a pattern has none; overrides {@code allow}
 * @param ownLoopback whether servers and clients inside the sandbox may talk to each other over
 *     loopback, also in mode {@link NetworkMode#NONE}
 * @param hostLoopbackPorts loopback ports of the host that may be connected to
 * @param unixSockets absolute paths of unix sockets outside the sandbox that may be connected to
 * @param privateRanges special ranges (see {@link AddressRange#isSpecial}) that allowed names may
 *     resolve into; otherwise Ringfence treats such an answer as DNS rebinding
 * @param dnsServers servers that resolve allowed names; empty for those of the machine
 * @param publish ports of the sandbox that clients reach over the host's loopback
 * @param checkServerName whether allowed connections pass through this JVM, which ends those whose
 *     TLS does not name the host; otherwise nothing distinguishes hosts that share an address
 */
public record NetworkPolicy(
    NetworkMode mode,
    List<HostPattern> allow,
    List<HostPattern> deny,
    boolean ownLoopback,
    List<Integer> hostLoopbackPorts,
    List<String> unixSockets,
    List<AddressRange> privateRanges,
    List<DnsServer> dnsServers,
    List<PublishedPort> publish,
    boolean checkServerName) {

  private static final String SOCKETS = "network.unixSockets";

  /** Checks the parts and copies the lists. */
  public NetworkPolicy {
    Objects.requireNonNull(mode, "mode");
    allow = List.copyOf(allow);
    deny = List.copyOf(deny);
    hostLoopbackPorts = List.copyOf(new TreeSet<>(hostLoopbackPorts));
    unixSockets = unixSockets.stream().map(NetworkPolicy::checkedSocket).toList();
    privateRanges = List.copyOf(privateRanges);
    dnsServers = List.copyOf(dnsServers);
    publish = List.copyOf(publish);
    for (int port : hostLoopbackPorts) {
      if (port < 1 || port > 65535) {
        throw new InvalidPolicyException(
            "network.hostLoopbackPorts", Integer.toString(port), "a port from 1 to 65535");
      }
    }
    TreeSet<Integer> published = new TreeSet<>();
    for (PublishedPort port : publish) {
      if (!published.add(port.host())) {
        throw new InvalidPolicyException(
            "network.publish", port.toString(), "each port of the host once");
      }
    }
    if (!publish.isEmpty() && !ownLoopback && mode != NetworkMode.FULL) {
      throw new InvalidPolicyException(
          "network.publish", publish.get(0).toString(), "network.ownLoopback true");
    }
  }

  /**
   * Checks the form of a socket's path.
   *
   * @param path a path as a policy has it
   * @return the path without slashes at its end
   * @throws InvalidPolicyException if it is relative, or has {@code .} or {@code ..} in it
   */
  static String checkedSocket(String path) {
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw new InvalidPolicyException(SOCKETS, path, "an absolute path, such as /run/docker.sock");
    }
    for (String part : path.split("/")) {
      if (part.equals(".") || part.equals("..")) {
        throw new InvalidPolicyException(
            SOCKETS, path, "a path without '.' and '..', such as /run/docker.sock");
      }
    }
    String plain = path.replaceAll("/+", "/");
    return plain.length() > 1 && plain.endsWith("/")
        ? plain.substring(0, plain.length() - 1)
        : plain;
  }

  /**
   * Returns a policy with no network but the sandbox's own loopback.
   *
   * @return the part of a policy
   */
  public static NetworkPolicy none() {
    return of(NetworkMode.NONE);
  }

  /**
   * Returns a policy with the whole network.
   *
   * @return the part of a policy
   */
  public static NetworkPolicy full() {
    return of(NetworkMode.FULL);
  }

  /**
   * Returns a policy with some hosts alone.
   *
   * @param patterns hosts with ports, as in {@link HostPattern#parse}
   * @return the part of a policy
   * @throws InvalidPolicyException if a pattern is malformed
   */
  public static NetworkPolicy allowlist(String... patterns) {
    NetworkDraft draft = new NetworkDraft();
    draft.mode = NetworkMode.ALLOWLIST;
    for (String pattern : patterns) {
      draft.allow.add(HostPattern.parse(pattern));
    }
    return draft.build();
  }

  private static NetworkPolicy of(NetworkMode mode) {
    NetworkDraft draft = new NetworkDraft();
    draft.mode = mode;
    return draft.build();
  }

  /**
   * Decides a connection to a host that is not the sandbox's own loopback.
   *
   * @param host a host name or an IP literal
   * @param port the port, 1 to 65535
   * @return the decision, with the pattern that made it
   */
  public Decision evaluate(String host, int port) {
    HostPattern.checkPort(port);
    String normal = HostPattern.normalise("host", host);
    Optional<Decision> denied = denied(normal, port);
    if (denied.isPresent()) {
      return denied.get();
    }
    if (HostPattern.isLoopback(normal) && hostLoopbackPorts.contains(port)) {
      return Decision.allow(new Reason.HostLoopbackPort(port));
    }
    switch (mode) {
      case FULL:
        return Decision.allow(new Reason.NetworkOpen());
      case NONE:
        return Decision.deny(new Reason.NetworkClosed(normal, port), "no host is reached");
      default:
        break;
    }
    for (HostPattern pattern : allow) {
      if (pattern.matches(normal, port)) {
        return Decision.allow(new Reason.Listed(pattern.toString()));
      }
    }
    return Decision.deny(new Reason.Unlisted(normal, port), "no pattern of network.allow matches");
  }

  /**
   * Decides a connection to a resolved address.
   *
   * @param host the name
   * @param address the resolved address
   * @param port the port, 1 to 65535
   * @return the decision; an allowed name allows neither a denied address nor an unnamed special
   *     one
   */
  public Decision evaluate(String host, InetAddress address, int port) {
    Decision byName = evaluate(host, port);
    return byName.allowed() ? evaluateResolved(byName, address, port) : byName;
  }

  /**
   * Decides on the address of an allowed host.
   *
   * @param allowed the decision that allows the host
   * @param address the resolved address
   * @param port the port, 1 to 65535
   * @return the decision given, or the denial of the address
   */
  public Decision evaluateResolved(Decision allowed, InetAddress address, int port) {
    String literal = HostPattern.literal(address);
    Optional<Decision> denied = denied(literal, port);
    if (denied.isPresent()) {
      return denied.get();
    }
    if (mode == NetworkMode.FULL || !AddressRange.isSpecial(address) || names(address, port)) {
      return allowed;
    }
    return Decision.deny(
        new Reason.SpecialAddress(literal, port),
        "an allowed name resolves to the special address " + literal + ", which is not named");
  }

  /**
   * Returns the denial of a host by the deny list.
   *
   * @param host a host name or an IP literal
   * @param port the port, 1 to 65535
   * @return the denial; empty when nothing on the list matches
   */
  public Optional<Decision> denied(String host, int port) {
    String normal = HostPattern.normalise("host", host);
    return deny.stream()
        .filter(pattern -> pattern.denies(normal, port))
        .findFirst()
        .map(
            pattern ->
                Decision.deny(
                    new Reason.DeniedHost(pattern.toString()), normal + " is on the deny list"));
  }

  /**
   * Returns whether an allowed name may resolve to an address at all.
   *
   * @param address the address
   * @return false for an unnamed special one
   */
  public boolean resolvesTo(InetAddress address) {
    return !AddressRange.isSpecial(address) || names(address);
  }

  /**
   * Returns whether the policy names a special address.
   *
   * @param address the address
   * @return true if {@code privateRanges} holds it, or a pattern allows it on some port
   */
  public boolean names(InetAddress address) {
    return inPrivateRange(address) || resolvable(HostPattern.literal(address));
  }

  /**
   * Returns whether the policy names a special address for this port.
   *
   * @param address the address
   * @param port the port, 1 to 65535
   * @return true if {@code privateRanges} holds it, or a pattern allows it
   */
  public boolean names(InetAddress address, int port) {
    return inPrivateRange(address) || evaluate(HostPattern.literal(address), port).allowed();
  }

  private boolean inPrivateRange(InetAddress address) {
    return privateRanges.stream().anyMatch(range -> range.contains(address));
  }

  /**
   * Returns whether a name may be looked up: the policy allows some port of it.
   *
   * @param host a host name
   * @return true if a pattern allows it on a port on which none denies it
   */
  public boolean resolvable(String host) {
    if (mode == NetworkMode.NONE) {
      return false;
    }
    // Denials change at the ends of ranges only.
    IntStream ends =
        Stream.concat(allow.stream(), deny.stream())
            .flatMapToInt(HostPattern::portsAroundEnds)
            .filter(port -> port >= 1 && port <= 65535);
    return IntStream.concat(ends, IntStream.of(80, 443))
        .anyMatch(port -> evaluate(host, port).allowed());
  }
}
