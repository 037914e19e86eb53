package org.ringfence.property;

import java.util.HexFormat;
import org.instancio.Instancio;
import org.instancio.Random;
import org.instancio.Result;
import org.instancio.Select;
import org.instancio.TypeToken;
import org.instancio.generator.AfterGenerate;
import org.instancio.generator.Generator;
import org.instancio.generator.Hints;

/**
 * A statement that must hold for every input of a generator. A test class that checks properties
 * uses Instancio's extension, so that {@code @Seed} on a test repeats all its inputs. Thread-safe
 * if the statement is.
 *
 * @param <T> the input's type
 */
@FunctionalInterface
public interface Property<T> {
  /** The number of inputs that a check tries by default. */
  int TRIES = 1000;

  /** The factor by which a full build tries more inputs. */
  int FULL = Boolean.getBoolean("ringfence.test.full") ? 4 : 1;

  /**
   * Fails if the statement does not hold for the input.
   *
   * @throws Throwable the failure
   */
  void check(T input) throws Throwable;

  /**
   * Checks a property with {@value #TRIES} inputs, or {@link #FULL} times as many.
   *
   * @throws AssertionError at the first input for which the property fails; names seed and input
   */
  static <T> void forAll(Generator<T> inputs, Property<? super T> property) {
    forAll(TRIES, inputs, property);
  }

  /**
   * Checks a property.
   *
   * @param tries the number of inputs in the usual build, at least 1
   * @throws IllegalArgumentException if {@code tries} is less than 1
   * @throws AssertionError at the first input for which the property fails; names seed and input
   */
  static <T> void forAll(int tries, Generator<T> inputs, Property<? super T> property) {
    if (tries < 1) {
      throw new IllegalArgumentException("tries: " + tries + "; use 1 or more");
    }
    for (int number = 1; number <= tries * FULL; number++) {
      Result<Drawn<T>> result = draw(inputs);
      T input = result.get().input();
      // A property may change its input, for example an array.
      String shown = shown(input);
      try {
        property.check(input);
      } catch (Throwable failure) {
        throw new AssertionError(
            "input %d of %d, repeated by @Seed(%dL), breaks the property: %s%n%s"
                .formatted(number, tries * FULL, result.getSeed(), shown, failure),
            failure);
      }
    }
  }

  private static <T> Result<Drawn<T>> draw(Generator<T> inputs) {
    return Instancio.of(new TypeToken<Drawn<T>>() {})
        .supply(
            Select.root(),
            new Generator<Drawn<T>>() {
              @Override
              public Drawn<T> generate(Random random) {
                return new Drawn<>(inputs.generate(random));
              }

              /** Without this Instancio would fill absent parts of the input. */
              @Override
              public Hints hints() {
                return Hints.afterGenerate(AfterGenerate.DO_NOT_MODIFY);
              }
            })
        .asResult();
  }

  private static String shown(Object input) {
    if (input instanceof byte[] bytes) {
      return bytes.length + " bytes " + HexFormat.of().formatHex(bytes);
    }
    if (input instanceof Record record) {
      StringBuilder text = new StringBuilder();
      for (var part : record.getClass().getRecordComponents()) {
        try {
          part.getAccessor().setAccessible(true);
          text.append(text.isEmpty() ? "" : ", ")
              .append(part.getName())
              .append('=')
              .append(shown(part.getAccessor().invoke(record)));
        } catch (ReflectiveOperationException | RuntimeException e) {
          return input.toString();
        }
      }
      return text.toString();
    }
    return input instanceof String text ? quoted(text) : String.valueOf(input);
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.chars()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                quoted.append('\\').append((char) c);
              } else if (c >= ' ' && c < 0x7f) {
                quoted.append((char) c);
              } else {
                quoted.append("\\u%04x".formatted(c));
              }
            });
    return quoted.append('"').toString();
  }
}
