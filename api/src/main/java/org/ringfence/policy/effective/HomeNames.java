package org.ringfence.policy.effective;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.Homes;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.ListedName;
import org.ringfence.policy.value.NameList;

/**
 * The protected names in writable home directories, or writable parts of them: the listed names,
 * and in a wholly writable home every dot entry but caches. Git directories have separate rules.
 * Immutable.
 */
public final class HomeNames {
  /** First components of listed names without a leading dot: known without the list. */
  static final Set<String> PLAIN =
      Set.of(
          "appdata",
          "applications",
          "bin",
          "documents",
          "go",
          "library",
          "ntuser.dat",
          "onedrive",
          "scoop",
          "vimfiles",
          "_gvimrc",
          "_vimrc");

  private static final String RESOURCE = "home-names.txt";
  private static final String GIT = ".git";

  /** The lists, read for the first writable home. */
  private static final class Lists {
    private static final NameList NAMES = NameList.read(RESOURCE, "home");
    private static final NameList CACHES = NameList.read(RESOURCE, "cache");
  }

  private final ProtectedNameMatcher names;
  private final PathStyle style;
  private final List<List<String>> homes;
  private final DenyGlobs allowed;
  private final TrackedNames tracked;

  private HomeNames(
      ProtectedNames names,
      PathStyle style,
      List<List<String>> homes,
      DenyGlobs allowed,
      TrackedNames tracked) {
    this.names = new ProtectedNameMatcher(names);
    this.style = style;
    this.allowed = allowed;
    this.tracked = tracked;
    this.homes = List.copyOf(homes);
  }

  /** Returns the protected names of homes that rules make writable, as a whole or in part. */
  static HomeNames of(
      SandboxPolicy policy, PathContext places, List<EffectiveRule> rules, TrackedNames tracked) {
    ProtectedNames names = policy.protectedNames();
    DenyGlobs allowed = new DenyGlobs(policy.allowedNames(), places, new HashMap<>());
    HomeNames none = new HomeNames(names, places.style(), List.of(), allowed, tracked);
    List<List<String>> roots = new ArrayList<>();
    for (EffectiveRule rule : rules) {
      if (rule.access() == Access.WRITE && !rule.scratch()) {
        roots.add(places.style().components(rule.path()));
      }
    }
    if (roots.isEmpty() || names == ProtectedNames.OFF) {
      return none;
    }
    List<List<String>> written = new ArrayList<>();
    for (String home : Homes.of(places)) {
      List<String> components = places.style().components(home);
      HomeNames alone = new HomeNames(names, places.style(), List.of(components), allowed, tracked);
      if (roots.stream().anyMatch(root -> alone.concerns(root, components))) {
        written.add(components);
      }
    }
    return written.isEmpty()
        ? none
        : new HomeNames(names, places.style(), written, allowed, tracked);
  }

  private boolean concerns(List<String> root, List<String> home) {
    if (isAtOrAbove(root, home)) {
      return true;
    }
    if (!isAtOrAbove(home, root)) {
      return false;
    }
    String first = root.get(home.size()).toLowerCase(Locale.ROOT);
    return (first.startsWith(".") || PLAIN.contains(first))
        && (Lists.NAMES.below(root, home.size(), 0) != null
            || Lists.NAMES.over(root, home.size(), 0) != null);
  }

  /** Returns the protected names for wholly writable homes. */
  public static HomeNames everywhere(ProtectedNames names, PathContext places) {
    return new HomeNames(
        names,
        places.style(),
        Homes.of(places).stream().map(places.style()::components).toList(),
        new DenyGlobs(List.of(), places, new HashMap<>()),
        TrackedNames.NONE);
  }

  private boolean isAtOrAbove(List<String> above, List<String> path) {
    return style.startsWith(path, above);
  }

  /**
   * Returns all listed names in homes.
   *
   * @return the names, as paths below a home
   */
  public static List<ListedName> names() {
    return Lists.NAMES.names();
  }

  /**
   * Caches in homes: dot entries that stay writable.
   *
   * @return the names, as paths below a home
   */
  public static List<ListedName> caches() {
    return Lists.CACHES.names();
  }

  /**
   * Returns the homes that the policy makes writable, as a whole or in part.
   *
   * @return their real paths
   */
  public List<String> homes() {
    return homes.stream().map(style::join).toList();
  }

