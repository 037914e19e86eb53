package org.ringfence.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Escapes untrusted text (names, arguments, contents) for a terminal, a log line or a report.
 * Characters that move the cursor, hide text, change its direction or end a line become escapes, so
 * that a line stays one line and means what it shows.
 */
public final class Printable {
  // Letters and symbols of Unicode that a terminal shows as nothing or as a blank.
  private static final int HANGUL_CHOSEONG_FILLER = 0x115f;
  private static final int HANGUL_JUNGSEONG_FILLER = 0x1160;
  private static final int BRAILLE_BLANK = 0x2800;
  private static final int HANGUL_FILLER = 0x3164;
  private static final int HALFWIDTH_HANGUL_FILLER = 0xffa0;

  // Marks that a terminal shows as nothing, as Unicode's DerivedCoreProperties.txt lists them
  // (Default_Ignorable_Code_Point).
  private static final int COMBINING_GRAPHEME_JOINER = 0x34f;
  private static final int KHMER_VOWEL_INHERENT_AQ = 0x17b4;
  private static final int KHMER_VOWEL_INHERENT_AA = 0x17b5;
  private static final int FIRST_MONGOLIAN_SELECTOR = 0x180b;
  private static final int LAST_MONGOLIAN_SELECTOR = 0x180f;
  private static final int FIRST_VARIATION_SELECTOR = 0xfe00;
  private static final int LAST_VARIATION_SELECTOR = 0xfe0f;
  private static final int FIRST_VARIATION_SELECTOR_SUPPLEMENT = 0xe0100;
  private static final int LAST_VARIATION_SELECTOR_SUPPLEMENT = 0xe01ef;

  private Printable() {}

  /**
   * Escapes a text.
   *
   * @param text the text
   * @return the text, with control and format characters, line and paragraph separators, and lone
   *     surrogates as {@code \}{@code n}, {@code \}{@code xNN}, {@code \}{@code uNNNN}
   */
  public static String of(String text) {
    return escape(text, false);
  }

  /**
   * Escapes a name, such as a path, so that no two names look the same. A shell that knows {@code
   * $'…'} reads the result as the name.
   *
   * @param name the name
   * @return the name itself, or {@code $'…'} with escapes if it has a character that {@link
   *     #of(String)} escapes
   */
  public static String name(String name) {
    if (!name.startsWith("$'") && name.codePoints().allMatch(Printable::isPlain)) {
      return name;
    }
    StringBuilder out = new StringBuilder(name.length() + 16).append("$'");
    name.codePoints()
        .forEach(
            code -> {
              if (code == '\\') {
                out.append("\\\\");
              } else if (code == '\'') {
                // To a shell that does not know $'…', a quote would end the name.
                out.append("\\047");
              } else if (!isPlain(code) && code >= 0x7f) {
                // Here \x is a byte of UTF-8 to a shell.
                out.append(String.format(code < 0x10000 ? "\\u%04x" : "\\U%08x", code));
              } else {
                append(out, code, false);
              }
            });
    return out.append('\'').toString();
  }

  /**
   * Escapes a line of a text, except tabs.
   *
   * @param line the line, without its end
   * @return the escaped line
   */
  public static String line(String line) {
    return escape(line, true);
  }

  /**
   * Escapes a file name.
   *
   * @param bytes its bytes
   * @return the result of {@link #of(String)} when they are UTF-8; otherwise every byte above 126
   *     as {@code \}{@code xNN}
   */
  public static String ofBytes(byte[] bytes) {
    try {
      return of(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      StringBuilder out = new StringBuilder();
      for (byte each : bytes) {
        if (each < 0) {
          out.append(String.format("\\x%02x", each & 0xff));
        } else {
          append(out, each, false);
        }
      }
      return out.toString();
    }
  }

  /**
   * Returns whether a character stays unescaped.
   *
   * @param code the code point
   * @return false for characters that {@link #of(String)} escapes
   */
  public static boolean isPlain(int code) {
    if (code >= ' ' && code < 0x7f) {
      return true;
    }
    return switch (code) {
      case HANGUL_CHOSEONG_FILLER,
          HANGUL_JUNGSEONG_FILLER,
          BRAILLE_BLANK,
          HANGUL_FILLER,
          HALFWIDTH_HANGUL_FILLER,
          COMBINING_GRAPHEME_JOINER,
          KHMER_VOWEL_INHERENT_AQ,
          KHMER_VOWEL_INHERENT_AA ->
          false;
      default -> !isSelector(code) && hasPlainType(code);
    };
  }

  private static boolean isSelector(int code) {
    return code >= FIRST_MONGOLIAN_SELECTOR && code <= LAST_MONGOLIAN_SELECTOR
        || code >= FIRST_VARIATION_SELECTOR && code <= LAST_VARIATION_SELECTOR
        || code >= FIRST_VARIATION_SELECTOR_SUPPLEMENT
            && code <= LAST_VARIATION_SELECTOR_SUPPLEMENT;
  }

  private static boolean hasPlainType(int code) {
    return switch (Character.getType(code)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          // Another blank than the usual one, which looks the same.
          Character.SPACE_SEPARATOR,
          // What has no meaning has no shape either, or one that only some terminals know.
          Character.UNASSIGNED,
          Character.PRIVATE_USE,
          Character.SURROGATE ->
          false;
      default -> true;
    };
  }

  private static String escape(String text, boolean tabs) {
    if (text.codePoints().allMatch(code -> isPlain(code) || tabs && code == '\t')) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(code -> append(out, code, tabs));
    return out.toString();
  }

  private static void append(StringBuilder out, int code, boolean tabs) {
    if (isPlain(code) || tabs && code == '\t') {
      out.appendCodePoint(code);
      return;
    }
    switch (code) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        if (code < 0x100) {
          out.append(String.format("\\x%02x", code));
        } else {
          for (char unit : Character.toChars(code)) {
            out.append(String.format("\\u%04x", (int) unit));
          }
        }
      }
    }
  }
}
