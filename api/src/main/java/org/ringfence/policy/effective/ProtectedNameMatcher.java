package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.ListedName;
import org.ringfence.policy.value.NameList;

/**
 * Finds the protected names that paths lie on: the listed names at any depth, and the paths below a
 * git directory that git executes or reads configuration from. Immutable.
 *
 * @param level how names are protected
 */
public record ProtectedNameMatcher(ProtectedNames level) {
  private static final String GIT = ".git";

  /**
   * Paths below a git directory that git executes or reads configuration from
   * (gitrepository-layout).
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

  /** Directories below a git directory where names mean nothing: branches may have these names. */
  private static final Set<String> GIT_DATA =
      Set.of("refs", "logs", "objects", "rr-cache", "rebase-merge", "rebase-apply", "lfs");

  /** Names that are protected at any depth. */
  private static final NameList SURFACES = NameList.read("protected-names.txt", "");

  private static final List<ListedName> DEPENDENCIES =
      NameList.read("dependency-names.txt", "directories").names();
  private static final List<ListedName> PACKAGE_DATA =
      NameList.read("dependency-names.txt", "data").names();
  private static final Set<String> DEPENDENCY_DIRECTORIES = texts(DEPENDENCIES);
  private static final Set<String> DATA_IN_DEPENDENCIES = texts(PACKAGE_DATA);

  private static Set<String> texts(List<ListedName> names) {
    return names.stream().map(ListedName::text).collect(Collectors.toUnmodifiableSet());
  }

  private static final int LONGEST_LEAD =
      SURFACES.names().stream().mapToInt(ListedName::length).max().orElse(1) - 1;

  /**
   * The parts of protected names, in lower case: for compilers that write patterns.
   *
   * @param names names protected at any depth; some are paths, with slashes
   * @param above directories that lead to those of {@code names} that are paths
   * @param git paths protected below a git directory
   * @param gitData names in a git directory below which names mean nothing
   */
  public record Surfaces(
      Set<String> names, Set<String> above, List<List<String>> git, Set<String> gitData) {}

  /**
   * Returns the parts of the protected names.
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
   * Returns a look-up of the protected name that a path lies on, in a home directory or anywhere: a
   * program outside the sandbox reads it and may run code from there.
   *
   * @param places the directories of the user; the homes are those that exist now
   * @return from an absolute path to the name, such as {@code ~/.bashrc}; empty for a path without
   *     one
   */
  public static Function<String, Optional<String>> namesAt(PathContext places) {
    HomeNames names = HomeNames.everywhere(ProtectedNames.HOOKS_AND_CONFIG, places);
    return path -> Optional.ofNullable(names.listedAt(places.style().components(path)));
  }

  /**
   * Returns the names that are protected at any depth, without those of git.
   *
   * @return the names, as they are listed
   */
  public static List<ListedName> names() {
    return SURFACES.names();
  }

  /**
   * Returns the directories of dependencies and outputs, in which {@link #packageData} is data.
   *
   * @return the names, as they are listed
   */
  public static List<ListedName> dependencies() {
    return DEPENDENCIES;
  }

  /**
   * Returns the protected names that are data in directories of dependencies and outputs.
   *
   * @return the names, as they are listed
   */
  public static List<ListedName> packageData() {
    return PACKAGE_DATA;
  }

  /**
   * Returns whether a path leads into a directory of dependencies or outputs, or is one.
   *
   * @param components the components of the path below a writable root
   * @return true if one of them is such a directory's name
   */
  static boolean inDependencies(List<String> components) {
    return components.stream().anyMatch(DEPENDENCY_DIRECTORIES::contains);
  }

  /**
   * Returns the plans' statement about protected names.
   *
   * @param homes home directories that are writable, as a whole or in part
   * @return the statement
   */
  public String statement(HomeNames homes) {
    String names =
        level == ProtectedNames.READ_ONLY
            ? ".git, editor, agent and shell configuration in writable roots stay as they are, and"
                + " none is made"
            : "git hooks and configuration, editor, agent and shell configuration stay as they are,"
                + " and none is made";
    return homes.homes().isEmpty()
        ? names
        : names
            + "; nor dot entries but caches, nor other files that a login or a tool reads, in "
            + String.join(", ", homes.homes())
            + " (links in them are followed "
            + HomeLinks.DEPTH
            + " directories deep, in at most "
            + HomeLinks.MOST
            + " entries)";
  }

