package org.ringfence.egress.decision;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import org.ringfence.policy.Decision;

/**
 * The client processes of connections to Ringfence's servers. The side that permits a connection
 * announces it first. An announced connection needs no credentials, so Ringfence checks it again on
 * arrival: another process may have taken the port meanwhile. Thread-safe.
 */
public final class Clients {
  private final Map<Integer, Expected> byPort = new ConcurrentHashMap<>();

  /**
   * An announced connection.
   *
   * @param client the process
   * @param target its intended destination, when it does not know that it talks to Ringfence
   */
  public record Announced(Client client, Optional<Target> target) {}

  private record Expected(
      Announced connection, BiPredicate<InetSocketAddress, InetSocketAddress> genuine) {}

  /**
   * The intended destination of a connection, with the decision.
   *
   * @param host the host
   * @param port the port
   * @param decision the decision
   * @param address the address decided on; empty to look the host up
   * @param names other names that TLS may give, since they are allowed at that address too
   */
  public record Target(
      String host, int port, Decision decision, Optional<InetAddress> address, Set<String> names) {}

  /**
   * Announces a connection.
   *
   * @param port the port that it comes from
   * @param connection the connection
   * @param genuine tests whether the connection between two addresses, the client's and the
   *     server's, is the announced one, of the same socket
   */
  public void announce(
      int port, Announced connection, BiPredicate<InetSocketAddress, InetSocketAddress> genuine) {
    byPort.put(port, new Expected(connection, genuine));
  }

  /**
   * Removes an announcement, which counts for one connection.
   *
   * @param client the address that a connection came from
   * @param server the server's address
   * @return the announced connection; empty when there is none
   */
  public Optional<Announced> take(InetSocketAddress client, InetSocketAddress server) {
    Expected expected = byPort.get(client.getPort());
    if (expected == null || !expected.genuine().test(client, server)) {
      return Optional.empty();
    }
    byPort.remove(client.getPort(), expected);
    return Optional.of(expected.connection());
  }
}
