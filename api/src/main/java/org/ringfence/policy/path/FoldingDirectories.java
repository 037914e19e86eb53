package org.ringfence.policy.path;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.text.Normalizer;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds directories of this machine that find an entry by another spelling of its name: the object
 * is the same. So no attribute and no setting of a file system needs to be known. Not thread-safe.
 */
final class FoldingDirectories {
  private static final int MOST_ENTRIES = 32;
  private static final int TO_FULL_WIDTH = 0xFEE0;

  private final Map<Path, Boolean> known = new HashMap<>();
  private final Predicate<Path> untried;

  /**
   * Prepares the search.
   *
   * @param untried directories in which no name is tried: where that makes another system work
   */
  FoldingDirectories(Predicate<Path> untried) {
    this.untried = untried;
  }

  /** Returns the directories on the way of paths, and at them, that fold names. */
  Set<String> on(Collection<String> paths) {
    Set<String> found = new LinkedHashSet<>();
    for (String text : paths) {
      Path path;
      try {
        path = Path.of(text);
      } catch (InvalidPathException e) {
        continue;
      }
      boolean below = foldsEntries(path);
      for (Path at = path; at.getParent() != null; at = at.getParent()) {
        if (foldsAt(at.getParent(), at.getFileName().toString())) {
          found.add(at.getParent().toString());
        }
      }
      if (below) {
        found.add(path.toString());
      }
    }
    return found;
  }

  /** Returns whether a directory finds one of its entries by another spelling. */
  private boolean foldsAt(Path directory, String name) {
    boolean ascii = NameFolding.isAscii(name);
    if (untried.test(directory)) {
      return false;
    }
    Boolean answer = known.get(directory);
    if (answer != null && (answer || ascii)) {
      return answer;
    }
    List<String> others = spellings(name);
    boolean folds = others.stream().anyMatch(other -> isSame(directory, name, other));
    // A name of other letters may answer to more spellings than one of ASCII, one without to fewer.
    boolean tells = ascii && !name.toUpperCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT));
    if (folds || tells && exists(directory.resolve(name))) {
      known.put(directory, folds);
    }
    return folds;
  }

  private boolean foldsEntries(Path directory) {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.limit(MOST_ENTRIES).toList().stream()
          .anyMatch(entry -> foldsAt(directory, entry.getFileName().toString()));
    } catch (IOException | RuntimeException e) {
      // Not this user's to list: no command lists it either.
      return false;
    }
  }

  private static boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static List<String> spellings(String name) {
    StringBuilder otherCase = new StringBuilder();
    StringBuilder wide = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      otherCase.append(
          Character.isLowerCase(c) ? Character.toUpperCase(c) : Character.toLowerCase(c));
      wide.append(c > ' ' && c < 0x7F ? (char) (c + TO_FULL_WIDTH) : c);
    }
    return Stream.of(
            otherCase.toString(),
            wide.toString(),
            Normalizer.normalize(name, Normalizer.Form.NFC),
            Normalizer.normalize(name, Normalizer.Form.NFKC),
            Normalizer.normalize(name, Normalizer.Form.NFD))
        .filter(other -> !other.equals(name))
        .distinct()
        .toList();
  }

  /** Returns whether two names lead to one object. Two hard links do, which denies more alone. */
  private static boolean isSame(Path directory, String name, String other) {
    try {
      BasicFileAttributes first = attributes(directory.resolve(name));
      BasicFileAttributes second = attributes(directory.resolve(other));
      return first.fileKey() != null && first.fileKey().equals(second.fileKey());
    } catch (IOException | InvalidPathException e) {
      // Mostly because nothing has the other name.
      return false;
    }
  }

  private static BasicFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }
}
