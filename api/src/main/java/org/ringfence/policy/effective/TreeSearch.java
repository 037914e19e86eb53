package org.ringfence.policy.effective;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.ringfence.git.GitLayout;
import org.ringfence.policy.ProtectedNames;

/**
 * Searches writable directories for repositories and for symbolic links at protected names, shallow
 * ones first. The search has a bound, so that opening a sandbox in a huge tree takes no longer than
 * in a large one; directories that package managers and builds fill come last.
 */
final class TreeSearch {
  /** The largest number of names in all roots together. */
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

  /** File systems that count a directory's subdirectories in its links. */
  private static final Set<String> COUNTING =
      Set.of("ext2", "ext3", "ext4", "xfs", "tmpfs", "f2fs");

  /**
   * A directory that is still to be searched.
   *
   * @param directory the directory
   * @param below the names that lead to it from its root, after those of the root's own path that
   *     begin a protected name
   * @param late whether it comes last
   * @param device the device on which links count subdirectories, or null
   */
  private record Place(File directory, List<String> below, boolean late, Object device) {}

  private static final Set<String> SINGLE =
      ProtectedNameMatcher.names().stream()
          .filter(name -> name.length() == 1)
          .map(name -> name.components().get(0).toLowerCase(Locale.ROOT))
          .collect(Collectors.toUnmodifiableSet());

  private final ProtectedNameMatcher names;
  private final Set<Path> tops = new LinkedHashSet<>();
  private final Set<Path> gitDirectories = new LinkedHashSet<>();
  private final Set<Path> links = new LinkedHashSet<>();
  private final Deque<Place> soon = new ArrayDeque<>();
  private final Deque<Place> late = new ArrayDeque<>();
  private final Map<Object, Boolean> counting = new HashMap<>();
  private int left;

  TreeSearch(ProtectedNames names) {
    this(names, MOST_NAMES);
  }

  TreeSearch(ProtectedNames names, int most) {
    this.names = new ProtectedNameMatcher(names);
    this.left = most;
  }

  /** Adds a directory to the search. */
  TreeSearch root(Path root) {
    List<String> path = new ArrayList<>();
    root.forEach(name -> path.add(name.toString()));
    int lead = ProtectedNameMatcher.leadInto(path, path.size());
    List<String> begun = path.subList(path.size() - lead, path.size());
    soon.add(new Place(root.toFile(), begun, false, countingDevice(root)));
    return this;
  }

  /** Searches all added directories. */
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
    boolean careful = !place.below.isEmpty() && names.matchingReplacement(place.below) != null;
    long directories = subdirectories(place, directory);
    // Names with an extension are seldom directories, so the others come first.
    for (boolean extended : new boolean[] {false, true}) {
      for (String name : entries) {
        boolean looks = careful || directories > 0 || isSingle(name);
        if (looks && name.indexOf('.') > 0 == extended && lookAt(place, name, git)) {
          directories--;
        }
      }
    }
  }

  /** Looks at a name; returns whether it is a directory. */
  private boolean lookAt(Place place, String name, boolean git) {
    File entry = new File(place.directory, name);
    BasicFileAttributes attributes = attributes(entry.toPath());
    if (attributes == null) {
      return false;
    }
    if (attributes.isSymbolicLink() && names.matching(below(place, name)) != null) {
      links.add(entry.toPath());
    } else if (attributes.isDirectory() && !(git && ProtectedNameMatcher.isGitData(name))) {
      boolean comesLate = place.late || FILLED_BY_TOOLS.contains(name.toLowerCase(Locale.ROOT));
      (comesLate ? late : soon).add(new Place(entry, below(place, name), comesLate, place.device));
    }
    return attributes.isDirectory();
  }

  private static boolean isSingle(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.equals(".git") || SINGLE.contains(lower);
  }

  /** Returns the number of subdirectories; the largest number if the file system does not count. */
  private static long subdirectories(Place place, Path directory) {
    if (place.device == null) {
      return Long.MAX_VALUE;
    }
    try {
      Map<String, Object> seen =
          Files.readAttributes(directory, "unix:nlink,dev", LinkOption.NOFOLLOW_LINKS);
      int links = ((Number) seen.get("nlink")).intValue();
      // One link: too many to count.
      return links < 2 || !place.device.equals(seen.get("dev")) ? Long.MAX_VALUE : links - 2;
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  private Object countingDevice(Path root) {
    try {
      Object device = Files.getAttribute(root, "unix:dev");
      // Asking for the type reads the table of mounts.
      Boolean counts = counting.get(device);
      if (counts == null) {
        counts = COUNTING.contains(Files.getFileStore(root).type());
        counting.put(device, counts);
      }
      return counts ? device : null;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      // The search then looks at each name.
      return null;
    }
  }

  private static BasicFileAttributes attributes(Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      // Gone by now, or invisible to tools of this user too.
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

  /** Returns the directories that have an entry {@code .git}. */
  Set<Path> tops() {
    return tops;
  }

  /** Returns the directories that are git directories by their contents. */
  Set<Path> gitDirectories() {
    return gitDirectories;
  }

  /** Returns the symbolic links at protected names. */
  Set<Path> links() {
    return links;
  }

  /** Returns whether the search reached its bound before the end. */
  boolean bounded() {
    return !(soon.isEmpty() && late.isEmpty());
  }
}
