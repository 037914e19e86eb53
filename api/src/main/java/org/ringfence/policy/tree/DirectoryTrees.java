package org.ringfence.policy.tree;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Groups paths by directories in which many of them lie. */
public final class DirectoryTrees {
  private final int enough;
  private final Predicate<Path> acceptable;

  /**
   * Creates a grouping.
   *
   * @param enough the number of paths from which on they are many, at least 2
   * @param acceptable whether a directory may stand for the paths in it
   */
  public DirectoryTrees(int enough, Predicate<Path> acceptable) {
    if (enough < 2) {
      throw new IllegalArgumentException("one path is not many: " + enough);
    }
    this.enough = enough;
    this.acceptable = acceptable;
  }

  /**
   * Finds the directories: each the deepest that holds all paths of its group. A directory that is
   * not acceptable is divided by the directories in it.
   *
   * @param paths absolute paths
   * @return the paths of each directory; paths of small groups are left out
   */
  public Map<Path, List<Path>> of(Collection<Path> paths) {
    Map<Path, List<Path>> found = new LinkedHashMap<>();
    divide(List.copyOf(new TreeSet<>(paths)), found);
    return found;
  }

  private void divide(List<Path> paths, Map<Path, List<Path>> found) {
    if (paths.size() < enough) {
      return;
    }
    Path common = common(paths);
    if (common != null && acceptable.test(common)) {
      found.put(common, paths);
      return;
    }
    int depth = common == null ? 0 : common.getNameCount();
    Map<Path, List<Path>> parts = new LinkedHashMap<>();
    for (Path path : paths) {
      // A path whose directory is the common one belongs to no directory in it.
      if (path.getNameCount() > depth + 1) {
        Path below = path.getRoot().resolve(path.subpath(0, depth + 1));
        parts.computeIfAbsent(below, key -> new ArrayList<>()).add(path);
      }
    }
    parts.values().forEach(part -> divide(part, found));
  }

  /** Returns the deepest directory that holds all paths; null when they have none in common. */
  private static Path common(List<Path> paths) {
    Path common = paths.get(0).getParent();
    for (Path path : paths) {
      while (common != null && !(path.startsWith(common) && !path.equals(common))) {
        common = common.getParent();
      }
    }
    return common;
  }
}
