package org.ringfence.macos.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.effective.HomeNames;
import org.ringfence.policy.effective.ProtectedNameMatcher;

/**
 * Regular expressions for names: no lookahead, no counts, no groups except for choice, so that they
 * mean the same in every engine. Letters match in both cases, as the file systems of macOS do by
 * default.
 */
final class NamePatterns {
  private static final String ANY = "[^/]+";
  private static final String REST = "(/.*)?$";

  private NamePatterns() {}

  /**
   * Returns an expression for a literal name, in both cases. A character without a literal form
   * matches any.
   */
  static String name(String text) {
    StringBuilder regex = new StringBuilder();
    text.codePoints().forEach(c -> regex.append(character(c)));
    return regex.toString();
  }

  private static String character(int c) {
    if (c > 0x7e) {
      // One character of several bytes: in either case, composed or not.
      return "[^/]+";
    }
    if (c < 0x20 || c == '"' || c == '\\' || c == '[' || c == ']' || c == '^') {
      return ".";
    }
    char lower = Character.toLowerCase((char) c);
    char upper = Character.toUpperCase((char) c);
    if (lower != upper) {
      return "[" + lower + upper + "]";
    }
    return Character.isDigit(c) || "/_-, @#%=~:;<>&!'`".indexOf(c) >= 0
        ? String.valueOf((char) c)
        : "[" + (char) c + "]";
  }

  private static String choice(Collection<String> patterns) {
    return patterns.size() == 1
        ? patterns.iterator().next()
        : "(" + String.join("|", patterns) + ")";
  }

  /**
   * Returns an expression for a policy's glob on absolute paths: {@code **} crosses names, {@code
   * *} does not; without a leading slash it begins anywhere.
   */
  static String glob(String glob) {
    String anchored = glob.startsWith("/") || glob.startsWith("**/") ? glob : "**/" + glob;
    StringBuilder regex = new StringBuilder("^");
    int i = 0;
    if (anchored.startsWith("**/")) {
      regex.append("/(.*/)?");
      i = 3;
    }
    while (i < anchored.length()) {
      int c = anchored.codePointAt(i);
      if (anchored.startsWith("**/", i)) {
        regex.append("(.*/)?");
        i += 3;
      } else if (anchored.startsWith("**", i)) {
        regex.append(".*");
        i += 2;
      } else {
        regex.append(c == '*' ? "[^/]*" : c == '?' ? "[^/]" : character(c));
        i += Character.charCount(c);
      }
    }
    return regex + REST;
  }

  /**
   * Returns expressions for protected names below a directory at a depth.
   *
   * @param names the names
   * @param depth the number of names that lead to the directory
   * @param root the components of the writable root
   * @return expressions on absolute paths
   */
  static List<String> protectedNames(ProtectedNames names, int depth, List<String> root) {
    if (names == ProtectedNames.OFF) {
      return List.of();
    }
    ProtectedNameMatcher.Surfaces surfaces = ProtectedNameMatcher.surfaces();
    String below = "^" + ("/" + ANY).repeat(depth) + "(/" + ANY + ")*/";
    List<String> patterns = new ArrayList<>();
    List<String> words = new ArrayList<>();
    surfaces.names().stream().sorted().forEach(word -> words.add(name(word)));
    patterns.add(below + choice(words) + REST);
    List<List<String>> begun = ProtectedNameMatcher.remaindersIn(root);
    if (!begun.isEmpty()) {
      patterns.add(in(root) + choice(paths(begun)) + REST);
    }
    String git = name(".git");
    if (names == ProtectedNames.READ_ONLY) {
      patterns.add(below + git + REST);
      return patterns;
    }
    patterns.add(below + git + "$");
    List<String> inGit = new ArrayList<>();
    for (List<String> surface : surfaces.git()) {
      inGit.add(name(String.join("/", surface)));
    }
    patterns.add(below + git + "/" + choice(inGit) + REST);
    // Other git directories lie below these, under any name; names of data end the search.
    String others = "(" + name("modules") + "|" + name("worktrees") + ")";
    String data = notOneOf(surfaces.gitData());
    patterns.add(
        below
            + git
            + "/"
            + others
            + "(/"
            + ANY
            + ")?(/"
            + data
            + "|/"
            + others
            + "/"
            + ANY
            + ")*/"
            + choice(inGit)
            + REST);
    return patterns;
  }

