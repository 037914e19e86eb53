package org.ringfence.git;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Recognizes a git directory by its parts, whatever its name and place (setup.c, {@code
 * is_git_directory}). Ignores case, since some file systems do so. A part counts by its name alone:
 * its content can come later.
 */
public final class GitLayout {
  private static final String HEAD = "HEAD";
  private static final String OBJECTS = "objects";
  private static final String REFS = "refs";
  private static final String COMMON = "commondir";
  private static final Set<String> PARTS = Set.of("head", OBJECTS, REFS, COMMON);

  private GitLayout() {}

  /**
   * Returns whether a name is a part of a git directory.
   *
   * @param name a name without slashes
   * @return true if it is
   */
  public static boolean isPart(String name) {
    // Before any allocation: most names are not parts.
    int length = name.length();
    return (length == 4 || length == 7 || length == 9)
        && PARTS.contains(name.toLowerCase(Locale.ROOT));
  }

  /**
   * Returns whether a directory is a git directory.
   *
   * @param there whether the directory has a name
   * @return true if it is one
   */
  public static boolean isGitDirectory(Predicate<String> there) {
    return there.test(HEAD) && (there.test(OBJECTS) && there.test(REFS) || there.test(COMMON));
  }

  /**
   * Returns whether one more name makes a directory a git directory.
   *
   * @param name the new name
   * @param there whether the directory has a name
   * @return true if it becomes a git directory
   */
  public static boolean becomesOne(String name, Predicate<String> there) {
    return isPart(name)
        && !isGitDirectory(there)
        && isGitDirectory(asked -> asked.equalsIgnoreCase(name) || there.test(asked));
  }

  /**
   * Returns whether the loss of a name ends a git directory.
   *
   * @param name the removed name
   * @param there whether the directory has a name
   * @return true if it is one now and would not be afterwards
   */
  public static boolean endsWithout(String name, Predicate<String> there) {
    return isPart(name)
        && isGitDirectory(there)
        && !isGitDirectory(asked -> !asked.equalsIgnoreCase(name) && there.test(asked));
  }

  /**
   * Returns the directories on a path's way that the caller must check: a component's name matters
   * if its directory is a git directory.
   *
   * @param components a path's components
   * @param surfaces the first names of meaningful paths
   * @return for each the number of leading components that lead to it, the longest first
   */
  public static List<Integer> holders(List<String> components, Set<String> surfaces) {
    List<Integer> holders = new ArrayList<>();
    for (int i = components.size() - 1; i >= 0; i--) {
      if (surfaces.contains(components.get(i).toLowerCase(Locale.ROOT))) {
        holders.add(i);
      }
    }
    return holders;
  }
}
