package org.ringfence.linux.path;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.ringfence.git.GitConfigGuard;
import org.ringfence.git.GitLfsHook;
import org.ringfence.policy.Access;
import org.ringfence.policy.Operation;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.ProtectedNameMatcher;

/**
 * The places in directories called {@code .git}, by path alone: there the protected names hold
 * whatever the directory contains, so that a repository can come into being. Immutable.
 */
public final class GitPlaces {
  private static final String GIT = ".git";
  private static final String MODULES = "modules";
  private static final String TREES = "worktrees";
  private static final Set<String> CONFIGS = Set.of("config", "config.worktree");
  private static final ProtectedNameMatcher NAMES =
      new ProtectedNameMatcher(ProtectedNames.HOOKS_AND_CONFIG);
  private static final Set<String> SURFACES =
      ProtectedNameMatcher.surfaces().git().stream()
          .map(surface -> surface.get(0))
          .collect(Collectors.toUnmodifiableSet());

  private final EffectivePolicy policy;

  /** The meaning of a path. */
  public enum Kind {
    /** The git directory of a working tree, or the pointer to one. */
    GIT,
    /** A configuration file. */
    CONFIG,
    /** The directory of hooks. */
    HOOKS,
    /** An example in the directory of hooks, which git does not run. */
    SAMPLE,
    /** A hook that Git LFS has, too. */
    LFS_HOOK,
    /** The pointer from a linked working tree's git directory to the common one. */
    COMMON,
    /** The pointer from a linked working tree's git directory to the working tree. */
    BACK
  }

  /**
   * A place.
   *
   * @param kind its meaning
   * @param top the directory that holds {@code .git}
   * @param directory the git directory
   * @param depth the number of components of {@code top}
   */
  public record Place(Kind kind, String top, String directory, int depth) {}

  GitPlaces(EffectivePolicy policy) {
    this.policy = policy;
  }

  private List<String> components(String path) {
    return policy.places().style().components(path);
  }

  /**
   * Recognizes a path.
   *
   * @param path an absolute path, links resolved
   * @return its meaning; empty where names are not protected or another level holds
   */
  public Optional<Place> at(String path) {
    if (!policy.policy().protectedNames().guardsGit()
        || !path.contains("/" + GIT)
        || !policy.keepsNames(path)) {
      return Optional.empty();
    }
    List<String> all = components(path);
    int start = gitIn(all);
    if (start < 0) {
      return Optional.empty();
    }
    List<String> below = all.subList(start + 1, all.size());
    int length = below.size();
    if (length == 0) {
      return place(Kind.GIT, all, start, below);
    }
    String last = below.get(length - 1);
    List<String> parent = below.subList(0, length - 1);
    boolean sample = last.endsWith(".sample");
    if (length > 1
        && parent.get(length - 2).equals("hooks")
        && (sample || GitLfsHook.NAMES.contains(last))) {
      List<String> directory = below.subList(0, length - 2);
      Kind kind = sample ? Kind.SAMPLE : Kind.LFS_HOOK;
      return isOwn(directory) ? place(kind, all, start, directory) : Optional.empty();
    }
    if (!isDirectory(parent)) {
      return Optional.empty();
    }
    if (CONFIGS.contains(last)) {
      return place(Kind.CONFIG, all, start, parent);
    }
    if (last.equals("hooks")) {
      return isOwn(parent) ? place(Kind.HOOKS, all, start, parent) : Optional.empty();
    }
    boolean linked = isLinked(parent);
    return linked && last.equals("commondir")
        ? place(Kind.COMMON, all, start, parent)
        : linked && last.equals("gitdir") ? place(Kind.BACK, all, start, parent) : Optional.empty();
  }

  /** Returns the index of the first component called {@code .git}; -1 for one in other letters. */
  private static int gitIn(List<String> path) {
    for (int i = 0; i < path.size(); i++) {
      if (path.get(i).equalsIgnoreCase(GIT)) {
        return path.get(i).equals(GIT) ? i : -1;
      }
    }
    return -1;
  }

  private Optional<Place> place(Kind kind, List<String> all, int start, List<String> directory) {
    return Optional.of(
        new Place(
            kind,
            "/" + String.join("/", all.subList(0, start)),
            "/" + String.join("/", all.subList(0, start + 1 + directory.size())),
            start));
  }

