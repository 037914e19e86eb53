package org.ringfence.egress;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import org.ringfence.policy.Decision;

/**
 * Which process is behind a connection to a server of ours, as the side that let it connect told
 * before it did. A connection that was announced needs no credentials; so it is looked at again
 * when it comes: the port may have gone to another process meanwhile. Thread-safe.
 */
public final class Clients {
  private final Map<Integer, Expected> byPort = new ConcurrentHashMap<>();

  /**
   * A connection that is about to come.
   *
   * @param client the process
   * @param target what it means, when it does not know that it talks to us
   */
  public record Announced(Client client, Optional<Target> target) {}

  private record Expected(
      Announced connection, BiPredicate<InetSocketAddress, InetSocketAddress> genuine) {}

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
   * @param genuine whether the connection between two addresses, the client's and ours, is the one
   *     that is announced: one of the very socket
   */
  public void announce(
      int port, Announced connection, BiPredicate<InetSocketAddress, InetSocketAddress> genuine) {
    byPort.put(port, new Expected(connection, genuine));
  }

  /**
   * Takes an announcement: it counts for one connection.
   *
   * @param client the address that a connection came from
   * @param server our address
   * @return what was announced, empty when it was not
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
