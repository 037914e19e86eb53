package org.ringfence.policy.path;

import java.text.Normalizer;
import java.util.Locale;

/**
 * Folds names at least as far as any file system that finds an object by several spellings of its
 * name: two spellings that one of them takes for the same have the same folded form. File systems
 * differ in this: NTFS and exFAT compare letter case, ext4, f2fs and tmpfs (with {@code casefold})
 * and HFS+ also decompose characters and pass over some, ZFS may compare by compatibility, vfat and
 * servers on Windows pass over dots and spaces at the end.
 */
public final class NameFolding {
  /**
   * The characters with the property Default_Ignorable_Code_Point in pairs of first and last
   * (Unicode 15, DerivedCoreProperties.txt). Java does not know the property.
   */
  private static final int[] IGNORED = {
    0xAD, 0xAD, 0x34F, 0x34F, 0x61C, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180F, 0x200B,
    0x200F, 0x202A, 0x202E, 0x2060, 0x206F, 0x3164, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFEFF, 0xFFA0,
    0xFFA0, 0xFFF0, 0xFFF8, 0x1BCA0, 0x1BCA3, 0x1D173, 0x1D17A, 0xE0000, 0xE0FFF
  };

  private static final int ASCII = 128;
  private static final int SHORT_BASE = 8;
  private static final int SHORT_EXTENSION = 3;

  private NameFolding() {}

  /**
   * Returns the form that all spellings of a name share.
   *
   * @param name a name, without slashes
   * @return the folded name; it has no slash either
   */
  public static String folded(String name) {
    String trimmed = trimmed(name);
    if (isAscii(trimmed)) {
      return trimmed.toLowerCase(Locale.ROOT);
    }
    String folded = lower(Normalizer.normalize(trimmed, Normalizer.Form.NFKD));
    // A letter in the other case may decompose again.
    return trimmed(
        lower(Normalizer.normalize(folded, Normalizer.Form.NFKD)).replace('/', '\uff0f'));
  }

  /**
   * Returns the folded form of a name where the file system keeps eight characters and an extension
   * of three.
   *
   * @param name a name, without slashes
   * @return the folded form of what it keeps
   */
  static String truncated(String name) {
    String folded = folded(name);
    int dot = folded.lastIndexOf('.');
    String base = dot > 0 ? folded.substring(0, dot) : folded;
    String extension = dot > 0 ? folded.substring(dot + 1) : "";
    String kept = base.substring(0, Math.min(SHORT_BASE, base.length()));
    return extension.isEmpty()
        ? kept
        : kept + "." + extension.substring(0, Math.min(SHORT_EXTENSION, extension.length()));
  }

  /**
   * Returns a name of ASCII that some file system takes for the same.
   *
   * @param name a name
   * @return its folded form if only that is ASCII; else the name itself
   */
  public static String plain(String name) {
    if (isAscii(name)) {
      return name;
    }
    String folded = folded(name);
    return isAscii(folded) ? folded : name;
  }

  /** Drops dots and spaces at the end, unless the name has nothing else. */
  private static String trimmed(String name) {
    int end = name.length();
    while (end > 0 && (name.charAt(end - 1) == '.' || name.charAt(end - 1) == ' ')) {
      end--;
    }
    return end == 0 ? name : name.substring(0, end);
  }

  /**
   * Returns whether all characters of a name are ASCII.
   *
   * @param name a name
   * @return true if they are
   */
  public static boolean isAscii(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) >= ASCII) {
        return false;
      }
    }
    return true;
  }

  /** Drops what some pass over, and folds letter case in full: Java knows more than NTFS does. */
  private static String lower(String name) {
    StringBuilder lower = new StringBuilder(name.length());
    name.codePoints()
        .filter(c -> c < ASCII || !isIgnored(c))
        .forEach(
            c ->
                Character.toString(c)
                    .toUpperCase(Locale.ROOT)
                    .codePoints()
                    .map(Character::toLowerCase)
                    .forEach(lower::appendCodePoint));
    return lower.toString();
  }

  private static boolean isIgnored(int c) {
    for (int i = 0; i < IGNORED.length; i += 2) {
      if (c >= IGNORED[i] && c <= IGNORED[i + 1]) {
        return true;
      }
    }
    return false;
  }
}
