package org.ringfence.policy.value;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Objects;

/**
 * A range of IP addresses in CIDR form, such as {@code 10.0.0.0/8} or {@code fd00::/8}.
 *
 * @param network the first address
 * @param prefix how many leading bits all addresses share
 */
public record AddressRange(InetAddress network, int prefix) {
  private static final String FIELD = "address range";
  private static final int BITS = 8;

  /**
   * Addresses outside the public Internet: the registries of special-purpose addresses of IANA (RFC
   * 6890), and the forms that carry an IPv4 address inside an IPv6 one (RFC 2765, 6052, 3056,
   * 4380).
   */
  private static final List<AddressRange> SPECIAL =
      List.of(
          parse("0.0.0.0/8"),
          parse("10.0.0.0/8"),
          parse("100.64.0.0/10"),
          parse("127.0.0.0/8"),
          parse("169.254.0.0/16"),
          parse("172.16.0.0/12"),
          parse("192.0.0.0/24"),
          parse("192.0.2.0/24"),
          parse("192.88.99.0/24"),
          parse("192.168.0.0/16"),
          parse("198.18.0.0/15"),
          parse("198.51.100.0/24"),
          parse("203.0.113.0/24"),
          parse("224.0.0.0/4"),
          parse("240.0.0.0/4"),
          parse("::/96"),
          // IPv4-translated addresses (RFC 2765): ::ffff:0:a.b.c.d.
          parse("::ffff:0:0:0/96"),
          parse("64:ff9b::/96"),
          parse("64:ff9b:1::/48"),
          parse("100::/64"),
          parse("2001::/23"),
          parse("2001:db8::/32"),
          parse("2002::/16"),
          parse("3fff::/20"),
          parse("5f00::/16"),
          parse("fc00::/7"),
          parse("fe80::/10"),
          parse("fec0::/10"),
          parse("ff00::/8"));

  /** Checks that the address is the first of the range. */
  public AddressRange {
    Objects.requireNonNull(network, "network");
    int most = network.getAddress().length * BITS;
    if (prefix < 0 || prefix > most) {
      throw new InvalidPolicyException(
          FIELD, network.getHostAddress() + "/" + prefix, "a prefix from 0 to " + most);
    }
    byte[] first = masked(network.getAddress(), prefix);
    if (!java.util.Arrays.equals(first, network.getAddress())) {
      throw new InvalidPolicyException(
          FIELD,
          network.getHostAddress() + "/" + prefix,
          "the first address of the range, " + address(first).getHostAddress() + "/" + prefix);
    }
  }

  /**
   * Reads a range; a single address is a range of one.
   *
   * @param text the range
   * @return the range
   * @throws InvalidPolicyException if it is malformed, with the nearest valid form
   */
  public static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    String host = slash < 0 ? text : text.substring(0, slash);
    InetAddress address =
        HostPattern.literal(HostPattern.normalise(FIELD, host))
            .orElseThrow(
                () -> new InvalidPolicyException(FIELD, text, "an address range, 10.0.0.0/8"));
    if (slash < 0) {
      return new AddressRange(address, address.getAddress().length * BITS);
    }
    String digits = text.substring(slash + 1);
    if (!digits.matches("[0-9]{1,3}")) {
      throw new InvalidPolicyException(FIELD, text, "a prefix length, " + host + "/24");
    }
    return new AddressRange(address, Integer.parseInt(digits));
  }

  /**
   * Returns whether an address is outside the public Internet: private, loopback, link-local,
   * multicast, reserved or for documentation, or an IPv6 form of an IPv4 address.
   *
   * @param address the address
   * @return true if it is
   */
  public static boolean isSpecial(InetAddress address) {
    return SPECIAL.stream().anyMatch(range -> range.contains(address)) || isIsatap(address);
  }

  /**
   * Returns whether an interface identifier is one of ISATAP (RFC 5214, 6.1), which holds an IPv4
   * address.
   */
  private static boolean isIsatap(InetAddress address) {
    byte[] bytes = address.getAddress();
    return bytes.length == 16
        && (bytes[8] & ~2) == 0
        && bytes[9] == 0
        && bytes[10] == 0x5e
        && bytes[11] == (byte) 0xfe;
  }

  /**
   * Returns whether an address lies in this range.
   *
   * @param address the address
   * @return true if it does
   */
  public boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    return bytes.length == network.getAddress().length
        && java.util.Arrays.equals(masked(bytes, prefix), network.getAddress());
  }

  private static byte[] masked(byte[] address, int prefix) {
    byte[] result = new byte[address.length];
    for (int i = 0; i < address.length; i++) {
      int bits = Math.max(0, Math.min(BITS, prefix - i * BITS));
      result[i] = (byte) (address[i] & (0xff << (BITS - bits)));
    }
    return result;
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 or 16 bytes", e);
    }
  }

  /** Returns the range as {@link #parse} reads it. */
  @Override
  public String toString() {
    return network.getHostAddress() + "/" + prefix;
  }
}
