package org.ringfence.policy.path;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.value.InvalidPolicyException;

/** Looks paths up on this machine. */
class HostLookup implements PathLookup {
  private static final Path SELF = Path.of("/proc/self");
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  static final int MOST_LINKS = 40;

  /** A path with links resolved as far as possible, and the links that led there. */
  record Walked(Path path, Map<String, String> links) {}

  @Override
  public String real(String path) {
    Path asked;
    try {
      asked = Path.of(path);
      return asked.toRealPath().toString();
    } catch (InvalidPathException e) {
      throw new InvalidPolicyException("path", path, "a path without NUL", e);
    } catch (IOException e) {
      // Missing or not reachable here: the rest stays as written.
      return walk(path).path.toString();
    }
  }

  @Override
  public PathLookup forMany() {
    // Elsewhere the real name of an object may differ from its name in more than links.
    return SELF.toFile().exists() ? new DirectoryLookup() : this;
  }

  @Override
  public Map<String, String> linksOn(String path) {
    return walk(path).links;
  }

  @Override
  public boolean mayBeSocket(String path) {
    try {
      // The JDK knows files, directories and links; a socket is "other".
      return Files.readAttributes(
              Path.of(path), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isOther();
    } catch (IOException e) {
      // Missing or invisible.
      return true;
    }
  }

  /** Resolves one name after another; a missing one stays as written. */
  static Walked walk(String path) {
    Map<String, String> links = new LinkedHashMap<>();
    Path asked;
    try {
      asked = Path.of(path);
    } catch (InvalidPathException e) {
      return new Walked(Path.of(""), links);
    }
    Path walked = asked.getRoot();
    Deque<Path> rest = new ArrayDeque<>();
    asked.forEach(rest::add);
    while (!rest.isEmpty()) {
      Path next = walked.resolve(rest.remove()).normalize();
      boolean known = links.containsKey(next.toString()) || links.size() >= MOST_LINKS;
      Optional<Path> target = known ? Optional.empty() : target(next);
      if (target.isEmpty()) {
        walked = next;
        continue;
      }
      links.put(next.toString(), target.get().toString());
      walked = target.get().isAbsolute() ? target.get().getRoot() : walked;
      List<Path> names = new ArrayList<>();
      target.get().forEach(names::add);
      Collections.reverse(names);
      names.forEach(rest::addFirst);
    }
    return new Walked(walked, links);
  }

  /** Returns the target of a link; empty for any other object, and for an inaccessible one. */
  private static Optional<Path> target(Path path) {
    try {
      return Files.isSymbolicLink(path)
          ? Optional.of(Files.readSymbolicLink(path))
          : Optional.empty();
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  @Override
  public boolean replaceable(String path) {
    if (!SELF.toFile().exists()) {
      return true;
    }
    try {
      Object own = Files.getAttribute(SELF, "unix:uid");
      Path parent = Path.of(path).getParent();
      while (parent != null && !Files.exists(parent, LinkOption.NOFOLLOW_LINKS)) {
        parent = parent.getParent();
      }
      for (Path above = parent; above != null; above = above.getParent()) {
        if (Files.isWritable(above) || Files.getAttribute(above, "unix:uid").equals(own)) {
          return true;
        }
      }
      return false;
    } catch (IOException | InvalidPathException | UnsupportedOperationException e) {
      return true;
    }
  }

  /** Asks access(2); on Windows, where that says little of a directory, nothing is known. */
  @Override
  public boolean mayWrite(String path, boolean name) {
    if (PathStyle.current() != PathStyle.POSIX) {
      return true;
    }
    try {
      Path asked = Path.of(path);
      if (!name && Files.exists(asked)) {
        return Files.isWritable(asked);
      }
      Path above = asked.getParent();
      while (above != null && !Files.exists(above)) {
        above = above.getParent();
      }
      return above == null || Files.isWritable(above);
    } catch (InvalidPathException e) {
      return true;
    }
  }

  @Override
  public Map<String, List<String>> otherNames(Collection<String> paths) {
    if (!MOUNTS.toFile().exists()) {
      return Map.of();
    }
    Map<String, List<String>> all = new LinkedHashMap<>();
    try {
      MountTable table = new MountTable(Files.readString(MOUNTS));
      for (String path : paths) {
        Set<String> names = table.otherNames(path);
        if (!names.isEmpty()) {
          all.put(path, List.copyOf(names));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  @Override
  public LooseMounts looseMounts() {
    if (!MOUNTS.toFile().exists()) {
      return LooseMounts.NONE;
    }
    try {
      return LooseMounts.of(new String(Files.readAllBytes(MOUNTS), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Set<String> foldingDirectories(Collection<String> paths) {
    if (!MOUNTS.toFile().exists()) {
      return Set.of();
    }
    try {
      Set<String> automounts =
          MountTable.pointsOf(
              "autofs", new String(Files.readAllBytes(MOUNTS), StandardCharsets.UTF_8));
      // There each invented name would be asked of a server.
      return new FoldingDirectories(directory -> automounts.contains(directory.toString()))
          .on(paths);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean exists(String path) {
    return Files.exists(Path.of(path), LinkOption.NOFOLLOW_LINKS);
  }
}
