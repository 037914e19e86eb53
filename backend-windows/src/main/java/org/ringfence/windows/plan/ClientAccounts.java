package org.ringfence.windows.plan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.ringfence.windows.acl.Sid;

/**
 * The names of one client's accounts. A client is a user with an installation directory: two users,
 * or two homes of one, have separate accounts, and never change each other's passwords.
 *
 * @param id ten hexadecimal digits
 * @param firstPort the first of the loopback ports that stay open to the offline user
 */
public record ClientAccounts(String id, int firstPort) {
  /** The most sandboxes with a proxy that a client may have open at a time. */
  public static final int PORTS = 8;

  /** The first port of the first client: unassigned, below the ports that Windows assigns. */
  public static final int LOWEST_PORT = 43_128;

  private static final int HIGHEST_PORT = 48_999;
  private static final int ID_BYTES = 5;
  private static final Pattern ID = Pattern.compile("[0-9a-f]{10}");

  /** Checks the form. */
  public ClientAccounts {
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException("client '" + id + "' is none; use ten hexadecimal digits");
    }
    if (firstPort < LOWEST_PORT || firstPort + PORTS - 1 > HIGHEST_PORT) {
      throw new IllegalArgumentException(
          "port " + firstPort + " of client " + id + " is not from " + LOWEST_PORT + " on");
    }
  }

  /**
   * Returns the id of a client.
   *
   * @param user the user's SID, from the token
   * @param home the directory of the installation; compared without case
   * @return the id
   */
  public static String id(Sid user, String home) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  (user + "|" + home.toUpperCase(Locale.ROOT)).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, ID_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /**
   * Chooses the accounts of a new client.
   *
   * @param id its id
   * @param taken the first ports of the other clients
   * @return the accounts, with ports that no other client has
   * @throws IllegalStateException if all ports are taken
   */
  public static ClientAccounts of(String id, List<Integer> taken) {
    for (int port = LOWEST_PORT; port + PORTS - 1 <= HIGHEST_PORT; port += PORTS) {
      if (!taken.contains(port)) {
        return new ClientAccounts(id, port);
      }
    }
    throw new IllegalStateException("the ports of all clients are taken; tear one down");
  }

  /**
   * Returns the name of the group of both users, which entries name.
   *
   * @return its name
   */
  public String group() {
    return "ringfence-" + id;
  }

  /**
   * Returns the name of the user without a network.
   *
   * @return its name, of at most 20 characters
   */
  public String offline() {
    return "rf-" + id + "-off";
  }

  /**
   * Returns the name of the user with a network.
   *
   * @return its name
   */
  public String online() {
    return "rf-" + id + "-on";
  }

  /**
   * Returns the accounts' comment, which identifies an account of this name as ours.
   *
   * @return a sentence
   */
  public String comment() {
    return "Ringfence sandbox, client " + id + ". Removed by: ringfence windows teardown";
  }

  /**
   * Returns the loopback ports that stay open to the offline user, for proxies.
   *
   * @return the ports
   */
  public SortedSet<Integer> ports() {
    SortedSet<Integer> ports = new TreeSet<>();
    IntStream.range(firstPort, firstPort + PORTS).forEach(ports::add);
    return ports;
  }
}
