package org.ringfence.egress.dns;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Addresses that stand in for names that need a decision before a lookup: only the connection shows
 * the purpose of a name. They come from a range that no network routes (RFC 2544). Thread-safe.
 */
public final class StandInAddresses {
  private static final int FIRST = 198 << 24 | 18 << 16 | 1;
  private static final int COUNT = (1 << 17) - 2;
  private static final int MASK = ~((1 << 17) - 1);

  private final Map<String, Integer> byName = new HashMap<>();
  private final List<String> names = new ArrayList<>();

  /**
   * Returns the address that stands in for a name.
   *
   * @param name the name
   * @return its address, the same each time; empty when there are no more
   */
  public synchronized Optional<InetAddress> of(String name) {
    Integer index = byName.get(name);
    if (index == null) {
      if (names.size() >= COUNT) {
        return Optional.empty();
      }
      index = names.size();
      names.add(name);
      byName.put(name, index);
    }
    int value = FIRST + index;
    try {
      return Optional.of(
          InetAddress.getByAddress(
              new byte[] {
                (byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value
              }));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 bytes", e);
    }
  }

  /**
   * Returns the name that an address stands in for.
   *
   * @param address the address
   * @return the name; empty when it stands in for none
   */
  public synchronized Optional<String> name(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length != 4) {
      return Optional.empty();
    }
    int value = java.nio.ByteBuffer.wrap(bytes).getInt();
    int index = value - FIRST;
    boolean inRange = (value & MASK) == (FIRST & MASK) && index >= 0 && index < names.size();
    return inRange ? Optional.of(names.get(index)) : Optional.empty();
  }
}
