package org.ringfence.windows.plan;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * Addresses in the firewall's notation: single ones, {@code from-to}, {@code address/prefix},
 * {@code address/mask}, {@code *}.
 *
 * @param ranges the ranges
 */
public record AddressRanges(List<Range> ranges) {
  private static final int V4_BITS = 32;
  private static final int V6_BITS = 128;

  /**
   * Addresses of one version, both ends included.
   *
   * @param bits 32 or 128
   * @param from the first
   * @param to the last
   */
  public record Range(int bits, BigInteger from, BigInteger to) {
    private boolean contains(Range other) {
      return bits == other.bits && from.compareTo(other.from) <= 0 && to.compareTo(other.to) >= 0;
    }
  }

  /** Copies the list. */
  public AddressRanges {
    ranges = List.copyOf(ranges);
  }

  /**
   * Reads a list.
   *
   * @param text the list, separated by commas
   * @return the ranges; adjacent ones are joined
   * @throws IllegalArgumentException if a part is no address; names are not looked up
   */
  public static AddressRanges of(String text) {
    List<Range> all = new ArrayList<>();
    for (String part : text.split(",")) {
      String one = part.strip();
      if (one.equals("*")) {
        all.add(new Range(V4_BITS, BigInteger.ZERO, last(V4_BITS)));
        all.add(new Range(V6_BITS, BigInteger.ZERO, last(V6_BITS)));
      } else if (one.contains("-")) {
        String[] ends = one.split("-", 2);
        all.add(new Range(bits(ends[0]), number(ends[0]), number(ends[1])));
      } else if (one.contains("/")) {
        all.add(block(one.substring(0, one.indexOf('/')), one.substring(one.indexOf('/') + 1)));
      } else {
        all.add(new Range(bits(one), number(one), number(one)));
      }
    }
    return new AddressRanges(joined(all));
  }

  private static Range block(String address, String size) {
    int bits = bits(address);
    int prefix = size.contains(".") ? number(size).bitCount() : Integer.parseInt(size);
    BigInteger host = BigInteger.ONE.shiftLeft(bits - prefix).subtract(BigInteger.ONE);
    BigInteger from = number(address).andNot(host);
    return new Range(bits, from, from.or(host));
  }

  private static List<Range> joined(List<Range> all) {
    List<Range> sorted =
        all.stream()
            .sorted(java.util.Comparator.comparingInt(Range::bits).thenComparing(Range::from))
            .toList();
    List<Range> joined = new ArrayList<>();
    for (Range range : sorted) {
      Range before = joined.isEmpty() ? null : joined.get(joined.size() - 1);
      if (before != null
          && before.bits() == range.bits()
          && range.from().compareTo(before.to().add(BigInteger.ONE)) <= 0) {
        joined.set(
            joined.size() - 1,
            new Range(before.bits(), before.from(), before.to().max(range.to())));
      } else {
        joined.add(range);
      }
    }
    return joined;
  }

  private static BigInteger last(int bits) {
    return BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
  }

  private static int bits(String address) {
    return address.contains(":") ? V6_BITS : V4_BITS;
  }

  private static BigInteger number(String address) {
    if (!address.matches("[0-9.]+|[0-9a-fA-F:.]+")) {
      throw new IllegalArgumentException("'" + address + "' is no address");
    }
    if (address.startsWith("::") && !address.contains(".")) {
      // Java reads addresses of this form correctly, except those that map version 4.
      return v6(address);
    }
    try {
      return new BigInteger(1, InetAddress.getByName(address).getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("'" + address + "' is no address", e);
    }
  }

  /** {@code ::1234:...}: only the end is present. */
  private static BigInteger v6(String address) {
    BigInteger number = BigInteger.ZERO;
    for (String group : address.substring(2).split(":")) {
      number =
          number
              .shiftLeft(16)
              .or(BigInteger.valueOf(group.isEmpty() ? 0 : Integer.parseInt(group, 16)));
    }
    return number;
  }

  /**
   * Returns whether these contain all of the other addresses.
   *
   * @param other the others
   * @return true if they do
   */
  public boolean covers(AddressRanges other) {
    return other.ranges.stream()
        .allMatch(range -> ranges.stream().anyMatch(own -> own.contains(range)));
  }
}
