package org.ringfence.linux.path;

/** Tells names of entries from paths. A name is that of an entry only below its own directory. */
final class PlainName {
  private PlainName() {}

  /**
   * Returns whether a path is the name of an entry: one part, and none of the special ones.
   *
   * @param path the path, as bytes
   */
  static boolean is(byte[] path) {
    for (byte each : path) {
      if (each == '/') {
        return false;
      }
    }
    return !isSpecial(path);
  }

  /**
   * Returns whether a path names the directory that it begins at: {@code .}, {@code ./} and the
   * like.
   *
   * @param path the path, as bytes
   */
  static boolean isHere(byte[] path) {
    for (int i = 0; i < path.length; i++) {
      boolean partEnds = i == 0 || path[i - 1] == '/';
      if (path[i] != '/' && !(path[i] == '.' && partEnds)) {
        return false;
      }
    }
    return path.length > 0 && path[0] == '.';
  }

  /**
   * Returns whether no part of a path leads up. Such a path stays below the directory that it
   * begins at, but for links.
   *
   * @param path the path, as bytes
   */
  static boolean leadsDown(byte[] path) {
    int start = 0;
    for (int i = 0; i <= path.length; i++) {
      if (i == path.length || path[i] == '/') {
        if (i - start == 2 && path[start] == '.' && path[start + 1] == '.') {
          return false;
        }
        start = i + 1;
      }
    }
    return true;
  }

  /**
   * Returns whether a part of a path names no entry: empty, {@code .} or {@code ..}.
   *
   * @param name the part, without slashes
   */
  static boolean isSpecial(byte[] name) {
    return name.length == 0
        || name[0] == '.' && (name.length == 1 || name.length == 2 && name[1] == '.');
  }

  /**
   * Returns where the last part of a path begins.
   *
   * @param path the path, as bytes
   * @param end where it ends
   */
  static int start(byte[] path, int end) {
    int start = end;
    while (start > 0 && path[start - 1] != '/') {
      start--;
    }
    return start;
  }
}
