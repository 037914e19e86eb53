package org.ringfence.git;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;

/**
 * One setting of a git configuration file. Names and values are bytes in git; each character is one
 * byte (ISO 8859-1). Immutable.
 *
 * @param name the whole name as {@code git config --list} prints it: section and key in lower case,
 *     the subsection as written
 * @param value the value, empty for a name without an equals sign, which git reads as true
 * @param keptValue the value as git 2.45 and later read it: tabs and carriage returns between words
 *     stay, which older versions read as blanks
 */
public record GitSetting(String name, Optional<String> value, Optional<String> keptValue) {
  /** Checks the parts. */
  public GitSetting {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(value, "value");
    Objects.requireNonNull(keptValue, "keptValue");
  }

  /**
   * Returns the section, such as {@code core}.
   *
   * @return the text before the first dot, empty if the name has no section
   */
  public String section() {
    int dot = name.indexOf('.');
    return dot < 0 ? "" : name.substring(0, dot);
  }

  /**
   * Returns the subsection, such as the name of a remote.
   *
   * @return the text between the first and the last dot, if there are two
   */
  public Optional<String> subsection() {
    int first = name.indexOf('.');
    int last = name.lastIndexOf('.');
    return first < last ? Optional.of(name.substring(first + 1, last)) : Optional.empty();
  }

  /**
   * Returns the key, such as {@code hookspath}.
   *
   * @return the text after the last dot
   */
  public String key() {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /**
   * Decodes a value's bytes as UTF-8, for paths.
   *
   * @param value a value, one character a byte
   * @return the text
   */
  public static String decoded(String value) {
    return new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}