  /**
   * Finds the protected name that a path lies on, of a home or of those protected anywhere.
   *
   * @param path the path's components
   * @param depth the number of components of the writable root
   * @return the name, or null
   */
  public String protectedAt(List<String> path, int depth) {
    return protectedAt(path, path, depth);
  }

  /**
   * As {@link #protectedAt(List, int)}; homes and allowed names are found by {@code path},
   * protected names by {@code plain}.
   */
  String protectedAt(List<String> path, List<String> plain, int depth) {
    String name = names.matching(below(plain, depth));
    String found = name != null ? name : matching(path, plain, depth);
    return found == null || allows(path) ? null : found;
  }

  /** Returns whether the policy allows a path although its name is protected. */
  boolean allows(List<String> path) {
    return allowed.denying(path) != null || tracked.contains(path);
  }

  /**
   * Returns whether a directory that moves brings an allowed name to a place where it is denied.
   */
  boolean allowsLess(List<String> from, List<String> to) {
    return allowed.lostByMove(from, to) != null || tracked.isAnyIn(from);
  }

  /**
   * Finds the listed name that a path lies on: unlike {@link #protectedAt}, a home's other hidden
   * entries are none.
   *
   * @param path the path's components
   * @return the name, or null
   */
  String listedAt(List<String> path) {
    String name = names.matching(below(path, 0));
    for (int i = 0; name == null && i < homes.size(); i++) {
      int start = homes.get(i).size();
      if (path.size() > start && isAtOrAbove(homes.get(i), path)) {
        ListedName listed = Lists.NAMES.over(path, start, 0);
        name = listed == null ? null : "~/" + listed.text();
      }
    }
    return name;
  }

  /**
   * Returns the protected name that a moved object with unexamined contents brings or takes away.
   */
  String replacedAt(List<String> path, List<String> plain, int depth) {
    String name = names.matchingReplacement(below(plain, depth));
    String found = name != null ? name : matchingReplacement(path, plain, depth);
    // A tracked name is that of a file: no directory or link takes its place.
    return found == null || allowed.denying(path) != null ? null : found;
  }

  /**
   * Returns the components below the root, after those of the root that begin a name or are git's.
   */
  static List<String> below(List<String> components, int depth) {
    for (int i = depth - 1; i >= 0; i--) {
      if (components.get(i).equalsIgnoreCase(GIT) && depth < components.size()) {
        return components.subList(i, components.size());
      }
    }
    int lead = ProtectedNameMatcher.leadInto(components, depth);
    return components.subList(depth - lead, components.size());
  }

  /**
   * Finds the protected name in a home that a path lies on.
   *
   * @param path the path's components
   * @param depth the number of components of the writable root
   * @return the name, such as {@code ~/.config/fish}, or null
   */
  String matching(List<String> path, int depth) {
    return matching(path, path, depth);
  }

  private String matching(List<String> path, List<String> plain, int depth) {
    for (List<String> home : homes) {
      int start = home.size();
      if (path.size() > start && isAtOrAbove(home, path)) {
        String name = matching(plain, start, Math.max(0, depth - start));
        if (name != null) {
          return name;
        }
      }
    }
    return null;
  }

  private static String matching(List<String> path, int start, int granted) {
    ListedName listed = Lists.NAMES.over(path, start, granted);
    String first = path.get(start);
    boolean entry = granted == 0 && first.startsWith(".") && !first.equalsIgnoreCase(GIT);
    int length = listed != null ? listed.length() : entry ? 1 : 0;
    if (length == 0
        || Lists.CACHES.over(path, start, length - 1) != null
        // A command may create the way to a cache; another check covers objects with contents.
        || Lists.CACHES.below(path, start, 0) != null) {
      return null;
    }
    return "~/" + (listed != null ? listed.text() : first);
  }

  /**
   * Finds the protected name that an object with unexamined contents brings to a path, or takes
   * away from there.
   *
   * @param path the path's components
   * @param plain the same as they are compared with protected names
   * @param depth the number of components of the writable root
   * @return the name, or null
   */
  private String matchingReplacement(List<String> path, List<String> plain, int depth) {
    for (List<String> home : homes) {
      if (isAtOrAbove(path, home)) {
        return "~";
      }
      int start = home.size();
      if (isAtOrAbove(home, path)) {
        ListedName name = Lists.NAMES.below(plain, start, Math.max(0, depth - start));
        if (name == null) {
          name = Lists.CACHES.below(plain, start, 0);
        }
        if (name != null) {
          return "~/" + name.text();
        }
      }
    }
    return null;
  }

