package org.ringfence.git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.git.GitConfigFiles.Located;

/**
 * A working tree's git directories, as gitrepository-layout(5) lays them out. A linked worktree and
 * a submodule keep theirs elsewhere, named by a pointer file, which is untrusted: Ringfence grants
 * writing there only if the named directory points back here. For protection Ringfence always
 * follows it, since git follows it.
 *
 * @param directories the git directories that git would use, their links resolved
 * @param elsewhere those outside the working tree that a commit writes and that point back
 */
public record GitRepository(Set<Path> directories, List<Path> elsewhere) {
  private static final String POINTER = "gitdir: ";
  private static final int LARGEST_POINTER = 4096;

  /**
   * Looks at a directory that may be the top of a working tree.
   *
   * @param top the directory
   * @return its git directories; none if it is no working tree
   */
  public static GitRepository at(Path top) {
    Path dotGit = top.resolve(".git");
    Set<Path> directories = new LinkedHashSet<>();
    try {
      if (Files.isDirectory(dotGit)) {
        addWithCommon(dotGit.toRealPath(), directories);
        return new GitRepository(directories, List.of());
      }
      Path directory = Files.isRegularFile(dotGit) ? pointedTo(dotGit) : null;
      if (directory == null) {
        return new GitRepository(directories, List.of());
      }
      addWithCommon(directory, directories);
      return new GitRepository(directories, elsewhere(directory, dotGit, top));
    } catch (IOException | InvalidPathException e) {
      // Not readable as a pointer: git fails on it as well.
      return new GitRepository(directories, List.of());
    }
  }

  /**
   * Adds a git directory, and the one whose configuration and hooks it shares.
   *
   * @param directory the git directory
   * @param directories receives both
   */
  public static void addWithCommon(Path directory, Set<Path> directories) {
    directories.add(directory);
    Path file = directory.resolve("commondir");
    try {
      if (Files.isRegularFile(file)) {
        directories.add(directory.resolve(line(file)).toRealPath());
      }
    } catch (IOException | InvalidPathException e) {
      // It leads nowhere, and git says so.
      return;
    }
  }

  private static List<Path> elsewhere(Path directory, Path pointer, Path top) throws IOException {
    if (Files.isSymbolicLink(pointer)) {
      return List.of();
    }
    Path common = commonDirectory(directory, pointer);
    if (common != null) {
      return List.of(directory, common);
    }
    return isModuleOf(directory, top) ? List.of(directory) : List.of();
  }

  private static Path pointedTo(Path pointer) throws IOException {
    String text = line(pointer);
    if (!text.startsWith(POINTER)) {
      return null;
    }
    Path named = pointer.toRealPath().getParent().resolve(text.substring(POINTER.length()));
    return Files.isDirectory(named) ? named.toRealPath() : null;
  }

  /**
   * Returns the common directory of a linked worktree, whose git directory names the pointer file
   * in turn; else null.
   */
  private static Path commonDirectory(Path directory, Path pointer) throws IOException {
    Path commonFile = directory.resolve("commondir");
    Path backFile = directory.resolve("gitdir");
    if (!Files.isRegularFile(commonFile) || !Files.isRegularFile(backFile)) {
      return null;
    }
    Path back = directory.resolve(line(backFile));
    Path common = directory.resolve(line(commonFile)).toRealPath();
    boolean ours =
        Files.exists(back)
            && back.toRealPath().equals(pointer.toRealPath())
            && directory.getParent().equals(common.resolve("worktrees"));
    return ours ? common : null;
  }

  private static boolean isModuleOf(Path directory, Path root) throws IOException {
    if (!directory.toString().contains("/.git/modules/")) {
      return false;
    }
    for (Path named :
        workTrees(new GitConfigFiles(List.of()).read(directory.resolve("config")), directory)) {
      return Files.isDirectory(named) && named.toRealPath().equals(root.toRealPath());
    }
    return false;
  }

  /**
   * Returns the paths that {@code core.worktree} names, relative to the git directory.
   *
   * @param config the configuration of the repository
   * @param directory the git directory
   * @return absolute paths
   */
  public static List<Path> workTrees(GitConfigFiles config, Path directory) {
    return config.settings().stream()
        .map(Located::setting)
        .filter(setting -> setting.name().equals("core.worktree"))
        .flatMap(setting -> GitConfigFiles.readings(setting).stream())
        .flatMap(value -> config.expanded(value, List.of(directory)).stream())
        .toList();
  }

  /**
   * Returns the working trees that are linked to a git directory.
   *
   * @param directory the git directory
   * @return their tops
   */
  public static List<Path> linkedTrees(Path directory) {
    String[] names = directory.resolve("worktrees").toFile().list();
    Set<Path> trees = new LinkedHashSet<>();
    for (String name : names == null ? new String[0] : names) {
      Path own = directory.resolve("worktrees").resolve(name);
      try {
        Path tree = own.resolve(line(own.resolve("gitdir"))).normalize().getParent();
        if (tree != null) {
          trees.add(tree);
        }
      } catch (IOException | InvalidPathException e) {
        // No worktree, or git cannot find it either.
        continue;
      }
    }
    return List.copyOf(trees);
  }

  /**
   * Returns whether a directory is a git directory by its contents.
   *
   * @param directory the directory
   * @return true if git would take it for one
   */
  public static boolean isGitDirectory(Path directory) {
    return GitLayout.isGitDirectory(
        name -> Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS));
  }

  private static String line(Path file) throws IOException {
    if (Files.size(file) > LARGEST_POINTER) {
      throw new IOException(file + " is no pointer file");
    }
    // Git removes trailing newlines only.
    return Files.readString(file).replaceFirst("[\r\n]+$", "");
  }
}