  /**
   * Returns expressions for paths that no directory or link may take: below a git directory, unless
   * it is data.
   *
   * @param names the names
   * @param depth the number of names that lead to the directory
   * @param root the components of the writable root
   * @return expressions on absolute paths
   */
  static List<String> replacements(ProtectedNames names, int depth, List<String> root) {
    if (names == ProtectedNames.OFF) {
      return List.of();
    }
    ProtectedNameMatcher.Surfaces surfaces = ProtectedNameMatcher.surfaces();
    String below = "^" + ("/" + ANY).repeat(depth) + "(/" + ANY + ")*/";
    List<String> patterns = new ArrayList<>();
    patterns.add(below + choice(surfaces.above().stream().map(NamePatterns::name).toList()) + "$");
    Set<List<String>> above = new LinkedHashSet<>();
    for (List<String> rest : ProtectedNameMatcher.remaindersIn(root)) {
      for (int i = 1; i < rest.size(); i++) {
        above.add(rest.subList(0, i));
      }
    }
    if (!above.isEmpty()) {
      patterns.add(in(root) + choice(paths(List.copyOf(above))) + "$");
    }
    if (names.guardsGit()) {
      patterns.add(below + name(".git") + "/" + notOneOf(surfaces.gitData()) + REST);
    }
    return patterns;
  }

  /**
   * Returns an expression for entries of a directory at that depth; another filter selects the
   * directory.
   */
  private static String in(List<String> root) {
    return "^" + ("/" + ANY).repeat(root.size()) + "/";
  }

  /**
   * The protected names of a home: all except the exceptions, and some names inside those.
   *
   * @param names the protected names, apart from the exceptions
   * @param exceptions caches and the directories above them
   * @param inCaches the protected names in caches
   * @param above paths that no directory or link may take
   */
  record Home(String names, List<String> exceptions, List<String> inCaches, String above) {}

  /** Returns the expressions for a home below one root. */
  static Home home(HomeNames.Patterns patterns, String path) {
    String base = "^" + name(path) + "/";
    List<String> names = new ArrayList<>(paths(patterns.names()));
    if (patterns.whole()) {
      names.add("[.]" + notOneOf(List.of("git")));
    }
    return new Home(
        base + choice(names) + REST,
        List.of(
            base + choice(paths(patterns.open())) + REST,
            base + choice(paths(patterns.ways())) + "$"),
        patterns.inCaches().isEmpty()
            ? List.of()
            : List.of(base + choice(paths(patterns.inCaches())) + REST),
        base + choice(paths(patterns.above())) + "$");
  }

  private static List<String> paths(List<List<String>> all) {
    List<String> expressions = new ArrayList<>();
    for (List<String> components : all) {
      List<String> parts = new ArrayList<>();
      for (String component : components) {
        parts.add(
            component.endsWith("*")
                ? name(component.substring(0, component.length() - 1)) + "[^/]*"
                : name(component));
      }
      expressions.add(String.join("/", parts));
    }
    return expressions;
  }

  /** Returns an expression for a name that is none of the words, in any case. */
  static String notOneOf(Collection<String> words) {
    TreeSet<String> lower = new TreeSet<>();
    words.forEach(word -> lower.add(word.toLowerCase(Locale.ROOT)));
    return notOneOf(lower, true);
  }

  /**
   * Returns an expression for the rest of a name, given the rests of the words; empty ones end
   * here.
   */
  private static String notOneOf(TreeSet<String> words, boolean atStart) {
    Map<Character, TreeSet<String>> next = new TreeMap<>();
    boolean ends = false;
    for (String word : words) {
      if (word.isEmpty()) {
        ends = true;
      } else {
        next.computeIfAbsent(word.charAt(0), first -> new TreeSet<>()).add(word.substring(1));
      }
    }
    List<String> ways = new ArrayList<>();
    StringBuilder others = new StringBuilder();
    next.keySet()
        .forEach(
            c -> others.append(c).append(Character.isLetter(c) ? Character.toUpperCase(c) : ""));
    // A hyphen stands for itself at the end of a class.
    String excluded = others.toString().replace("-", "") + (others.indexOf("-") < 0 ? "" : "-");
    ways.add("[^/" + excluded + "][^/]*");
    next.forEach((c, rest) -> ways.add(character(c) + notOneOf(rest, false)));
    String choice = "(" + String.join("|", ways) + ")";
    // Where a word ends more must follow; elsewhere the name may end, but is never empty.
    return ends || atStart ? choice : choice + "?";
  }
}
