package org.ringfence.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How strongly names inside writable roots are protected that would turn a later start of a tool
 * into an escape.
 */
public enum ProtectedNames {
  /** Nothing is protected. */
  OFF,
  /**
   * Hooks, tool, editor and agent configuration; commits, branches, rebases and stashes keep
   * working. No repository can be made or put in the place of another.
   */
  HOOKS_AND_CONFIG,
  /** As before, and all of {@code .git}. */
  READ_ONLY;

  private static final String GIT = ".git";

  /**
   * What git executes or takes configuration from, below a git directory (gitrepository-layout).
   */
  private static final List<List<String>> GIT_SURFACES =
      List.of(
          List.of("hooks"),
          List.of("config"),
          List.of("config.worktree"),
          List.of("commondir"),
          List.of("gitdir"),
          List.of("info", "attributes"));

  private static final Set<String> GIT_SURFACE_NAMES =
      GIT_SURFACES.stream().map(surface -> surface.get(0)).collect(Collectors.toUnmodifiableSet());

  /** Directories below a git directory whose own names mean nothing: branches may be called so. */
  private static final Set<String> GIT_DATA =
      Set.of("refs", "logs", "objects", "rr-cache", "rebase-merge", "rebase-apply", "lfs");

  /** Names that are protected wherever they lie. */
  private static final NameList SURFACES = NameList.read("protected-names.txt", "");

  private static final int LONGEST_LEAD =
      SURFACES.names().stream().mapToInt(ListedName::length).max().orElse(1) - 1;

  /**
   * What protected names are made of, in lower case: for compilers that write them as patterns.
   *
   * @param names protected wherever they lie; some are paths, with slashes
   * @param above directories that lead to those of {@code names} that are paths
   * @param git paths protected below a git directory
   * @param gitData names in a git directory below which names mean nothing
   */
  public record Surfaces(
      Set<String> names, Set<String> above, List<List<String>> git, Set<String> gitData) {}

  /**
   * The protected names' parts.
   *
   * @return the parts
   */
  public static Surfaces surfaces() {
    Set<String> names = new TreeSet<>();
    Set<String> above = new TreeSet<>();
    for (ListedName name : SURFACES.names()) {
      names.add(String.join("/", name.components()));
      for (int i = 1; i < name.length(); i++) {
        above.add(String.join("/", name.components().subList(0, i)));
      }
    }
    return new Surfaces(names, above, GIT_SURFACES, GIT_DATA);
  }

  /**
   * The names that are protected wherever they lie, without those of git.
   *
   * @return the names, as they are listed
   */
  public static List<ListedName> names() {
    return SURFACES.names();
  }

  /**
   * What is said of protected names in plans.
   *
   * @param homes home directories that can be written, as a whole or in part
   * @return the statement
   */
  public String statement(HomeNames homes) {
    String names =
        this == READ_ONLY
            ? ".git, editor, agent and shell configuration in writable roots stay as they are, and"
                + " none is made"
            : "git hooks and configuration, editor, agent and shell configuration stay as they are,"
                + " and none is made";
    return homes.homes().isEmpty()
        ? names
        : names
            + "; nor dot entries but caches, nor what else a login or a tool reads, in "
            + String.join(", ", homes.homes())
            + " (links in them are followed "
            + HomeLinks.DEPTH
            + " directories deep, in at most "
            + HomeLinks.MOST
            + " entries)";
  }

  /**
   * Finds the protected name that a path lies on, compared without regard to case, since some file
   * systems are not case-sensitive. A path that ends in {@code .git} is protected itself: a file or
   * link of that name would lead git to another place.
   *
   * @param components the components of the path below a writable root
   * @return the protected name, such as {@code .git/hooks}, or null
   */
  public String matching(List<String> components) {
    for (int start = 0; start < components.size(); start++) {
      String name = matchingAt(components, start);
      if (name != null) {
        return name;
      }
    }
    return null;
  }

  /** The same for names that begin with one component. */
  String matchingAt(List<String> components, int start) {
    if (this == OFF) {
      return null;
    }
    ListedName listed = SURFACES.over(components, start, 0);
    if (listed != null) {
      return listed.text();
    }
    if (!components.get(start).equalsIgnoreCase(GIT)) {
      return null;
    }
    return this == READ_ONLY || start + 1 == components.size()
        ? GIT
        : inGitDirectory(components.subList(start + 1, components.size()));
  }

