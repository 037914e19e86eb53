package org.ringfence.windows.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A rule of the Windows firewall that blocks one user ({@code INetFwRule3}).
 *
 * @param name its name
 * @param direction whether it is about what comes in or goes out
 * @param protocol {@code NET_FW_IP_PROTOCOL_*}
 * @param remoteAddresses which addresses it is about
 * @param remotePorts which ports it is about; empty for all
 * @param user whom it blocks
 */
public record FirewallRule(
    String name,
    Direction direction,
    int protocol,
    String remoteAddresses,
    Optional<String> remotePorts,
    Sid user) {
  /** {@code NET_FW_IP_PROTOCOL_ANY}. */
  public static final int ANY = 256;

  /** {@code IPPROTO_TCP}. */
  public static final int TCP = 6;

  /** {@code IPPROTO_UDP}. */
  public static final int UDP = 17;

  private static final int LAST_PORT = 65_535;

  /** All but loopback; a list takes {@code ::1} as a range of two alone. */
  private static final String OUTSIDE =
      "0.0.0.0-126.255.255.255,128.0.0.0-255.255.255.255,::,"
          + "::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

  private static final String LOOPBACK = "127.0.0.0/8,::/127";

  /** What a rule is about ({@code NET_FW_RULE_DIRECTION}). */
  public enum Direction {
    /** What comes in. */
    IN,
    /** What goes out. */
    OUT
  }

  /**
   * The rules that close the network to a user, but for ports of loopback. The widest come first:
   * whoever is interrupted has closed more, not less.
   *
   * @param user the user
   * @param open ports of loopback that are left open
   * @return the rules in the order in which they are added
   */
  public static List<FirewallRule> closing(Sid user, SortedSet<Integer> open) {
    return List.of(
        new FirewallRule(
            "Ringfence block outbound", Direction.OUT, ANY, OUTSIDE, Optional.empty(), user),
        new FirewallRule(
            "Ringfence block inbound", Direction.IN, ANY, OUTSIDE, Optional.empty(), user),
        new FirewallRule(
            "Ringfence block loopback UDP", Direction.OUT, UDP, LOOPBACK, Optional.empty(), user),
        new FirewallRule(
            "Ringfence block loopback TCP",
            Direction.OUT,
            TCP,
            LOOPBACK,
            Optional.of(complement(open)),
            user));
  }

  /**
   * All ports but some.
   *
   * @param open the ports that are left out, from 1 to 65535
   * @return ranges such as {@code 1-8079,8081-65535}
   */
  public static String complement(SortedSet<Integer> open) {
    List<String> ranges = new ArrayList<>();
    int from = 1;
    for (int port : new TreeSet<>(open)) {
      if (port > from) {
        ranges.add(range(from, port - 1));
      }
      from = port + 1;
    }
    if (from <= LAST_PORT) {
      ranges.add(range(from, LAST_PORT));
    }
    return String.join(",", ranges);
  }

  private static String range(int from, int to) {
    return from == to ? Integer.toString(from) : from + "-" + to;
  }

  /**
   * Whom the rule is about, as the firewall writes it ({@code LocalUserAuthorizedList}).
   *
   * @return SDDL, whose right is {@code FWP_ACTRL_MATCH_FILTER}
   */
  public String authorizedUsers() {
    return "O:LSD:(A;;CC;;;" + user + ")";
  }

  /** For people. */
  @Override
  public String toString() {
    return "firewall rule '"
        + name
        + "': block "
        + direction.name().toLowerCase(java.util.Locale.ROOT)
        + ", protocol "
        + (protocol == ANY ? "any" : Integer.toString(protocol))
        + ", addresses "
        + remoteAddresses
        + remotePorts.map(ports -> ", ports " + ports).orElse("")
        + ", users "
        + authorizedUsers();
  }
}
