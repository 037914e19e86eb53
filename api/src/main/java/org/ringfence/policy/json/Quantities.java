package org.ringfence.policy.json;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.policy.value.InvalidPolicyException;

/** Reads sizes and durations such as {@code 2GiB}, {@code 512MB}, {@code 90s}, {@code 5m}. */
public final class Quantities {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,15})\\s*([A-Za-z]*)");
  private static final Pattern FRACTION =
      Pattern.compile("([0-9]{1,15}[.,][0-9]{1,6})\\s*([A-Za-z]*)");
  private static final Map<String, Long> SIZES =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("b", 1L),
          Map.entry("k", 1L << 10),
          Map.entry("kib", 1L << 10),
          Map.entry("kb", 1_000L),
          Map.entry("m", 1L << 20),
          Map.entry("mib", 1L << 20),
          Map.entry("mb", 1_000_000L),
          Map.entry("g", 1L << 30),
          Map.entry("gib", 1L << 30),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("t", 1L << 40),
          Map.entry("tib", 1L << 40),
          Map.entry("tb", 1_000_000_000_000L));
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

  private Quantities() {}

  /**
   * Reads a size.
   *
   * @param field the field, for the error
   * @param text a number with an optional unit (k, M, G, T are powers of 1024; kB, MB … of 1000)
   * @return bytes
   * @throws InvalidPolicyException if it is not a size
   */
  public static long size(String field, String text) {
    return quantity(field, text, SIZES, Quantities::size, "a size, 512MiB");
  }

  /**
   * Reads a duration.
   *
   * @param field the field, for the error
   * @param text a number with a unit: ms, s, m, h, d
   * @return the duration
   * @throws InvalidPolicyException if it is not a duration
   */
  public static Duration duration(String field, String text) {
    return Duration.ofMillis(
        quantity(
            field,
            text,
            MILLIS,
            millis -> duration(Duration.ofMillis(millis)),
            "a duration with its unit, 30s"));
  }

  private static long quantity(
      String field,
      String text,
      Map<String, Long> units,
      LongFunction<String> written,
      String example) {
    Matcher matcher = FORM.matcher(text.trim());
    if (matcher.matches()) {
      Long unit = units.get(matcher.group(2).toLowerCase(Locale.ROOT));
      if (unit != null) {
        try {
          return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
        } catch (ArithmeticException e) {
          throw new InvalidPolicyException(field, text, "a smaller number", e);
        }
      }
    }
    throw new InvalidPolicyException(
        field, text, nearest(text.trim(), units, written).orElse(example));
  }

  /** Returns the valid form of the same quantity, or of the same number with the nearest unit. */
  private static Optional<String> nearest(
      String text, Map<String, Long> units, LongFunction<String> written) {
    Matcher fraction = FRACTION.matcher(text);
    if (fraction.matches()) {
      Long unit = units.get(fraction.group(2).toLowerCase(Locale.ROOT));
      BigDecimal number = new BigDecimal(fraction.group(1).replace(',', '.'));
      return Optional.ofNullable(unit)
          .map(each -> number.multiply(BigDecimal.valueOf(each)))
          .map(value -> value.setScale(0, RoundingMode.CEILING).toBigInteger())
          .filter(value -> value.bitLength() < Long.SIZE && value.signum() > 0)
          .map(value -> written.apply(value.longValue()));
    }
    Matcher whole = FORM.matcher(text);
    return whole.matches() && whole.group(2).isEmpty()
        ? Optional.of(whole.group(1) + "s")
        : Optional.empty();
  }

  /**
   * Writes a size as policies do.
   *
   * @param bytes the number of bytes
   * @return the number of the largest of GiB, MiB, KiB and B that divides it
   */
  public static String size(long bytes) {
    if (bytes % (1L << 30) == 0) {
      return (bytes >> 30) + "GiB";
    }
    if (bytes % (1L << 20) == 0) {
      return (bytes >> 20) + "MiB";
    }
    return bytes % (1L << 10) == 0 ? (bytes >> 10) + "KiB" : bytes + "B";
  }

  static String duration(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }
}
