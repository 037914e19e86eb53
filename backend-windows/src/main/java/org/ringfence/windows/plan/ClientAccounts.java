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

/**
 * What the accounts of one client are called. A client is a user with a directory of installation:
 * two users, or two homes of one, have accounts of their own, and never change each other's
 * passwords.
 *
 * @param id ten hexadecimal digits
 * @param firstPort the first of the loopback ports that stay open to the offline user
 */
public record ClientAccounts(String id, int firstPort) {
  /** How many sandboxes with a proxy a client may have open at a time. */
  public static final int PORTS = 8;

  /** The first port of the first client: unassigned, below what Windows gives out by itself. */
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
   * The id of a client.
   *
   * @param user the user's SID, as the token has it
   * @param home the directory of the installation; letters are compared without case
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
   * Accounts of a new client.
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
   * The group of both users, which entries name.
   *
   * @return its name
   */
  public String group() {
    return "ringfence-" + id;
  }

  /**
   * The user without a network.
   *
   * @return its name, of at most 20 characters
   */
  public String offline() {
    return "rf-" + id + "-off";
  }

  /**
   * The user with a network.
   *
   * @return its name
   */
  public String online() {
    return "rf-" + id + "-on";
  }

  /**
   * What accounts say of themselves: by it an account of this name is known as ours.
   *
   * @return a sentence
   */
  public String comment() {
    return "Ringfence sandbox, client " + id + ". Removed by: ringfence windows teardown";
  }

  /**
   * The loopback ports that stay open to the offline user, for proxies.
   *
   * @return the ports
   */
  public SortedSet<Integer> ports() {
    SortedSet<Integer> ports = new TreeSet<>();
    IntStream.range(firstPort, firstPort + PORTS).forEach(ports::add);
    return ports;
  }
}