  /**
   * Finds the protected name that a path lies on, ignoring case as some file systems do. A path
   * that ends in {@code .git} is itself protected: a file or link of that name would lead git to
   * another place.
   *
   * @param components the components of the path below a writable root
   * @return the protected name, such as {@code .git/hooks}, or null
   */
  public String matching(List<String> components) {
    boolean dependency = false;
    for (int start = 0; start < components.size(); start++) {
      String name = matchingAt(components, start, dependency);
      if (name != null) {
        return name;
      }
      dependency = dependency || DEPENDENCY_DIRECTORIES.contains(components.get(start));
    }
    return null;
  }

  /** Finds the protected name that begins at one component. */
  String matchingAt(List<String> components, int start) {
    return matchingAt(components, start, false);
  }

  private String matchingAt(List<String> components, int start, boolean dependency) {
    if (level == ProtectedNames.OFF) {
      return null;
    }
    ListedName listed = SURFACES.over(components, start, 0);
    if (listed != null && !(dependency && DATA_IN_DEPENDENCIES.contains(listed.text()))) {
      return listed.text();
    }
    if (!components.get(start).equalsIgnoreCase(GIT)) {
      return null;
    }
    return level == ProtectedNames.READ_ONLY || start + 1 == components.size()
        ? GIT
        : inGitDirectory(components.subList(start + 1, components.size()));
  }

  /** Returns whether a name of several components begins with a path. */
  public static boolean leadsToName(List<String> components) {
    for (int start = 0; start < components.size(); start++) {
      if (SURFACES.below(components, start, 0) != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns how many of a directory's last components begin a longer name: of {@code /src/.jj/repo}
   * two, since {@code .jj/repo/config.toml} is a name. The rest of the name stays protected below
   * the directory when the directory itself is granted.
   *
   * @param path a path's components
   * @param depth the number of components that lead to the directory
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
   * Returns the rest, below a directory, of names that the directory's path begins.
   *
   * @param directory the directory's components
   * @return the remaining components, in lower case; none for most directories
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
   * Returns the usual paths of the names in a working directory: for backends that protect only
   * existing paths.
   *
   * @return paths below a root, with slashes
   */
  List<String> usual() {
    if (level == ProtectedNames.OFF) {
      return List.of();
    }
    Set<String> names = new TreeSet<>();
    SURFACES.names().forEach(name -> names.add(name.text()));
    if (level == ProtectedNames.READ_ONLY) {
      names.add(GIT);
    } else {
      GIT_SURFACES.forEach(surface -> names.add(GIT + "/" + String.join("/", surface)));
    }
    return List.copyOf(names);
  }

  /** Returns the usual paths for a root whose own path may begin some of the names. */
  List<String> usualIn(List<String> root) {
    List<String> all = new ArrayList<>(usual());
    if (level != ProtectedNames.OFF) {
      remaindersIn(root).forEach(rest -> all.add(String.join("/", rest)));
    }
    return all;
  }

  /**
   * Finds the protected name that an object with unexamined contents brings to a path: a directory
   * with contents, or a link.
   *
   * @param components the components of the path below a writable root
   * @return the protected name, or null
   */
  String matchingReplacement(List<String> components) {
    String name = matching(components);
    if (name != null || level == ProtectedNames.OFF) {
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

  /** Finds the protected name that begins at one component. */
  String matchingReplacementAt(List<String> components, int start) {
    String name = matchingAt(components, start);
    return name != null || level == ProtectedNames.OFF ? name : replacedAt(components, start);
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
    // A directory that is moved into place is not git data, except those of GIT_DATA.
    String first = components.get(start + 1).toLowerCase(Locale.ROOT);
    return GIT_DATA.contains(first) ? null : GIT + "/" + first;
  }

  /** Returns whether a name in a git directory is data, below which names mean nothing. */
  static boolean isGitData(String name) {
    return GIT_DATA.contains(name.toLowerCase(Locale.ROOT));
  }

  /** Returns the first components of meaningful paths below a git directory. */
  static Set<String> gitSurfaceNames() {
    return GIT_SURFACE_NAMES;
  }

  /**
   * Finds the name in a git directory, also below {@code modules} and {@code worktrees}, which hold
   * other git directories with arbitrary names.
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
