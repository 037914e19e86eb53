package org.ringfence.policy.path;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Looks many paths up on a Linux machine, each directory once: thousands of rules mostly lie in few
 * directories, and a link is searched for in each component of a path. Not thread-safe.
 */
final class DirectoryLookup extends HostLookup {
  /** A directory, resolved. */
  private record Directory(String real, Walked walked) {}

  /** The object at a path: no link, with the directory that holds it; or any other. */
  private record Seen(Optional<Directory> directory, String name, boolean exists) {}

  private final Map<Path, Directory> directories = new HashMap<>();
  private final Map<String, Seen> seen = new HashMap<>();

  @Override
  public String real(String path) {
    Seen object = seen.computeIfAbsent(path, this::look);
    if (object.directory.isEmpty()) {
      return super.real(path);
    }
    Directory directory = object.directory.get();
    return object.exists
        ? Path.of(directory.real).resolve(object.name).toString()
        : directory.walked.path().resolve(object.name).toString();
  }

  @Override
  public Map<String, String> linksOn(String path) {
    return seen.computeIfAbsent(path, this::look)
        .directory
        .map(directory -> directory.walked.links())
        .orElseGet(() -> super.linksOn(path));
  }

  @Override
  public boolean exists(String path) {
    Seen object = seen.computeIfAbsent(path, this::look);
    return object.directory.isEmpty() ? super.exists(path) : object.exists;
  }

  private Seen look(String path) {
    Path asked;
    try {
      asked = Path.of(path);
    } catch (InvalidPathException e) {
      return other();
    }
    Path parent = asked.getParent();
    if (parent == null || !asked.isAbsolute() || !asked.equals(asked.normalize())) {
      return other();
    }
    Directory directory = directories.get(parent);
    if (directory == null) {
      directory = new Directory(super.real(parent.toString()), walk(parent.toString()));
      directories.put(parent, directory);
    }
    if (directory.walked.links().size() >= MOST_LINKS) {
      return other();
    }
    Optional<Directory> holding = Optional.of(directory);
    String name = asked.getFileName().toString();
    try {
      return Files.readAttributes(asked, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .isSymbolicLink()
          ? other()
          : new Seen(holding, name, true);
    } catch (IOException e) {
      return new Seen(holding, name, false);
    }
  }

  private static Seen other() {
    return new Seen(Optional.empty(), "", false);
  }
}