  /** Whether a path is one that a name of several components begins with. */
  static boolean leadsToName(List<String> components) {
    for (int start = 0; start < components.size(); start++) {
      if (SURFACES.below(components, start, 0) != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * How many of a directory's last components begin a name of several components: of {@code
   * /src/.jj/repo} two, since {@code .jj/repo/config.toml} is a name. What such a name means below
   * the directory stays protected when the directory itself is granted.
   *
   * @param path a path's components
   * @param depth how many of them lead to the directory
   * @return the number, 0 for most directories
   */
  static int leadInto(List<String> path, int depth) {
    for (int start = Math.max(0, depth - LONGEST_LEAD); start < depth; start++) {
      if (SURFACES.below(path.subList(0, depth), start, 0) != null) {
        return depth - start;
      }
    }
    return 0;
  }

  /**
   * What is left, below a directory, of names that the directory's own path begins.
   *
   * @param directory the directory's components
   * @return the components that are left, in lower case; most directories have none
   */
  public static List<List<String>> remaindersIn(List<String> directory) {
    List<List<String>> remainders = new ArrayList<>();
    for (int start = Math.max(0, directory.size() - LONGEST_LEAD);
        start < directory.size();
        start++) {
      for (ListedName name : SURFACES.allBelow(directory, start)) {
        remainders.add(name.components().subList(directory.size() - start, name.length()));
      }
    }
    return remainders;
  }

  /**
   * The names as they usually lie in a working directory: for backends that can only keep what is
   * there.
   *
   * @return paths below a root, with slashes
   */
  List<String> usual() {
    if (this == OFF) {
      return List.of();
    }
    Set<String> names = new TreeSet<>();
    SURFACES.names().forEach(name -> names.add(name.text()));
    if (this == READ_ONLY) {
      names.add(GIT);
    } else {
      GIT_SURFACES.forEach(surface -> names.add(GIT + "/" + String.join("/", surface)));
    }
    return List.copyOf(names);
  }

  /** The same for a root, where its own path may begin some of the names. */
  List<String> usualIn(List<String> root) {
    List<String> all = new ArrayList<>(usual());
    if (this != OFF) {
      remaindersIn(root).forEach(rest -> all.add(String.join("/", rest)));
    }
    return all;
  }

  /**
   * Finds the protected name that something unseen would bring with it if it were put at a path: a
   * directory with contents of its own, or a link.
   *
   * @param components the components of the path below a writable root
   * @return the protected name, or null
   */
  String matchingReplacement(List<String> components) {
    String name = matching(components);
    if (name != null || this == OFF) {
      return name;
    }
    for (int start = 0; start < components.size(); start++) {
      name = replacedAt(components, start);
      if (name != null || isBelowGit(components, start)) {
        return name;
      }
    }
    return null;
  }

  /** The same for names that begin with one component. */
  String matchingReplacementAt(List<String> components, int start) {
    String name = matchingAt(components, start);
    return name != null || this == OFF ? name : replacedAt(components, start);
  }

  private static boolean isBelowGit(List<String> components, int start) {
    return start + 1 < components.size() && components.get(start).equalsIgnoreCase(GIT);
  }

  private static String replacedAt(List<String> components, int start) {
    ListedName below = SURFACES.below(components, start, 0);
    if (below != null) {
      return below.text();
    }
    if (!isBelowGit(components, start)) {
      return null;
    }
    // No data of git's is a directory that is moved into place, but for those of GIT_DATA.
    String first = components.get(start + 1).toLowerCase(Locale.ROOT);
    return GIT_DATA.contains(first) ? null : GIT + "/" + first;
  }

  /** Whether a name in a git directory is of data, below which names mean nothing. */
  static boolean isGitData(String name) {
    return GIT_DATA.contains(name.toLowerCase(Locale.ROOT));
  }

  /** Names that mean something as a path's first ones below a git directory. */
  static Set<String> gitSurfaceNames() {
    return GIT_SURFACE_NAMES;
  }

  /**
   * Also below {@code modules} and {@code worktrees}, where git directories of others lie, which
   * may be called as anything.
   */
  private static String inGitDirectory(List<String> below) {
    String first = below.get(0).toLowerCase(Locale.ROOT);
    boolean nested = isNest(first);
    int last = nested ? below.size() - 1 : 0;
    for (int start = nested ? 1 : 0; start <= last; start++) {
      for (List<String> surface : GIT_SURFACES) {
        if (startsWith(below, start, surface)) {
          return GIT + "/" + (nested ? first + "/*/" : "") + String.join("/", surface);
        }
      }
      boolean named = start > 0 && isNest(below.get(start - 1));
      if (!named && isGitData(below.get(start))) {
        return null;
      }
    }
    return null;
  }

  private static boolean isNest(String name) {
    return name.equalsIgnoreCase("modules") || name.equalsIgnoreCase("worktrees");
  }

  private static boolean startsWith(List<String> components, int start, List<String> surface) {
    if (start + surface.size() > components.size()) {
      return false;
    }
    for (int i = 0; i < surface.size(); i++) {
      if (!components.get(start + i).toLowerCase(Locale.ROOT).equals(surface.get(i))) {
        return false;
      }
    }
    return true;
  }
}
