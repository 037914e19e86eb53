package org.ringfence.egress.dns;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The names for which a sandbox got an address, and their expiry. Thread-safe.
 *
 * <p>An answer counts for its time to live, but no less than a floor, since a client may pause
 * between lookup and connection, and no more than a cap.
 */
public final class PinnedAddresses {
  static final long FLOOR_SECONDS = 120;
  static final long CAP_SECONDS = 3600;
  private static final int MOST_ADDRESSES = 65_536;
  private static final long SECOND = 1_000_000_000L;

  private final Map<InetAddress, Map<String, Pin>> pins = new ConcurrentHashMap<>();
  private final LongSupplier nanos;

  /**
   * A name for which a sandbox got an address.
   *
   * @param name the name that was asked for
   * @param aliases the names between it and the address
   * @param expiry its expiry, by the clock of {@link System#nanoTime}
   * @param given the time of the last answer, by the same clock
   */
  public record Pin(String name, List<String> aliases, long expiry, long given) {}

  /** Starts without pins. */
  public PinnedAddresses() {
    this(System::nanoTime);
  }

  PinnedAddresses(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /**
   * Remembers an answer.
   *
   * @param name the name that was asked for
   * @param aliases the names between it and the address
   * @param address the address
   * @param ttlSeconds the answer's time to live
   */
  public void pin(String name, List<String> aliases, InetAddress address, long ttlSeconds) {
    long lifetime = Math.max(FLOOR_SECONDS, Math.min(ttlSeconds, CAP_SECONDS));
    long now = nanos.getAsLong();
    if (pins.size() >= MOST_ADDRESSES) {
      forgetExpired(now);
    }
    if (pins.size() < MOST_ADDRESSES || pins.containsKey(address)) {
      pins.computeIfAbsent(address, key -> new ConcurrentHashMap<>())
          .merge(
              name,
              new Pin(name, List.copyOf(aliases), now + lifetime * SECOND, now),
              (before, after) ->
                  after.expiry() - before.expiry() > 0
                      ? after
                      : new Pin(name, before.aliases(), before.expiry(), after.given()));
    }
  }

  private void forgetExpired(long now) {
    pins.values().forEach(names -> names.values().removeIf(pin -> pin.expiry() - now <= 0));
    pins.values().removeIf(Map::isEmpty);
  }

  /**
   * Returns the names for which an address still counts.
   *
   * @param address the address
   * @return the names, the last answered first; none when no name had the address
   */
  public List<Pin> of(InetAddress address) {
    Map<String, Pin> names = pins.get(address);
    if (names == null) {
      return List.of();
    }
    long now = nanos.getAsLong();
    names.values().removeIf(pin -> pin.expiry() - now <= 0);
    List<Pin> living = new ArrayList<>(names.values());
    living.sort((one, other) -> Long.compare(other.given() - now, one.given() - now));
    return living;
  }
}
