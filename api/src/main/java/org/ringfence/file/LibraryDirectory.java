package org.ringfence.file;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ringfence.policy.path.HomeDirectory;

/**
 * The directory where JNA unpacks the library that it loads into this JVM. JNA's default is a cache
 * below home, which policies for build tools make writable; this is a directory of mode 0700 in
 * Ringfence's state, which no policy makes writable. Without a home it is a new one in the
 * temporary directory, removed once the library is loaded.
 */
public final class LibraryDirectory implements AutoCloseable {
  private static final String PROPERTY = "jna.tmpdir";
  private static final String SEARCHED = "jna.platform.library.path";
  private static final String UNPACKED = "jna.boot.library.path";
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Optional<Path> passing;

  private LibraryDirectory(Optional<Path> passing) {
    this.passing = passing;
  }

  /**
   * Prepares a directory before the first use of JNA, and makes JNA use it.
   *
   * @return the directory; the caller closes it when JNA has loaded its library
   */
  public static LibraryDirectory open() {
    if (System.getProperty("os.name").equals("Linux") && System.getProperty(SEARCHED) == null) {
      System.setProperty(SEARCHED, systemDirectories(System.getProperty("os.arch")));
    }
    if (System.getProperty(PROPERTY) != null) {
      return new LibraryDirectory(Optional.empty());
    }
    String usual = System.getProperty("java.io.tmpdir");
    if (isUnpacked() && Files.isWritable(Path.of(usual))) {
      // JNA writes nothing, but by default it would create its cache all the same.
      System.setProperty(PROPERTY, usual);
      return new LibraryDirectory(Optional.empty());
    }
    Optional<Path> kept = HomeDirectory.current().state().flatMap(LibraryDirectory::below);
    Optional<Path> passing = kept.isPresent() ? Optional.empty() : made();
    kept.or(() -> passing).ifPresent(path -> System.setProperty(PROPERTY, path.toString()));
    return new LibraryDirectory(passing);
  }

  /**
   * Returns the directories in which the system keeps libraries. Without them JNA asks ldconfig, a
   * program that it starts with this JVM's variables and in its directory, and by {@code
   * ProcessBuilder}, which closes descriptors of others when Java 17 has none left.
   */
  static String systemDirectories(String arch) {
    String multiarch = (arch.equals("amd64") ? "x86_64" : arch) + "-linux-gnu";
    return Stream.of("/usr/lib/" + multiarch, "/lib/" + multiarch, "/usr/lib64", "/lib64")
        .filter(place -> Files.isDirectory(Path.of(place)))
        .collect(Collectors.joining(":", "", ":/usr/lib:/lib"));
  }

  private static boolean isUnpacked() {
    String place = System.getProperty(UNPACKED);
    return place != null
        && Files.isRegularFile(Path.of(place, System.mapLibraryName("jnidispatch")));
  }

  /**
   * Returns the directory; empty if it cannot be created or written, which inside another sandbox
   * only a trial shows.
   */
  private static Optional<Path> below(Path state) {
    try {
      Files.createDirectories(state, OWNER_ONLY);
      Path own = directory(state.resolve("ringfence"));
      Path place = directory(own.resolve("native"));
      Files.delete(Files.createTempFile(place, "try", null));
      return Optional.of(place);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Path directory(Path path) throws IOException {
    try {
      return Files.createDirectory(path, OWNER_ONLY);
    } catch (FileAlreadyExistsException e) {
      boolean own =
          Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)
              .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
      Set<PosixFilePermission> mode =
          Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
              ? Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS)
              : Set.of();
      if (!own
          || mode.isEmpty()
          || mode.contains(PosixFilePermission.GROUP_WRITE)
          || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
        throw e;
      }
      return path;
    }
  }

  private static Optional<Path> made() {
    List<String> places = new ArrayList<>(List.of(System.getProperty("java.io.tmpdir")));
    String named = System.getenv("TMPDIR");
    if (named != null && named.startsWith("/")) {
      // A JVM ignores it; inside another sandbox it may be the only writable place.
      places.add(named);
    }
    for (String place : places) {
      try {
        return Optional.of(Files.createTempDirectory(Path.of(place), "ringfence-", OWNER_ONLY));
      } catch (IOException e) {
        continue;
      }
    }
    return Optional.empty();
  }

  /** Removes a single-use directory. */
  @Override
  public void close() {
    passing.ifPresent(
        path -> {
          System.clearProperty(PROPERTY);
          if (!path.toFile().delete()) {
            path.toFile().deleteOnExit();
          }
        });
  }
}
