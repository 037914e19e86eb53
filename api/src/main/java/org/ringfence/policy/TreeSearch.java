package org.ringfence.policy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.ringfence.git.GitLayout;

/**
 * Looks through writable directories for repositories and for symbolic links at protected names,
 * the shallow ones first. The search has a bound, so that opening a sandbox in a huge tree takes no
 * longer than in a large one; directories that package managers and builds fill come last.
 */
final class TreeSearch {
  /** Names looked at in all roots together. */
  static final int MOST_NAMES = 50_000;

  private static final Set<String> FILLED_BY_TOOLS =
      Set.of(
          "node_modules",
          ".venv",
          "venv",
          "target",
          "build",
          "dist",
          ".gradle",
          ".m2",
          ".npm",
          ".cache",
          ".cargo",
          ".rustup",
          "__pycache__");

  private record Place(File directory, List<String> below, boolean late) {}

  private final ProtectedNames names;
  private final Set<Path> tops = new LinkedHashSet<>();
  private final Set<Path> gitDirectories = new LinkedHashSet<>();
  private final Set<Path> links = new LinkedHashSet<>();
  private final Deque<Place> soon = new ArrayDeque<>();
  private final Deque<Place> late = new ArrayDeque<>();
  private int left = MOST_NAMES;

  TreeSearch(ProtectedNames names) {
    this.names = names;
  }

  /** Adds a directory to what is looked through. */
  TreeSearch root(Path root) {
    soon.add(new Place(root.toFile(), List.of(), false));
    return this;
  }

  /** Looks through everything that was added. */
  TreeSearch run() {
    while (left > 0 && !(soon.isEmpty() && late.isEmpty())) {
      look(soon.isEmpty() ? late.remove() : soon.remove());
    }
    return this;
  }

  private void look(Place place) {
    String[] entries = place.directory.list();
    if (entries == null) {
      return;
    }
    left -= entries.length;
    boolean part = false;
    for (String name : entries) {
      if (name.equalsIgnoreCase(".git")) {
        tops.add(place.directory.toPath());
      }
      part |= GitLayout.isPart(name);
    }
    Path directory = place.directory.toPath();
    Predicate<String> there = name -> isThere(directory.resolve(name));
    boolean git = part && GitLayout.isGitDirectory(there);
    if (git) {
      gitDirectories.add(directory);
    }
    for (String name : entries) {
      File entry = new File(place.directory, name);
      BasicFileAttributes attributes = attributes(entry.toPath());
      if (attributes == null) {
        continue;
      }
      if (attributes.isSymbolicLink() && names.matching(below(place, name)) != null) {
        links.add(entry.toPath());
      } else if (attributes.isDirectory() && !(git && ProtectedNames.isGitData(name))) {
        boolean comesLate = place.late || FILLED_BY_TOOLS.contains(name.toLowerCase(Locale.ROOT));
        (comesLate ? late : soon).add(new Place(entry, below(place, name), comesLate));
      }
    }
  }

  private static BasicFileAttributes attributes(Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      // Gone by now, or not to be seen by tools of this user either.
      return null;
    }
  }

  private static List<String> below(Place place, String name) {
    List<String> below = new ArrayList<>(place.below);
    below.add(name);
    return below;
  }

  private static boolean isThere(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** Directories that have an entry {@code .git}. */
  Set<Path> tops() {
    return tops;
  }

  /** Directories that are git directories by their parts. */
  Set<Path> gitDirectories() {
    return gitDirectories;
  }

  /** Symbolic links at protected names. */
  Set<Path> links() {
    return links;
  }

  /** Whether the bound was reached before the end. */
  boolean bounded() {
    return !(soon.isEmpty() && late.isEmpty());
  }
}
