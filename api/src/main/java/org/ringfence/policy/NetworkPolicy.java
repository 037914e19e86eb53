package org.ringfence.policy;

import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * The network part of a policy.
 *
 * @param mode how much of the network is reached
 * @param allow hosts reached in mode {@link NetworkMode#ALLOWLIST}
 * @param deny hosts never reached; wins over {@code allow}
 * @param ownLoopback whether servers and clients inside the sandbox may talk to each other over
 *     loopback, also in mode {@link NetworkMode#NONE}
 * @param hostLoopbackPorts loopback ports of the host that may be connected to
 * @param unixSockets absolute paths of unix sockets outside the sandbox that may be connected to
 */
public record NetworkPolicy(
    NetworkMode mode,
    List<HostPattern> allow,
    List<HostPattern> deny,
    boolean ownLoopback,
    List<Integer> hostLoopbackPorts,
    List<String> unixSockets) {

  /** No network but the sandbox's own loopback. */
  public static final NetworkPolicy NONE =
      new NetworkPolicy(NetworkMode.NONE, List.of(), List.of(), true, List.of(), List.of());

  /** Checks the parts and copies the lists. */
  public NetworkPolicy {
    Objects.requireNonNull(mode, "mode");
    allow = List.copyOf(allow);
    deny = List.copyOf(deny);
    hostLoopbackPorts = List.copyOf(new TreeSet<>(hostLoopbackPorts));
    unixSockets = List.copyOf(unixSockets);
    for (int port : hostLoopbackPorts) {
      if (port < 1 || port > 65535) {
        throw new InvalidPolicyException(
            "network.hostLoopbackPorts", Integer.toString(port), "a port from 1 to 65535");
      }
    }
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
    for (HostPattern pattern : deny) {
      if (pattern.matches(normal, port)) {
        return Decision.deny("network.deny " + pattern, "the host is on the deny list");
      }
    }
    if (HostPattern.isLoopback(normal) && hostLoopbackPorts.contains(port)) {
      return Decision.allow("network.hostLoopbackPorts " + port);
    }
    switch (mode) {
      case FULL:
        return Decision.allow("network.mode full");
      case NONE:
        return Decision.deny("network.mode none", "no host is reached");
      default:
        break;
    }
    for (HostPattern pattern : allow) {
      if (pattern.matches(normal, port)) {
        return Decision.allow("network.allow " + pattern);
      }
    }
    return Decision.deny("network.mode allowlist", "no pattern of network.allow matches");
  }
}
