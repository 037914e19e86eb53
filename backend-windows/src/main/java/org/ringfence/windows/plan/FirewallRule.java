package org.ringfence.windows.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.ringfence.windows.acl.Sid;

/**
 * A rule of the Windows firewall that blocks one user ({@code INetFwRule3}).
 *
 * @param name its name
 * @param direction whether it concerns inbound or outbound traffic
 * @param protocol {@code NET_FW_IP_PROTOCOL_*}
 * @param remoteAddresses the addresses that it concerns
 * @param remotePorts the ports that it concerns; empty for all
 * @param user the user that it blocks
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

  /** Domain, private and public: {@code NET_FW_PROFILE2_*}. */
  public static final int PROFILES = 7;

  private static final int LAST_PORT = 65_535;

  /** All but loopback; a list accepts {@code ::1} only as a range of two. */
  private static final String OUTSIDE =
      "0.0.0.0-126.255.255.255,128.0.0.0-255.255.255.255,::,"
          + "::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

  private static final String LOOPBACK = "127.0.0.0/8,::/127";

  /** The traffic that a rule concerns ({@code NET_FW_RULE_DIRECTION}). */
  public enum Direction {
    /** Inbound traffic. */
    IN,
    /** Outbound traffic. */
    OUT
  }

  /**
   * Returns the rules that close the network to a user, but for ports of loopback. The widest come
   * first: an interruption leaves more closed, not less.
   *
   * @param client the client's id, a part of the rules' names
   * @param user the user
   * @param open ports of loopback that stay open
   * @return the rules in the order in which they are added
   */
  public static List<FirewallRule> closing(String client, Sid user, SortedSet<Integer> open) {
    String name = "Ringfence " + client + " block ";
    return List.of(
        new FirewallRule(name + "outbound", Direction.OUT, ANY, OUTSIDE, Optional.empty(), user),
        new FirewallRule(name + "inbound", Direction.IN, ANY, OUTSIDE, Optional.empty(), user),
        new FirewallRule(
            name + "loopback UDP", Direction.OUT, UDP, LOOPBACK, Optional.empty(), user),
        new FirewallRule(
            name + "loopback TCP",
            Direction.OUT,
            TCP,
            LOOPBACK,
            Optional.of(complement(open)),
            user));
  }

  /**
   * Returns all ports but some.
   *
   * @param open the excluded ports, from 1 to 65535
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
   * Returns the user in the firewall's notation ({@code LocalUserAuthorizedList}).
   *
   * @return SDDL, whose right is {@code FWP_ACTRL_MATCH_FILTER}
   */
  public String authorizedUsers() {
    return "O:LSD:(A;;CC;;;" + user + ")";
  }

  /**
   * A rule as the firewall reports it.
   *
   * @param enabled whether it is in force
   * @param block whether it blocks
   * @param direction the traffic that it concerns
   * @param profiles {@code NET_FW_PROFILE2_*}
   * @param protocol {@code NET_FW_IP_PROTOCOL_*}
   * @param remoteAddresses its addresses, perhaps in another spelling
   * @param remotePorts its ports; empty or {@code *} for all
   * @param authorizedUsers SDDL
   */
  public record Reading(
      boolean enabled,
      boolean block,
      Direction direction,
      int profiles,
      int protocol,
      String remoteAddresses,
      String remotePorts,
      String authorizedUsers) {}

  /**
   * Compares a rule with this one: the firewall normalizes addresses, and accepts some properties
   * without keeping them.
   *
   * @param told the rule as the firewall reports it
   * @return the first difference; empty when it blocks the same traffic
   */
  public Optional<String> difference(Reading told) {
    if (!told.enabled() || !told.block()) {
      return Optional.of(told.enabled() ? "it does not block" : "it is not in force");
    }
    if (told.direction() != direction || told.protocol() != protocol) {
      return Optional.of("its direction or protocol is another");
    }
    if ((told.profiles() & PROFILES) != PROFILES) {
      return Optional.of("it is not in force in every profile");
    }
    if (!told.authorizedUsers().contains(user.text() + ")")) {
      return Optional.of("it is not about the user: '" + told.authorizedUsers() + "'");
    }
    String ports = told.remotePorts().equals("*") ? "" : told.remotePorts().replace(" ", "");
    if (!ports.equals(remotePorts.orElse(""))) {
      return Optional.of("its ports are '" + ports + "'");
    }
    try {
      return AddressRanges.of(told.remoteAddresses()).covers(AddressRanges.of(remoteAddresses))
          ? Optional.empty()
          : Optional.of("its addresses are '" + told.remoteAddresses() + "'");
    } catch (IllegalArgumentException e) {
      return Optional.of("its addresses cannot be read: " + e.getMessage());
    }
  }

  /** Returns text for people. */
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
