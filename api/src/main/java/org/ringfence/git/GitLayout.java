package org.ringfence.git;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What makes a directory a git directory: its parts, whatever it is called and wherever it lies
 * (setup.c, {@code is_git_directory}). Names are compared without regard to case, since some file
 * systems do so. A part counts by its name alone: what is in it can come later.
 */
public final class GitLayout {
  private static final String HEAD = "HEAD";
  private static final String OBJECTS = "objects";
  private static final String REFS = "refs";
  private static final String COMMON = "commondir";
  private static final Set<String> PARTS = Set.of("head", OBJECTS, REFS, COMMON);

  private GitLayout() {}

  /**
   * Whether a name is of a part of a git directory.
   *
   * @param name a name without slashes
   * @return true if it is
   */
  public static boolean isPart(String name) {
    // Before anything is allocated: most names are none.
    int length = name.length();
    return (length == 4 || length == 7 || length == 9)
        && PARTS.contains(name.toLowerCase(Locale.ROOT));
  }

  /**
   * Whether a directory is a git directory.
   *
   * @param there says whether the directory has a name
   * @return true if it is one
   */
  public static boolean isGitDirectory(Predicate<String> there) {
    return there.test(HEAD) && (there.test(OBJECTS) && there.test(REFS) || there.test(COMMON));
  }

  /**
   * Whether a directory that is none becomes a git directory by one more name.
   *
   * @param name the name that is made in it
   * @param there says whether the directory has a name
   * @return true if it becomes one
   */
  public static boolean becomesOne(String name, Predicate<String> there) {
    return isPart(name)
        && !isGitDirectory(there)
        && isGitDirectory(asked -> asked.equalsIgnoreCase(name) || there.test(asked));
  }

  /**
   * Whether a git directory would be none without a name.
   *
   * @param name the name that is taken away
   * @param there says whether the directory has a name
   * @return true if it is one now and would be none
   */
  public static boolean endsWithout(String name, Predicate<String> there) {
    return isPart(name)
        && isGitDirectory(there)
        && !isGitDirectory(asked -> !asked.equalsIgnoreCase(name) && there.test(asked));
  }

  /**
   * The directories on a path's way of which one has to be looked at: where a component's name
   * means something if the directory that holds it is a git directory.
   *
   * @param components a path's components
   * @param surfaces the first names of what means something
   * @return for each how many leading components lead to the directory, the longest first
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
