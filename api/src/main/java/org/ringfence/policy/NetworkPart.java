package org.ringfence.policy;

import java.nio.file.Path;
import org.ringfence.policy.value.HostPattern;

/** The network part of a policy. Valid while the block runs; not thread-safe. */
public final class NetworkPart {
  private final PolicyBuilder builder;

  NetworkPart(PolicyBuilder builder) {
    this.builder = builder;
  }

  /**
   * Sets the reachable part of the network.
   *
   * @param value the mode
   * @return this part
   */
  public NetworkPart mode(NetworkMode value) {
    builder.network(value);
    return this;
  }

  /**
   * Allows hosts, over TCP. A closed network becomes an allowlist.
   *
   * @param patterns hosts with ports, as in {@link HostPattern#parse}
   * @return this part
   */
  public NetworkPart allow(String... patterns) {
    if (builder.network.mode == NetworkMode.NONE) {
      builder.network(NetworkMode.ALLOWLIST);
    }
    for (String pattern : patterns) {
      builder.allowHost(pattern);
    }
    return this;
  }

  /**
   * Denies hosts, whatever is allowed.
   *
   * @param patterns hosts; without ports all of them
   * @return this part
   */
  public NetworkPart deny(String... patterns) {
    for (String pattern : patterns) {
      builder.denyHost(pattern);
    }
    return this;
  }

  /**
   * Sets whether servers and clients inside reach each other over loopback.
   *
   * @param value true to allow it
   * @return this part
   */
  public NetworkPart ownLoopback(boolean value) {
    builder.ownLoopback(value);
    return this;
  }

  /**
   * Allows a port of the host's loopback.
   *
   * @param port the port, 1 to 65535
   * @return this part
   */
  public NetworkPart hostLoopbackPort(int port) {
    builder.hostLoopbackPort(port);
    return this;
  }

  /**
   * Allows a unix socket outside the sandbox.
   *
   * @param path its absolute path
   * @return this part
   */
  public NetworkPart unixSocket(String path) {
    builder.unixSocket(path);
    return this;
  }

  /**
   * Allows a unix socket outside the sandbox.
   *
   * @param path its path
   * @return this part
   */
  public NetworkPart unixSocket(Path path) {
    builder.unixSocket(path.toAbsolutePath().normalize().toString());
    return this;
  }

  /**
   * Allows names to resolve to addresses that are not on the public Internet.
   *
   * @param range such as {@code 10.0.0.0/8}
   * @return this part
   */
  public NetworkPart privateRange(String range) {
    builder.privateRange(range);
    return this;
  }

  /**
   * Adds a server for name look-ups, instead of those of the machine.
   *
   * @param server its address, with a port or without
   * @return this part
   */
  public NetworkPart dnsServer(String server) {
    builder.dnsServer(server);
    return this;
  }

  /**
   * Sets whether TLS must name the host of an allowed connection.
   *
   * @param value true to check it
   * @return this part
   */
  public NetworkPart checkServerName(boolean value) {
    builder.checkServerName(value);
    return this;
  }

  /**
   * Makes a port of the sandbox reachable over the host's loopback.
   *
   * @param ports the port, or the host's and the sandbox's, {@code 8080:3000}
   * @return this part
   */
  public NetworkPart publish(String ports) {
    builder.publish(ports);
    return this;
  }
}
