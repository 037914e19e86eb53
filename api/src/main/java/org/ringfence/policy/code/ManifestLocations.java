package org.ringfence.policy.code;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * What the manifests of archives name: {@code Class-Path}, and {@code Boot-Class-Path} of agents. A
 * named file may be missing, have no manifest of its own, or name others in turn.
 */
final class ManifestLocations {
  private static final List<Attributes.Name> ATTRIBUTES =
      List.of(Attributes.Name.CLASS_PATH, new Attributes.Name("Boot-Class-Path"));

  private ManifestLocations() {}

  /**
   * Adds what the archives of a set name, and what the archives found so name.
   *
   * @param read archives of which this is known
   */
  static void addNamed(Set<Path> named, Set<Path> read) {
    Deque<Path> open = new ArrayDeque<>(named);
    Set<Path> done = new HashSet<>(read);
    while (!open.isEmpty()) {
      Path archive = open.remove();
      if (done.add(archive) && Files.isRegularFile(archive)) {
        for (Path each : namedBy(archive)) {
          if (named.add(each)) {
            open.add(each);
          }
        }
      }
    }
  }

  private static List<Path> namedBy(Path archive) {
    List<Path> found = new ArrayList<>();
    for (String names : attributes(archive)) {
      for (String name : names.trim().split("\\s+")) {
        FileUrls.relative(archive, name).ifPresent(found::add);
        // A JVM resolves the links of its class path first, and other loaders do not.
        real(archive).flatMap(real -> FileUrls.relative(real, name)).ifPresent(found::add);
      }
    }
    return found;
  }

  private static Optional<Path> real(Path archive) {
    try {
      return Optional.of(archive.toRealPath());
    } catch (IOException e) {
      // It has just gone.
      return Optional.empty();
    }
  }

  private static List<String> attributes(Path archive) {
    List<String> found = new ArrayList<>();
    // Other files are among the locations: libraries, files of options.
    try (JarFile jar = new JarFile(archive.toFile(), false)) {
      Manifest manifest = jar.getManifest();
      if (manifest != null) {
        for (Attributes.Name name : ATTRIBUTES) {
          Object value = manifest.getMainAttributes().get(name);
          if (value != null && !value.toString().isBlank()) {
            found.add(value.toString());
          }
        }
      }
    } catch (IOException | SecurityException | IllegalArgumentException e) {
      // No archive, or one that a class loader cannot read either.
      return List.of();
    }
    return found;
  }
}
