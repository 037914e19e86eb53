package org.ringfence.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Programs that this JVM itself runs, outside any sandbox. They come from directories of the system
 * that root alone writes, and never from PATH: an earlier command may have written a directory of
 * it. For systems with POSIX files.
 */
public final class SystemProgram {
  private static final List<String> DIRECTORIES =
      List.of("/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin");

  /** Owns, in a user namespace, what belongs to a user outside it: user_namespaces(7). */
  private static final int OVERFLOW_USER = 65534;

  private static final int GROUP_OR_OTHERS_WRITE = 022;

  private SystemProgram() {}

  /**
   * Finds a program.
   *
   * @param name its name
   * @return its real path; empty when no directory of the system has one that root alone can change
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
        // It is gone by now; the next directory may have one.
        continue;
      }
    }
    return Optional.empty();
  }

  /**
   * Finds a program that has to be there.
   *
   * @param name its name
   * @return its real path
   * @throws IOException if there is none
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
   * Whether root alone can change a file or put another one in its place.
   *
   * @param real a real path
   * @return true if the file and all directories above it are root's, and no other may write there
   * @throws IOException if one of them cannot be looked at
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
