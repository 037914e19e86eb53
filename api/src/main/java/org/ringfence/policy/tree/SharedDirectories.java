package org.ringfence.policy.tree;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Directories that hold the files of many programs, and are no program's own: too much to grant for
 * files of one.
 */
public final class SharedDirectories {
  /** Directories of a home in which every program has one of its own. */
  private static final Set<Path> IN_HOME =
      Set.of(
          Path.of(".cache"),
          Path.of(".config"),
          Path.of(".local"),
          Path.of(".local/share"),
          Path.of(".local/state"),
          Path.of(".local/lib"),
          Path.of(".local/bin"),
          Path.of("Library"),
          Path.of("Library/Caches"),
          Path.of("Library/Application Support"),
          Path.of("AppData"),
          Path.of("AppData/Local"),
          Path.of("AppData/LocalLow"),
          Path.of("AppData/Roaming"));

  /** Directories of a system in whose directories every program has one of its own. */
  private static final Set<String> NESTED =
      Set.of("usr", "var", "home", "Users", "System", "private", "Library", "Windows");

  /** Directories of a system that a system's own programs alone write. */
  private static final Set<String> OF_SYSTEM =
      Set.of("etc", "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "boot", "System");

  private final Collection<Path> homes;
  private final Path workspace;

  /**
   * Creates the directories of a machine.
   *
   * @param homes the home directories, without links
   * @param workspace the workspace, without links
   */
  public SharedDirectories(Collection<Path> homes, Path workspace) {
    this.homes = List.copyOf(homes);
    this.workspace = workspace;
  }

  /**
   * Returns whether programs share a directory.
   *
   * @param directory an absolute path without links
   * @return true also where it cannot be found out
   */
  public boolean contains(Path directory) {
    int depth = directory.getNameCount();
    if (depth < 2 || workspace.startsWith(directory) && !workspace.equals(directory)) {
      return true;
    }
    for (Path home : homes) {
      if (home.startsWith(directory)
          || directory.startsWith(home) && IN_HOME.contains(home.relativize(directory))) {
        return true;
      }
    }
    return depth == 2 && NESTED.contains(directory.getName(0).toString())
        || depth == 3 && directory.startsWith("/usr/local")
        || isEverybodys(directory);
  }

  /**
   * Returns whether a directory is one of the system's own, or lies in one.
   *
   * @param directory an absolute path without links
   * @return true for such a directory
   */
  public boolean isOfSystem(Path directory) {
    return directory.getNameCount() == 0 || OF_SYSTEM.contains(directory.getName(0).toString());
  }

  private static boolean isEverybodys(Path directory) {
    try {
      return Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS)
          .contains(PosixFilePermission.OTHERS_WRITE);
    } catch (UnsupportedOperationException e) {
      // Windows has no such directory among those that are not excluded already.
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