  /**
   * Returns the writable targets of links in protected places: programs read the targets.
   *
   * @param places the machine
   * @param rules the placed rules
   * @return real paths
   */
  Set<String> targets(PathContext places, List<EffectiveRule> rules) {
    Set<String> targets = new LinkedHashSet<>();
    for (List<String> home : homes) {
      HomeLinks.in(Path.of(style.join(home))).stream()
          .filter(link -> matching(style.components(link.toString()), home.size()) != null)
          .map(link -> places.real(link.toString()))
          .filter(target -> canBeWritten(target, rules))
          .forEach(targets::add);
    }
    return targets;
  }

  private boolean canBeWritten(String target, List<EffectiveRule> rules) {
    List<String> path = style.components(target);
    return rules.stream()
            .filter(rule -> rule.access() == Access.WRITE && !rule.scratch())
            .anyMatch(rule -> isAtOrAbove(style.components(rule.path()), path))
        && matching(path, 0) == null;
  }

  /** Returns the listed names as paths, for backends that protect only existing paths. */
  List<String> usual(String root) {
    List<String> at = style.components(root);
    List<String> paths = new ArrayList<>();
    for (List<String> home : homes) {
      int granted = Math.max(0, at.size() - home.size());
      for (ListedName name : Lists.NAMES.names()) {
        List<String> path = new ArrayList<>(home);
        path.addAll(List.of(name.text().split("/")));
        boolean cached = Lists.CACHES.below(path, home.size(), 0) != null;
        if (name.length() > granted
            && isAtOrAbove(at, path)
            && !cached
            && !name.text().endsWith("*")) {
          paths.add(style.join(path));
        }
      }
    }
    return paths;
  }

  /**
   * The protected names of a home below one root, for compilers that write patterns. A path below
   * the home is protected if it lies at or below one of {@code names} and neither at or below one
   * of {@code open} nor is one of {@code ways}; or at or below one of {@code inCaches}.
   *
   * @param home the home's real path
   * @param whole whether every other dot entry is protected, too
   * @param names the listed names outside caches
   * @param inCaches the listed names in caches
   * @param open caches
   * @param ways paths above caches, which a command may create but not replace
   * @param above paths above listed names, where no directory or link may be put
   */
  public record Patterns(
      String home,
      boolean whole,
      List<List<String>> names,
      List<List<String>> inCaches,
      List<List<String>> open,
      List<List<String>> ways,
      List<List<String>> above) {}

  /**
   * Returns the protected names of homes below a root.
   *
   * @param root the root's real path
   * @return one for each home that the root concerns
   */
  public List<Patterns> patterns(String root) {
    List<String> at = style.components(root);
    List<Patterns> all = new ArrayList<>();
    for (List<String> home : homes) {
      if (!isAtOrAbove(at, home) && !isAtOrAbove(home, at)) {
        continue;
      }
      int granted = Math.max(0, at.size() - home.size());
      List<List<String>> names = new ArrayList<>();
      List<List<String>> inCaches = new ArrayList<>();
      Set<List<String>> above = new LinkedHashSet<>();
      for (ListedName name : Lists.NAMES.names()) {
        if (name.length() > granted) {
          boolean cached = Lists.CACHES.over(name.components(), 0, 0) != null;
          (cached ? inCaches : names).add(name.components());
          addPrefixes(name, granted, above);
        }
      }
      List<List<String>> open = new ArrayList<>();
      Set<List<String>> ways = new LinkedHashSet<>();
      for (ListedName cache : Lists.CACHES.names()) {
        open.add(cache.components());
        addPrefixes(cache, 0, ways);
      }
      above.addAll(ways);
      all.add(
          new Patterns(
              style.join(home),
              granted == 0,
              names,
              inCaches,
              open,
              List.copyOf(ways),
              List.copyOf(above)));
    }
    return all;
  }

  private static void addPrefixes(ListedName name, int from, Set<List<String>> prefixes) {
    for (int i = Math.max(1, from); i < name.length(); i++) {
      prefixes.add(name.components().subList(0, i));
    }
  }
}
