package org.ringfence.egress;

import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

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
   * @param host the host that it means, when it does not know that it talks to us; else empty
   * @param port the port that it means; 0 when there is no host
   * @param address the address that it means, empty to have the host looked up
   * @param names other names that TLS may give, since they are allowed at that address too
   */
  public record Announced(
      Client client, String host, int port, Optional<InetAddress> address, Set<String> names) {
    /**
     * A client that knows whom it talks to.
     *
     * @param client the process
     * @return what is announced of it
     */
    public static Announced knowing(Client client) {
      return new Announced(client, "", 0, Optional.empty(), Set.of());
    }
  }

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
