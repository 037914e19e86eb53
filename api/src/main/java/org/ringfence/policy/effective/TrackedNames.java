package org.ringfence.policy.effective;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.ringfence.git.GitConfigFiles;
import org.ringfence.git.GitIndex;
import org.ringfence.git.GitRepository;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.path.Homes;
import org.ringfence.policy.path.PathContext;

/**
 * The protected files that repositories track, for the level {@link ProtectedNames#TRACKED}: git
 * itself changes them when it changes branches. The index of a repository is untrusted, and so a
 * name in it opens a file of the working tree only, never one of git, of Ringfence or of a home
 * directory. Immutable.
 */
final class TrackedNames {
  /** No names, for the other levels. */
  static final TrackedNames NONE = new TrackedNames(Set.of(), Set.of());

  private static final int MOST = 10_000;
  private static final int BUFFER = 1 << 16;

  /** Names that stay protected: their files hold for every repository, and for the sandbox. */
  private static final Set<String> NEVER = Set.of(".git", ".gitconfig", ".ringfence");

  private final Set<List<String>> names;
  private final Set<String> limits;

  private TrackedNames(Set<List<String>> names, Set<String> limits) {
    this.names = Set.copyOf(names);
    this.limits = limits;
  }

  /**
   * Reads the indexes of working trees.
   *
   * @param workTrees their tops
   * @param places the machine
   */
  static TrackedNames of(Collection<Path> workTrees, PathContext places) {
    Set<List<String>> names = new HashSet<>();
    Set<String> limits = new LinkedHashSet<>();
    for (Path top : workTrees) {
      if (Homes.of(places).stream().anyMatch(home -> Path.of(home).startsWith(top))) {
        limits.add(top + " is or holds a home directory");
      } else {
        read(top, names, limits);
      }
    }
    return new TrackedNames(names, limits);
  }

  private static void read(Path top, Set<List<String>> names, Set<String> limits) {
    List<Path> directories = List.copyOf(GitRepository.at(top).directories());
    Path index = directories.get(0).resolve("index");
    if (!Files.isRegularFile(index, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    GitConfigFiles config = new GitConfigFiles(List.of());
    directories.forEach(directory -> config.read(directory.resolve("config")));
    int hash =
        GitIndex.hashLength(
            config.settings().stream().map(GitConfigFiles.Located::setting).toList());
    List<List<String>> found = new ArrayList<>();
    ProtectedNameMatcher matcher = new ProtectedNameMatcher(ProtectedNames.HOOKS_AND_CONFIG);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(index), BUFFER)) {
      boolean whole =
          GitIndex.read(
                  in,
                  Files.size(index),
                  hash,
                  name -> {
                    List<String> below = Arrays.asList(name.split("/"));
                    if (found.size() < MOST
                        && matcher.matching(below) != null
                        && below.stream()
                            .noneMatch(part -> NEVER.contains(part.toLowerCase(Locale.ROOT)))) {
                      found.add(at(top, below));
                    }
                  })
              .isEmpty();
      if (!whole) {
        limits.add(index + " is not as git writes it");
      } else if (names.size() + found.size() >= MOST) {
        limits.add("more than " + MOST + " protected files are tracked");
      } else {
        names.addAll(found);
      }
    } catch (IOException | InvalidPathException e) {
      limits.add(index + " cannot be read");
    }
  }

  private static List<String> at(Path top, List<String> below) {
    List<String> path = new ArrayList<>();
    top.forEach(name -> path.add(name.toString()));
    path.addAll(below);
    return List.copyOf(path);
  }

  /** Returns whether a repository tracks the file at a path. */
  boolean contains(List<String> path) {
    return names.contains(path);
  }

  /** Returns whether a directory holds one of the files. */
  boolean isAnyIn(List<String> directory) {
    return names.stream()
        .anyMatch(
            name ->
                name.size() > directory.size()
                    && name.subList(0, directory.size()).equals(directory));
  }

  /** Returns the plans' addition: how many files a command may change, and where none. */
  String statement() {
    StringBuilder all = new StringBuilder();
    if (!names.isEmpty()) {
      all.append("; commands may change ")
          .append(names.size())
          .append(
              names.size() == 1
                  ? " protected file that git tracks"
                  : " protected files that git tracks");
    }
    if (!limits.isEmpty()) {
      all.append("; tracked files stay as they are where ").append(String.join(", ", limits));
    }
    return all.toString();
  }
}
