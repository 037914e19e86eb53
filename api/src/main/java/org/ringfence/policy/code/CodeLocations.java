package org.ringfence.policy.code;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The locations from which this JVM takes code outside any sandbox, now or at its next start: the
 * installation, Java, the class path and the module path, libraries, agents, what class loaders
 * read, and what manifests name.
 */
public final class CodeLocations {
  private static final String INSTALLATION = "ringfence.installation";

  private CodeLocations() {}

  /** What does not change while a JVM runs; reading all manifests takes milliseconds. */
  private static final class AtStart {
    static final Set<Path> NAMED = named();

    private static Set<Path> named() {
      Set<Path> named = new LinkedHashSet<>();
      addClassPath(named);
      JvmArguments.addTo(named);
      ManifestLocations.addNamed(named, Set.of());
      return Collections.unmodifiableSet(named);
    }
  }

  /**
   * Looks for the locations.
   *
   * @return absolute paths as they are named, with links and {@code ..}; they need not exist
   * @throws InvalidPolicyException if this runtime does not tell its JVM's arguments
   */
  public static Set<Path> named() {
    Set<Path> named = new LinkedHashSet<>();
    addList(property(INSTALLATION), named);
    add(property("java.home"), named);
    addList(property("jna.boot.library.path"), named);
    if (System.getProperty(INSTALLATION) != null) {
      // The launcher of an installation lists every archive and passes no other option, and
      // looking costs a start its time.
      addClassPath(named);
      LoaderLocations.addListed(named);
      return named;
    }
    JvmArguments.requireThem();
    named.addAll(AtStart.NAMED);
    LoaderLocations.addListed(named);
    LoaderLocations.addSearched(named);
    ManifestLocations.addNamed(named, AtStart.NAMED);
    // These are no archives, which a search for a manifest would read in vain.
    addList(property("jna.library.path"), named);
    addList(property("sun.boot.library.path"), named);
    String libraries = libraries(property("os.name"), property("java.library.path"));
    if (!libraries.isEmpty()) {
      addAll(libraries, named);
    }
    MappedCode.addTo(named);
    return named;
  }

  /**
   * Returns the directories of libraries that a user or the system has chosen. HotSpot for macOS
   * (os_bsd.cpp) adds the working directory to each list: protecting that would leave no workspace
   * to write in.
   */
  static String libraries(String system, String path) {
    return system.startsWith("Mac") && path.endsWith(":.")
        ? path.substring(0, path.length() - ":.".length())
        : path;
  }

  private static String property(String name) {
    return System.getProperty(name, "");
  }

  private static void addClassPath(Set<Path> named) {
    String path = property("java.class.path");
    if (!path.isEmpty()) {
      addAll(path, named);
    } else if (System.getProperty("jdk.module.main") == null) {
      // Without either, the JVM looks in its working directory.
      add(".", named);
    }
    for (String modules : List.of("jdk.module.path", "jdk.module.upgrade.path")) {
      if (System.getProperty(modules) != null) {
        addAll(property(modules), named);
      }
    }
  }

  /** Adds the elements of a path, where an empty one is the working directory. */
  static void addAll(String path, Set<Path> named) {
    for (String element : path.split(File.pathSeparator, -1)) {
      add(element.isEmpty() ? "." : element, named);
    }
  }

  /** Adds the elements of a path, where an empty one means nothing. */
  static void addList(String path, Set<Path> named) {
    for (String element : path.split(File.pathSeparator)) {
      add(element, named);
    }
  }

  /** Adds a path unless it is empty. */
  static void add(String name, Set<Path> named) {
    if (!name.isEmpty()) {
      absolute(name).ifPresent(named::add);
    }
  }

  private static Optional<Path> absolute(String name) {
    try {
      return Optional.of(Path.of(name).toAbsolutePath());
    } catch (InvalidPathException e) {
      // A JVM ignores such an entry, too.
      return Optional.empty();
    }
  }
}
