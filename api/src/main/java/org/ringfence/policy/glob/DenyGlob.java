package org.ringfence.policy.glob;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.ringfence.policy.path.NameFolding;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * A pattern of names that are denied at any depth. {@code *} matches within a component, {@code **}
 * any number of components, {@code ?} one character. A pattern without a slash matches at any
 * depth. Paths below a match are denied too. Immutable.
 */
public final class DenyGlob {
  private static final String ANY_DEPTH = "**/";

  private final String text;
  private final String anchored;
  private final Pattern pattern;
  private final GlobPrefixes prefixes;

  /**
   * Compiles a pattern whose leading directories have no links.
   *
   * @param text the pattern as the policy has it
   * @param style the path syntax
   */
  public DenyGlob(String text, PathStyle style) {
    this(text, text, style == PathStyle.WINDOWS);
  }

  /**
   * Compiles a pattern.
   *
   * @param text the pattern as the policy has it
   * @param placed the same with links in its leading directories resolved
   * @param anyCase whether letter case does not matter
   * @throws InvalidPolicyException if it is empty, or UTF-8 cannot express it
   */
  public DenyGlob(String text, String placed, boolean anyCase) {
    this(text, placed, anyCase, false);
  }

  private DenyGlob(String text, String placed, boolean anyCase, boolean wide) {
    if (text.isEmpty()) {
      throw new InvalidPolicyException("files.denyGlobs", text, "a glob, **/.env");
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new InvalidPolicyException("files.denyGlobs", text, "a glob that UTF-8 can express");
    }
    this.text = text;
    this.anchored =
        placed.startsWith("/") || placed.startsWith(ANY_DEPTH) ? placed : ANY_DEPTH + placed;
    StringBuilder regex = new StringBuilder();
    int i = 0;
    while (i < anchored.length()) {
      int c = anchored.codePointAt(i);
      if (anchored.startsWith(ANY_DEPTH, i)) {
        regex.append("(?:.*/)?");
        i += 3;
      } else if (anchored.startsWith("**", i)) {
        regex.append(".*");
        i += 2;
      } else {
        regex.append(
            c == '*' || wide && c == '?'
                ? "[^/]*"
                : c == '?' ? "[^/]" : Pattern.quote(Character.toString(c)));
        i += Character.charCount(c);
      }
    }
    // A name may contain a line end.
    this.pattern =
        Pattern.compile(
            regex + "(?:/.*)?",
            Pattern.DOTALL | (anyCase ? Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE : 0));
    this.prefixes = new GlobPrefixes(anchored, anyCase, wide);
  }

  /**
   * Compiles a folded pattern for paths with characters that become several, or none, when they are
   * folded: {@code ?} matches any number of characters within a component.
   *
   * @param text the pattern as the policy has it
   * @param folded the same as {@link #folded} returns it
   * @return the glob
   */
  public static DenyGlob wide(String text, String folded) {
    return new DenyGlob(text, folded, true, true);
  }

  /**
   * Returns the leading directories of a pattern, without wildcards; the root for a pattern at any
   * depth.
   *
   * @param text a pattern
   * @return an absolute path
   */
  public static String leadingDirectories(String text) {
    int wild = 0;
    while (wild < text.length() && "*?".indexOf(text.charAt(wild)) < 0) {
      wild++;
    }
    int slash = text.lastIndexOf('/', wild == text.length() ? wild : wild - 1);
    return text.startsWith("/") && slash > 0 ? text.substring(0, slash) : "/";
  }

  /**
   * Folds the names of a pattern, so that it matches folded names.
   *
   * @param placed a pattern
   * @return the pattern for names as {@link NameFolding#folded} returns them
   */
  public static String folded(String placed) {
    return Arrays.stream(placed.split("/", -1))
        .map(name -> name.equals("**") ? name : foldedName(name))
        .collect(Collectors.joining("/"));
  }

  private static String foldedName(String name) {
    StringBuilder folded = new StringBuilder();
    int start = 0;
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) == '*' || name.charAt(i) == '?') {
        // Dots and spaces before a wildcard are not at the name's end.
        String piece = NameFolding.folded(name.substring(start, i) + "x");
        folded.append(piece, 0, piece.length() - 1).append(name.charAt(i));
        start = i + 1;
      }
    }
    String last = NameFolding.folded(name.substring(start));
    return start > 0 && last.matches("[. ]+") ? folded.toString() : folded + last;
  }

  /**
   * Returns whether the pattern denies a path.
   *
   * @param components the names of an absolute path
   * @return true if it matches the path or one above it
   */
  public boolean matches(List<String> components) {
    String joined = "/" + String.join("/", components);
    return pattern.matcher(joined).matches() || pattern.matcher(joined.substring(1)).matches();
  }

  /**
   * Returns whether a move of a directory may lift the denial of something below it. Looks at the
   * two paths only, not at the contents.
   *
   * @param from the names of the directory's absolute path
   * @param to the names of its new one
   * @return true if a name below matches at the first path and not at the second
   */
  public boolean mayBeLost(List<String> from, List<String> to) {
    return mayBeLost(from, this, to);
  }

  /**
   * As {@link #mayBeLost(List, List)}, where another glob of the same pattern decides at the new
   * path.
   *
   * @param from the names of the directory's absolute path
   * @param there the glob that decides there
   * @param to the names of its new path
   * @return true if a name below matches at the first path and not at the second
   */
  public boolean mayBeLost(List<String> from, DenyGlob there, List<String> to) {
    return !there.prefixes.below(to).containsAll(prefixes.below(from));
  }

  /**
   * Returns whether a denial depends on the names of directories above.
   *
   * @return true if a rename of a directory may lift it
   */
  public boolean namesDirectories() {
    String rest = anchored;
    while (rest.startsWith(ANY_DEPTH)) {
      rest = rest.substring(ANY_DEPTH.length());
    }
    return rest.contains("/") || rest.contains("**");
  }

  /**
   * Returns the pattern with a leading slash or {@code **} and with links resolved.
   *
   * @return the pattern as placed on the machine
   */
  public String placed() {
    return anchored;
  }

  @Override
  public String toString() {
    return text;
  }
}
