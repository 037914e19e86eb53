package org.ringfence.policy.effective;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;

/**
 * The locations of code that this JVM runs outside any sandbox: the installation, the class path,
 * the module path, Java, and what the class loaders of Ringfence and of the calling thread read. A
 * command cannot write there unless the policy grants writing everywhere.
 */
final class OwnCode {
  private static final String INSTALLATION = "ringfence.installation";

  private OwnCode() {}

  /** Returns those that a rule makes writable, in whole or in part; links resolved. */
  static List<String> withinReach(
      SandboxPolicy policy, PathContext places, List<EffectiveRule> placed) {
    if (places.style() != PathStyle.POSIX
        || places.lookup() != PathLookup.HOST
        || policy.fileDefault() == FileDefault.WRITE
        || placed.stream().noneMatch(rule -> rule.access() == Access.WRITE)) {
      return List.of();
    }
    return all().stream()
        .map(Path::toString)
        .filter(
            path ->
                placed.stream()
                    .anyMatch(
                        rule ->
                            rule.access() == Access.WRITE
                                && (PathStyle.POSIX.isAtOrBelow(path, rule.path())
                                    || PathStyle.POSIX.isAtOrBelow(rule.path(), path))))
        .toList();
  }

  private static Set<Path> all() {
    Set<String> named = new LinkedHashSet<>();
    split(INSTALLATION, named);
    named.add(System.getProperty("java.home"));
    split("jna.boot.library.path", named);
    split("java.class.path", named);
    split("jdk.module.path", named);
    LoaderLocations.addListed(named);
    if (System.getProperty(INSTALLATION) == null) {
      // The launcher of an installation lists every archive, and opening them takes time.
      LoaderLocations.addSearched(named);
    }
    Set<Path> found = new LinkedHashSet<>();
    // Jars lie in few directories, so that few link searches are needed.
    Map<Path, Optional<Path>> directories = new LinkedHashMap<>();
    for (String name : named) {
      try {
        Path path = Path.of(name).toAbsolutePath().normalize();
        if (path.getParent() == null || found.stream().anyMatch(path::startsWith)) {
          continue;
        }
        Path real =
            directories
                .computeIfAbsent(path.getParent(), OwnCode::real)
                .map(directory -> directory.resolve(path.getFileName()))
                .orElse(path);
        found.add(real);
        if (Files.isSymbolicLink(real)) {
          real(real).ifPresent(found::add);
        }
      } catch (InvalidPathException e) {
        // A JVM ignores such an entry, too.
        continue;
      }
    }
    return found;
  }

  private static void split(String property, Set<String> named) {
    for (String part : System.getProperty(property, "").split(File.pathSeparator)) {
      if (!part.isEmpty()) {
        named.add(part);
      }
    }
  }

  private static Optional<Path> real(Path path) {
    try {
      return Optional.of(path.toRealPath());
    } catch (IOException e) {
      // A missing path may still be created: the existing part of the way counts.
      Path parent = path.getParent();
      return parent == null
          ? Optional.empty()
          : real(parent).map(above -> above.resolve(path.getFileName()));
    }
  }
}
