package org.ringfence.policy.path;

import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;

/** Paths that stay as they are, with all below them, except for one directory. Immutable. */
public final class KeptPaths {
  private final PathStyle style;
  private final Set<String> keys;
  private final String open;

  /**
   * Keeps paths.
   *
   * @param style the path syntax
   * @param paths real paths
   * @param open a directory that no path above it keeps; empty for none
   */
  public KeptPaths(PathStyle style, Collection<String> paths, String open) {
    this.style = style;
    this.keys =
        paths.stream()
            .map(path -> path.replaceFirst("[/\\\\]$", ""))
            .collect(Collectors.toUnmodifiableSet());
    this.open = open;
  }

  /**
   * Returns the kept path that a path lies at or below.
   *
   * @param path an absolute path
   * @return the kept path, or null
   */
  public String over(String path) {
    int end = keys.isEmpty() ? 0 : path.length();
    while (end > 0) {
      String above = path.substring(0, end);
      if (keys.contains(above) && !isOpen(path, above)) {
        return above;
      }
      end = style.lastSeparator(path, end - 1);
    }
    return keys.contains("") ? "/" : null;
  }

  private boolean isOpen(String path, String kept) {
    return !open.isEmpty() && style.isAtOrBelow(path, open) && style.isAtOrBelow(open, kept);
  }
}
