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
