package org.ringfence.property;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.instancio.generator.Generator;

/**
 * Generators of inputs. Numbers, bytes and texts take extreme values far more often than in a
 * uniform draw, because extreme values reveal more faults. Immutable and thread-safe.
 */
public final class Inputs {
  /** One draw in this many takes an extreme value. */
  private static final int RARITY = 8;

  private Inputs() {}

  /** Draws one of these values with equal probability. */
  @SafeVarargs
  @SuppressWarnings("varargs")
  public static <T> Generator<T> of(T... values) {
    return of(List.of(values));
  }

  /** Draws one of these values with equal probability. */
  public static <T> Generator<T> of(Collection<T> values) {
    List<T> all = List.copyOf(values);
    return random -> random.oneOf(all);
  }

  /** Draws a value from one of these generators, each with equal probability. */
  @SafeVarargs
  @SuppressWarnings("varargs")
  public static <T> Generator<T> oneOf(Generator<? extends T>... generators) {
    List<Generator<? extends T>> all = List.of(generators);
    return random -> random.oneOf(all).generate(random);
  }

  /** Draws any {@code int}. */
  public static Generator<Integer> ints() {
    return ints(Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** Draws an {@code int} from {@code min} to {@code max}, both included. */
  public static Generator<Integer> ints(int min, int max) {
    List<Integer> extremes =
        List.of(min, max, -1, 0, 1).stream().filter(n -> n >= min && n <= max).toList();
    return random ->
        random.intRange(1, RARITY) == 1 ? random.oneOf(extremes) : random.intRange(min, max);
  }

  /** Draws any {@code long}. */
  public static Generator<Long> longs() {
    List<Long> extremes = List.of(Long.MIN_VALUE, Long.MAX_VALUE, -1L, 0L, 1L);
    return random ->
        random.intRange(1, RARITY) == 1
            ? random.oneOf(extremes)
            : random.longRange(Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /**
   * Draws up to {@code max} bytes of any value. Empty arrays and extreme bytes are more frequent.
   */
  public static Generator<byte[]> bytes(int max) {
    return random -> {
      byte[] bytes = new byte[random.intRange(1, RARITY) == 1 ? 0 : random.intRange(0, max)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] =
            random.intRange(1, RARITY) == 1
                ? random.oneOf((byte) 0, (byte) 1, (byte) 0x7f, (byte) 0x80, (byte) 0xff)
                : random.byteRange(Byte.MIN_VALUE, Byte.MAX_VALUE);
      }
      return bytes;
    };
  }

  /**
   * Draws {@code min} to {@code max} UTF-16 units of {@code units}. A surrogate pair may be split.
   */
  public static Generator<String> strings(String units, int min, int max) {
    char[] all = units.toCharArray();
    return random -> random.stringOf(random.intRange(min, max), all);
  }

  /**
   * Draws up to {@code max} UTF-16 units of any value. ASCII, control characters and surrogates are
   * more frequent.
   */
  public static Generator<String> strings(int max) {
    return random -> {
      StringBuilder text = new StringBuilder();
      for (int left = random.intRange(0, max); left > 0; left--) {
        text.append(
            switch (random.intRange(0, 3)) {
              case 0 -> random.characterRange('\0', '\u007f');
              case 1 -> random.characterRange('\ud800', '\udfff');
              default -> random.characterRange('\0', '\uffff');
            });
      }
      return text.toString();
    };
  }

  /** Draws up to {@code max} characters that UTF-8 can encode, without unpaired surrogates. */
  public static Generator<String> encodable(int max) {
    return random -> {
      StringBuilder text = new StringBuilder();
      for (int left = random.intRange(0, max); left > 0; left--) {
        text.appendCodePoint(
            switch (random.intRange(0, 5)) {
              case 0 -> random.intRange(0x10000, 0x10ffff);
              case 1 -> random.intRange(0xe000, 0xffff);
              case 2 -> random.intRange(0x80, 0xd7ff);
              default -> random.intRange(0, 0x7f);
            });
      }
      return text.toString();
    };
  }

  /** Draws {@code min} to {@code max} values, in order. */
  public static <T> Generator<List<T>> lists(Generator<T> values, int min, int max) {
    return random -> {
      List<T> list = new ArrayList<>();
      for (int left = random.intRange(min, max); left > 0; left--) {
        list.add(values.generate(random));
      }
      return List.copyOf(list);
    };
  }

  /** Draws up to {@code max} values, each with a different key. */
  public static <T, K> Generator<List<T>> distinct(
      Generator<T> values, Function<? super T, K> key, int max) {
    return random -> {
      Set<K> keys = new HashSet<>();
      return lists(values, 0, max).generate(random).stream()
          .filter(value -> keys.add(key.apply(value)))
          .toList();
    };
  }

  /** Draws up to {@code max} different values. */
  public static <T> Generator<Set<T>> sets(Generator<T> values, int max) {
    return random -> Set.copyOf(lists(values, 0, max).generate(random));
  }
}
