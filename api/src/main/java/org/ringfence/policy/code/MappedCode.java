package org.ringfence.policy.code;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Files that this process executes as native code, on Linux: libraries that Java code has unpacked
 * and loaded, those of agents and of {@code LD_PRELOAD}. A process executes what another one writes
 * into such a file.
 */
final class MappedCode {
  private static final Path MAPS = Path.of("/proc/self/maps");
  private static final String DELETED = " (deleted)";

  private MappedCode() {}

  static void addTo(Set<Path> named) {
    if (!MAPS.toFile().exists()) {
      return;
    }
    try {
      // Bytes that are no UTF-8 stay unknown: a path of Java does not hold them either.
      addTo(new String(Files.readAllBytes(MAPS), StandardCharsets.UTF_8), named);
    } catch (IOException e) {
      // Another system's /proc, or one that is hidden: the other ways name most libraries.
      return;
    }
  }

  /** Adds the files of executable mappings, as proc(5) lists them. */
  static void addTo(String maps, Set<Path> named) {
    for (String line : maps.split("\n")) {
      int name = line.indexOf('/');
      // address perms offset dev inode path
      int permissions = line.indexOf(' ') + 1;
      if (name > 0
          && line.startsWith("x", permissions + 2)
          && !line.endsWith(DELETED)
          && !line.startsWith("/memfd:", name)) {
        // The kernel writes a line feed in a name as \012.
        CodeLocations.add(line.substring(name).replace("\\012", "\n"), named);
      }
    }
  }
}
