package org.ringfence.windows.access;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.ringfence.windows.system.FileFacts;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;

/**
 * Looks through a tree before all of it inherits an entry: for links, whose targets might be
 * granted, and for files that have other names outside, which are the same files there.
 */
final class TreeScan extends SimpleFileVisitor<Path> {
  private final org.ringfence.windows.system.Files files;
  private final Map<String, Integer> missing = new HashMap<>();
  private final Map<String, Path> named = new TreeMap<>();
  private Path root;
  private String wrong;

  TreeScan(org.ringfence.windows.system.Files files) {
    this.files = files;
  }

  /**
   * Looks through a tree.
   *
   * @throws GrantException if an entry on the root would reach out of it through a link
   */
  void check(String path) throws GrantException {
    walk(path);
    if (wrong != null) {
      throw new GrantException(path, wrong);
    }
  }

  /**
   * Looks through a tree.
   *
   * @return one path of each file that has another name outside
   * @throws GrantException if the tree cannot be looked through
   */
  List<Path> namesOutside(String path) throws GrantException {
    walk(path);
    return named.entrySet().stream()
        .filter(file -> missing.get(file.getKey()) > 0)
        .map(Map.Entry::getValue)
        .toList();
  }

  private void walk(String path) throws GrantException {
    root = Path.of(path);
    try {
      Files.walkFileTree(root, this);
    } catch (IOException e) {
      throw new GrantException(path, "it cannot be looked through: " + e.getMessage(), e);
    }
  }

  @Override
  public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
      throws IOException {
    if (attributes.isOther() && !directory.equals(root)) {
      // A junction, which Java reports as a directory of another kind.
      link(directory);
      return FileVisitResult.SKIP_SUBTREE;
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
    if (attributes.isSymbolicLink() || attributes.isOther()) {
      link(file);
      return FileVisitResult.CONTINUE;
    }
    try (Handle handle = files.open(file.toString(), false)) {
      FileFacts facts = files.facts(handle);
      if (facts.links() > 1) {
        missing.merge(facts.fileId(), facts.links() - 1, (left, all) -> left - 1);
        named.putIfAbsent(facts.fileId(), file);
      }
    } catch (WindowsCallException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    return FileVisitResult.CONTINUE;
  }

  /** Notes a link that leads out; a dangling one leads nowhere. */
  private void link(Path link) throws IOException {
    if (!Files.exists(link)) {
      return;
    }
    Path target = link.toRealPath();
    if (wrong == null && !target.startsWith(root)) {
      wrong = link + " leads to " + target + ", which would be granted, too";
    }
  }
}
