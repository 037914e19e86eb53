package org.ringfence.cli.confirm;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The answers that a question on the terminal takes. No other word is one of them: a question is
 * asked again until it has a clear answer. Immutable.
 *
 * @param <T> the meaning of an answer
 * @param words the answers in lower case, with their meanings
 * @param usual the meaning of an empty line, and of the end of the input
 */
public record Answers<T>(Map<String, T> words, T usual) {
  /** Yes, or no, which is the default. */
  public static final Answers<Boolean> YES_OR_NO =
      new Answers<>(Map.of("y", true, "yes", true, "n", false, "no", false), false);

  /** Said before a question is asked again. */
  public static final String UNCLEAR = "that is none of the answers";

  /**
   * Copies the words.
   *
   * @param words the answers in lower case, with their meanings
   * @param usual the meaning of an empty line, and of the end of the input
   */
  public Answers {
    words = Map.copyOf(words);
  }

  /**
   * Reads an answer.
   *
   * @param line the typed line; null at the end of the input
   * @return its meaning; empty if it is none of the answers
   */
  public Optional<T> of(String line) {
    String word = line == null ? "" : line.strip().toLowerCase(Locale.ROOT);
    return word.isEmpty() ? Optional.of(usual) : Optional.ofNullable(words.get(word));
  }
}
