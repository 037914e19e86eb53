package org.ringfence.windows.plan;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.UUID;
import org.ringfence.windows.acl.Sid;

/**
 * A persistent filter of the Windows Filtering Platform ({@code FWPM_FILTER0}). It blocks the
 * traffic that firewall rules miss (ICMP, loopback, listening), and works even when the firewall's
 * service is off.
 *
 * @param key the filter's key, always the same for the same filter
 * @param name its name for people
 * @param layer the layer that evaluates it
 * @param permit whether it permits; otherwise it blocks
 * @param conditions the conditions on a connection
 */
public record PlatformFilter(
    UUID key, String name, Layer layer, boolean permit, List<FilterCondition> conditions) {
  private static final int ICMP = 1;
  private static final int ICMP_V6 = 58;

  /** The platform evaluates blocking filters after those that permit. */
  private static final long BLOCK_WEIGHT = 0x0F40L << 48;

  private static final long PERMIT_WEIGHT = 0x0F80L << 48;

  /** A layer of the platform ({@code FWPM_LAYER_ALE_*} of {@code fwpmu.h}). */
  public enum Layer {
    /** Connecting, and the first datagram to an address, over version 4. */
    CONNECT_V4("c38d57d1-05a7-4c33-904f-7fbceee60e82", false),
    /** Connecting, and the first datagram to an address, over version 6. */
    CONNECT_V6("4a72393b-319f-44bc-84c3-ba54dcb3b6b4", true),
    /** Assigning a port, or a socket of a protocol without ports, over version 4. */
    ASSIGNMENT_V4("1247d66d-0b60-4a15-8d44-7155d0f53a0c", false),
    /** Assigning a port, or a socket of a protocol without ports, over version 6. */
    ASSIGNMENT_V6("55a650e1-5f0a-4eca-a653-88f53b26aa8c", true),
    /** Accepting a connection or a first datagram over version 4. */
    ACCEPT_V4("e1cd9fe7-f4b5-4273-96c0-592e487b8650", false),
    /** Accepting a connection or a first datagram over version 6. */
    ACCEPT_V6("a3b42c97-9f04-4672-b87e-cee9c483257f", true);

    private final UUID key;
    private final boolean v6;

    Layer(String key, boolean v6) {
      this.key = UUID.fromString(key);
      this.v6 = v6;
    }

    /**
     * Returns the layer's key.
     *
     * @return the GUID
     */
    public UUID key() {
      return key;
    }

    /**
     * Returns whether the layer is for version 6.
     *
     * @return true for version 6
     */
    public boolean v6() {
      return v6;
    }
  }

  /** Copies the list. */
  public PlatformFilter {
    conditions = List.copyOf(conditions);
  }

  /**
   * Returns the filter's weight: the platform evaluates heavier filters first.
   *
   * @return the weight
   */
  public long weight() {
    return permit ? PERMIT_WEIGHT : BLOCK_WEIGHT;
  }

  /**
   * Returns the tag that the platform keeps with the filter: it identifies the filter as the one
   * that was added.
   *
   * @return text of all its parts
   */
  public String tag() {
    return "ringfence 1 " + name + " " + layer + (permit ? " permit " : " block ") + conditions;
  }

  /**
   * Returns the filters that close the network to a user, but for ports of loopback.
   *
   * @param client the client's id
   * @param user the user
   * @param open ports of loopback that stay open, without gaps
   * @return the filters
   */
  public static List<PlatformFilter> closing(String client, Sid user, SortedSet<Integer> open) {
    FilterCondition own = new FilterCondition.User(user);
    List<PlatformFilter> filters = new ArrayList<>();
    for (Layer layer : List.of(Layer.CONNECT_V4, Layer.CONNECT_V6)) {
      filters.add(filter(client, "block connecting", layer, false, List.of(own)));
      filters.add(
          filter(
              client,
              "permit the proxy's ports",
              layer,
              true,
              List.of(
                  own,
                  new FilterCondition.Protocol(FirewallRule.TCP),
                  new FilterCondition.Loopback(),
                  new FilterCondition.Ports(open.first(), open.last()))));
    }
    for (Layer layer : List.of(Layer.ACCEPT_V4, Layer.ACCEPT_V6)) {
      filters.add(filter(client, "block accepting", layer, false, List.of(own)));
    }
    for (Layer layer : List.of(Layer.ASSIGNMENT_V4, Layer.ASSIGNMENT_V6)) {
      // A ping uses no socket of the command: it requests no connection.
      int protocol = layer.v6() ? ICMP_V6 : ICMP;
      filters.add(
          filter(
              client,
              "block ICMP",
              layer,
              false,
              List.of(own, new FilterCondition.Protocol(protocol))));
    }
    return List.copyOf(filters);
  }

  private static PlatformFilter filter(
      String client, String what, Layer layer, boolean permit, List<FilterCondition> conditions) {
    String name = "Ringfence " + client + " " + what + (layer.v6() ? " v6" : " v4");
    UUID key = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    return new PlatformFilter(key, name, layer, permit, conditions);
  }

  /** Returns text for people. */
  @Override
  public String toString() {
    return "platform filter '" + name + "': " + (permit ? "permit " : "block ") + conditions;
  }
}
