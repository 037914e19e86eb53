package org.ringfence.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Programs that this JVM itself runs, outside any sandbox. They come from system directories that
 * only root writes, and never from PATH: an earlier command may have written a directory of it. For
 * systems with POSIX files.
 */
public final class SystemProgram {
  private static final List<String> DIRECTORIES =
      List.of("/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin");

  /** The owner, in a user namespace, of files whose owner is outside it: user_namespaces(7). */
  private static final int OVERFLOW_USER = 65534;

  private static final int GROUP_OR_OTHERS_WRITE = 022;

  private SystemProgram() {}

  /**
   * Finds a program.
   *
   * @param name its name
   * @return its real path; empty when no system directory has one that only root can change
   */
  public static Optional<Path> find(String name) {
    for (String directory : DIRECTORIES) {
      Path program = Path.of(directory, name);
      try {
        if (Files.isExecutable(program)) {
          Path real = program.toRealPath();
          if (rootAloneWrites(real)) {
            return Optional.of(real);
          }
        }
      } catch (IOException e) {
        // It is gone by now; the next directory may have another.
        continue;
      }
    }
    return Optional.empty();
  }

  /**
   * Finds a required program.
   *
   * @param name its name
   * @return its real path
   * @throws IOException if it is missing
   */
  public static String path(String name) throws IOException {
    return find(name)
        .orElseThrow(
            () ->
                new IOException(
                    name
                        + ": no such program in a directory that root alone writes: "
                        + String.join(", ", DIRECTORIES)))
        .toString();
  }

  /**
   * Returns whether only root can change or replace a file.
   *
   * @param real a real path
   * @return true if root owns the file and all directories above it, and no other user may write
   *     there
   * @throws IOException if the status of one cannot be read
   */
  public static boolean rootAloneWrites(Path real) throws IOException {
    for (Path part = real; part != null && part.getNameCount() > 0; part = part.getParent()) {
      Map<String, Object> found =
          Files.readAttributes(part, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
      if (((Integer) found.get("mode") & GROUP_OR_OTHERS_WRITE) != 0
          || !isRoot((Integer) found.get("uid"))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isRoot(int owner) throws IOException {
    return owner == 0
        || owner == OVERFLOW_USER
            && !Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(OVERFLOW_USER);
  }
}
