package org.ringfence.text.message;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the known word nearest to an unknown one. Thread-safe. */
public final class NearestWord {
  private NearestWord() {}

  /**
   * Suggests a replacement for an unknown word.
   *
   * @param unknown the unknown word
   * @param known the known words
   * @return the nearest known word and all of them, or all of them when none is near
   */
  public static String suggestion(String unknown, Collection<String> known) {
    String all = String.join(", ", known);
    return of(unknown, known)
        .filter(best -> known.size() > 1)
        .map(best -> "'" + best + "' (known: " + all + ")")
        .orElse("one of " + all);
  }

  /**
   * Finds the known word that an unknown one is most likely meant to be.
   *
   * @param unknown the unknown word
   * @param known the known words
   * @return the nearest known word; empty when none is near
   */
  public static Optional<String> of(String unknown, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(word -> distance(unknown, word)))
        .filter(best -> distance(unknown, best) <= Math.max(2, unknown.length() / 2));
  }

  /** Computes the Levenshtein distance, ignoring case. */
  private static int distance(String left, String right) {
    int[] row = new int[right.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        boolean same =
            Character.toLowerCase(left.charAt(i - 1)) == Character.toLowerCase(right.charAt(j - 1));
        int substituted = diagonal + (same ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[right.length()];
  }
}
