package org.ringfence.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** The directory in which commands start, which must have a name that a policy can hold. */
public final class StartDirectory {
  // linux/limits.h: PATH_MAX counts the final NUL.
  private static final int MOST_BYTES = 4095;
  private static final char UNDECODABLE = '\uFFFD';
  private static final Path CURRENT = Path.of("/proc/self/cwd");

  private StartDirectory() {}

  /**
   * Why a directory cannot be used.
   *
   * @param shown its path, with bytes that are not UTF-8 as {@code \xHH}
   * @param remedy what to use in its place
   */
  public record Problem(String shown, String remedy) {}

  /**
   * Checks a directory. A JVM replaces bytes that it cannot decode, so that the path would lead
   * elsewhere.
   *
   * @param directory the directory
   * @return why it cannot be used; empty if it can
   */
  public static Optional<Problem> problem(Path directory) {
    String text = directory.toString();
    Path real = stored(directory);
    if (!isText(real)) {
      String shown = shown(real);
      return Optional.of(
          new Problem(
              shown,
              "a directory whose path is UTF-8; rename each part of this one that has bytes shown"
                  + " as \\x.. here"));
    }
    if (Files.isDirectory(directory)) {
      return Optional.empty();
    }
    return Optional.of(
        new Problem(
            text,
            text.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES
                ? "a directory with a path of at most " + MOST_BYTES + " bytes"
                : "a directory that exists"));
  }

  /** Returns the path with the bytes that the system has, where this JVM has lost some. */
  private static Path stored(Path directory) {
    String text = directory.toString();
    if (text.indexOf(UNDECODABLE) < 0 || !text.equals(System.getProperty("user.dir"))) {
      return directory;
    }
    try {
      return Files.readSymbolicLink(CURRENT);
    } catch (IOException e) {
      return directory;
    }
  }

  private static boolean isText(Path path) {
    try {
      return path.getFileSystem().getPath(path.toString()).equals(path);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** The URI of a path has its bytes. */
  private static String shown(Path path) {
    String uri = path.toAbsolutePath().toUri().getRawPath();
    if (uri.length() > 1 && uri.endsWith("/")) {
      uri = uri.substring(0, uri.length() - 1);
    }
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < uri.length(); i++) {
      char each = uri.charAt(i);
      if (each == '%') {
        int value = Integer.parseInt(uri.substring(i + 1, i + 3), 16);
        i += 2;
        shown.append(
            value >= ' ' && value < 0x7f
                ? String.valueOf((char) value)
                : String.format(Locale.ROOT, "\\x%02x", value));
      } else {
        shown.append(each);
      }
    }
    return shown.toString();
  }
}
