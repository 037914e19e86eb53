package org.ringfence.policy.path;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The path syntax of a family of systems. Works on text alone, so that a policy for one system
 * compiles on another.
 */
public enum PathStyle {
  /** {@code /a/b}; case matters. */
  POSIX,
  /** {@code C:\a\b} or {@code C:/a/b}; case does not matter. */
  WINDOWS;

  /**
   * Returns the style of the system that this JVM runs on.
   *
   * @return the style
   */
  public static PathStyle current() {
    return java.io.File.separatorChar == '\\' ? WINDOWS : POSIX;
  }

  /**
   * Returns whether a path is absolute.
   *
   * @param path the path
   * @return true if it is
   */
  public boolean isAbsolute(String path) {
    if (this == POSIX) {
      return path.startsWith("/");
    }
    return path.startsWith("\\\\")
        || (path.length() >= 3
            && Character.isLetter(path.charAt(0))
            && path.charAt(1) == ':'
            && isSeparator(path.charAt(2)));
  }

  /**
   * Returns whether a path is at or below another one. Both are normalized.
   *
   * @param path the path
   * @param ancestor the other path
   * @return true if it is or does
   */
  public boolean isAtOrBelow(String path, String ancestor) {
    return path.startsWith(ancestor)
        && (path.length() == ancestor.length()
            || ancestor.endsWith("/")
            || isSeparator(path.charAt(ancestor.length())));
  }

  /**
   * Finds the last separator of a path.
   *
   * @param path the path
   * @param from the last index to look at
   * @return its index, or -1
   */
  public int lastSeparator(String path, int from) {
    int slash = path.lastIndexOf('/', from);
    return this == WINDOWS ? Math.max(slash, path.lastIndexOf('\\', from)) : slash;
  }

  private boolean isSeparator(char c) {
    return c == '/' || (this == WINDOWS && c == '\\');
  }

  /**
   * Splits a path into its components; {@code .} and empty components are left out, {@code ..}
   * removes the component before it.
   *
   * @param path an absolute path
   * @return the components, the drive first on Windows
   */
  public List<String> components(String path) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    int length = path.length();
    for (int i = 0; i <= length; i++) {
      if (i == length || isSeparator(path.charAt(i))) {
        if (i > start) {
          String part = path.substring(start, i);
          if (part.equals("..")) {
            if (!parts.isEmpty()) {
              parts.remove(parts.size() - 1);
            }
          } else if (!part.equals(".")) {
            parts.add(part);
          }
        }
        start = i + 1;
      }
    }
    return parts;
  }

  /**
   * Returns the form of a component for comparison.
   *
   * @param component one component
   * @return the key
   */
  public String key(String component) {
    return this == POSIX ? component : component.toUpperCase(Locale.ROOT);
  }

  /** Returns whether a path lies at or below another, both as components. */
  public boolean startsWith(List<String> path, List<String> above) {
    if (above.size() > path.size()) {
      return false;
    }
    for (int i = above.size() - 1; i >= 0; i--) {
      if (!key(above.get(i)).equals(key(path.get(i)))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Joins components to a path.
   *
   * @param components the components
   * @return the path
   */
  public String join(List<String> components) {
    if (this == POSIX) {
      return "/" + String.join("/", components);
    }
    String path = String.join("\\", components);
    return components.size() == 1 ? path + "\\" : path;
  }
}
