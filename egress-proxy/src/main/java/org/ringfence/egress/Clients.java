package org.ringfence.egress;

import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.ringfence.policy.Decision;

/**
 * Which process is behind a connection to a server of ours, as the side that let it connect told
 * before it did. A connection that was announced needs no credentials: nobody else can have its
 * port. Thread-safe.
 */
public final class Clients {
  private final Map<Integer, Announced> byPort = new ConcurrentHashMap<>();

  /**
   * A connection that is about to come.
   *
   * @param client the process
   * @param target what it means, when it does not know that it talks to us
   */
  public record Announced(Client client, Optional<Target> target) {}

  /**
   * Where a connection is meant to go, decided on already.
   *
   * @param host the host
   * @param port the port
   * @param decision the decision
   * @param address the address that was decided on, empty to have the host looked up
   * @param names other names that TLS may give, since they are allowed at that address too
   */
  public record Target(
      String host, int port, Decision decision, Optional<InetAddress> address, Set<String> names) {}

  /**
   * Announces a connection.
   *
   * @param port the port that it comes from
   * @param connection what it is
   */
  public void announce(int port, Announced connection) {
    byPort.put(port, connection);
  }

  /**
   * Takes an announcement: it counts for one connection.
   *
   * @param port the port that a connection came from
   * @return what was announced, empty when it was not
   */
  public Optional<Announced> take(int port) {
    return Optional.ofNullable(byPort.remove(port));
  }
}
