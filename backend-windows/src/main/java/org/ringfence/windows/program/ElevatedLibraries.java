package org.ringfence.windows.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The directory into which an elevated process unpacks its library of calls. Usually that is the
 * user's directory for temporary files, where another program of the user could replace it before
 * it is loaded.
 */
final class ElevatedLibraries {
  private static final String PREFIX = "ringfence-elevated-";

  private ElevatedLibraries() {}

  /**
   * Makes a directory in one that only administrators write, and removes those of earlier
   * processes: a library that is in use cannot be removed.
   *
   * @param programs {@code %ProgramFiles%}
   * @return the directory
   * @throws IOException if it cannot be made
   */
  static Path make(Path programs) throws IOException {
    try (Stream<Path> earlier = Files.list(programs)) {
      for (Path directory : earlier.filter(ElevatedLibraries::isOurs).toList()) {
        remove(directory);
      }
    }
    return Files.createTempDirectory(programs, PREFIX);
  }

  private static boolean isOurs(Path path) {
    return path.getFileName().toString().startsWith(PREFIX);
  }

  private static void remove(Path directory) {
    try (Stream<Path> libraries = Files.list(directory)) {
      for (Path library : libraries.toList()) {
        Files.delete(library);
      }
      Files.delete(directory);
    } catch (IOException e) {
      // Another elevated process uses it.
      return;
    }
  }
}
