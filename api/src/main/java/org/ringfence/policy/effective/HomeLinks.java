package org.ringfence.policy.effective;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Symbolic links in the configuration places of a home: users keep configuration elsewhere, and
 * link it. The search has bounds in depth and in entries.
 */
final class HomeLinks extends SimpleFileVisitor<Path> {
  /** The depth of the search for links, in directories. */
  static final int DEPTH = 4;

  /** The largest number of entries to look at. */
  static final int MOST = 20_000;

  private final List<Path> links = new ArrayList<>();
  private int seen;

  private HomeLinks() {}

  static List<Path> in(Path home) {
    HomeLinks found = new HomeLinks();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(home, HomeLinks::holdsSettings)) {
      for (Path entry : entries) {
        Files.walkFileTree(entry, Set.of(), DEPTH, found);
      }
    } catch (IOException e) {
      // The command cannot list more than the caller.
      return found.links;
    }
    return found.links;
  }

  private static boolean holdsSettings(Path entry) {
    String name = entry.getFileName().toString().toLowerCase(java.util.Locale.ROOT);
    return name.startsWith(".") && !name.equals(".cache") && !name.equals(".git")
        || HomeNames.PLAIN.contains(name) && !name.equals("go");
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
    seen++;
    if (attributes.isSymbolicLink()) {
      links.add(file);
    }
    return seen < MOST ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
  }

  @Override
  public FileVisitResult visitFileFailed(Path file, IOException failure) {
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult postVisitDirectory(Path directory, IOException failure) {
    return FileVisitResult.CONTINUE;
  }
}
