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
              if (code == '\\' || code == '\'') {
                out.append('\\').appendCodePoint(code);
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
          HALFWIDTH_HANGUL_FILLER ->
          false;
      default -> hasPlainType(code);
    };
  }

  private static boolean hasPlainType(int code) {
    return switch (Character.getType(code)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
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