  /** Returns whether names hold in a directory, given by its path below {@code .git}. */
  private static boolean isDirectory(List<String> below) {
    if (below.isEmpty()) {
      return true;
    }
    String first = below.get(0);
    if (below.size() < 2 || !first.equals(MODULES) && !first.equals(TREES)) {
      return false;
    }
    for (String name : below) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (SURFACES.contains(lower) || lower.equals(GIT) || lower.equals("info")) {
        return false;
      }
    }
    List<String> file = new ArrayList<>(List.of(GIT));
    file.addAll(below);
    file.add("config");
    return NAMES.matching(file.subList(0, file.size() - 1)) == null && NAMES.matching(file) != null;
  }

  private static boolean isLinked(List<String> below) {
    return below.size() >= 2 && below.get(below.size() - 2).equals(TREES);
  }

  /** Returns whether a git directory has hooks of its own. */
  private static boolean isOwn(List<String> below) {
    return isDirectory(below) && !isLinked(below);
  }

  /** Returns whether protected names hold in a directory, so that it may become a git directory. */
  boolean hold(String directory) {
    if (!policy.policy().protectedNames().guardsGit() || !policy.keepsNames(directory + "/HEAD")) {
      return false;
    }
    List<String> all = components(directory);
    int start = gitIn(all);
    return start >= 0 && isDirectory(all.subList(start + 1, all.size()));
  }

  private boolean isIn(String path, String directory) {
    return policy.places().style().isAtOrBelow(path, directory);
  }

  /**
   * Returns whether a command can put another directory in the place of one.
   *
   * @param directory a directory in which names are protected
   */
  private boolean isReplaceable(String directory) {
    return policy.rules().stream().noneMatch(rule -> isIn(rule.path(), directory));
  }

  /**
   * Resolves a path of a file's content; empty if it is none, if a name goes before {@code ..}, or
   * if a command could change it by a link: git would find another place then.
   */
  private Optional<String> resolved(String base, String path) {
    if (path.indexOf('\ufffd') >= 0) {
      // The bytes were no UTF-8.
      return Optional.empty();
    }
    try {
      Path given = Path.of(path);
      boolean named = given.isAbsolute();
      for (Path name : given) {
        boolean up = name.toString().equals("..");
        if (up && named) {
          return Optional.empty();
        }
        named = named || !up;
      }
      String absolute = Path.of(base).resolve(given).normalize().toString();
      String real = policy.places().lookup().real(absolute);
      return real.equals(absolute) || policy.accessAt(absolute) != Access.WRITE
          ? Optional.of(real)
          : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns the directory that a pointer leads to.
   *
   * @param place the pointer file
   * @param target its path as written
   * @return the absolute path, links resolved; empty if it is no path
   */
  public String target(Place place, String target) {
    String base = place.kind() == Kind.GIT ? place.top() : place.directory();
    return resolved(base, target).orElse("");
  }

  /**
   * Returns a pointer's fault.
   *
   * @param place the pointer file
   * @param target its path as written
   * @return a clause whose subject is the pointer; empty if it may be made
   */
  public Optional<String> problem(Place place, String target) {
    String real = target(place, target);
    boolean fits =
        !real.isEmpty()
            && switch (place.kind()) {
              // Git writes it so, and an absolute path could come to mean another repository.
              case COMMON -> target.equals("../..");
              case BACK -> real.endsWith("/" + GIT) && at(real).isPresent();
              case GIT -> hold(real) && isSteady(place.top(), real) && isPinned(real);
              default -> false;
            };
    return fits
        ? Optional.empty()
        : Optional.of(
            "leads out of the workspace, or to a directory there that is no git directory");
  }

  /**
   * Returns whether a place in a repository is no easier to exchange for another than a directory
   * that leads to it.
   */
  private boolean isSteady(String from, String directory) {
    String top = topOf(directory);
    return isReplaceable(from) || isIn(from, top) || !isReplaceable(top);
  }

  /** Returns the directory that holds the {@code .git} of a path. */
  private String topOf(String directory) {
    List<String> all = components(directory);
    return "/" + String.join("/", all.subList(0, gitIn(all)));
  }

  /**
   * Returns whether a pointer to a git directory cannot come to mean another repository's, by a
   * link in the place of its working tree: there programs with relative names would be others. A
   * submodule's directory names its working tree itself.
   */
  private boolean isPinned(String directory) {
    List<String> all = components(directory);
    List<String> below = all.subList(gitIn(all) + 1, all.size());
    return !below.isEmpty() && (!isLinked(below) || !isReplaceable(topOf(directory)));
  }

  /**
   * Returns the places that the settings of a repository may lead to.
   *
   * @param relativeProgram gives the setting that names a program in the repository's working tree
   */
  public GitConfigGuard.Places settings(Place place, Supplier<Optional<String>> relativeProgram) {
    return new GitConfigGuard.Places() {
      @Override
      public Optional<String> relativeProgram() {
        return relativeProgram.get();
      }

      @Override
      public boolean repository(String path) {
        // Git resolves a relative path in the working tree, which may be another one.
        boolean known = path.startsWith("/") || !isLinked(below(place));
        return known
            && !path.startsWith("~")
            && resolved(place.top(), path).filter(real -> isRepository(place, real)).isPresent();
      }

      @Override
      public boolean workTree(String path) {
        // An absolute path could lead elsewhere once its directories are others.
        boolean steady = !path.startsWith("/") || !isReplaceable(place.top());
        boolean module = !below(place).isEmpty() && !isLinked(below(place));
        return resolved(place.directory(), path)
            .filter(real -> steady)
            .filter(real -> real.equals(place.top()) || module && isIn(real, place.top()))
            .filter(real -> gitIn(components(real)) < 0)
            .filter(real -> policy.keepsNames(real + "/x"))
            .filter(real -> policy.evaluate(real + "/x", Operation.WRITE).allowed())
            .isPresent();
      }
    };
  }

  /**
   * Returns whether a command could exchange the working tree of a repository for another: then
   * nothing that its settings lead to needs to be harder to exchange.
   */
  private boolean isNested(Place place) {
    List<String> below = below(place);
    return !isLinked(below) && (!below.isEmpty() || isReplaceable(place.top()));
  }

  /** Returns a git directory's path below {@code .git}. */
  private List<String> below(Place place) {
    List<String> directory = components(place.directory());
    return directory.subList(place.depth() + 1, directory.size());
  }

  private boolean isRepository(Place place, String real) {
    if (policy.accessAt(real) != Access.WRITE) {
      return true;
    }
    return policy.keepsNames(real + "/x")
        && (isNested(place)
            || isIn(place.top(), real)
            || real.equals(place.top() + "/" + GIT)
            || !isReplaceable(real));
  }
}
