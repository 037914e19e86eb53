package org.ringfence.policy.path;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The mounts in {@code /proc/self/mountinfo} (proc_pid_mountinfo(5)). Finds the other paths by
 * which bind mounts show a file or directory.
 */
final class MountTable {
  /** A mount: the file system's device, its mounted directory, and the mount point. */
  private record Mount(String device, String root, String point) {}

  /** The directory of the system's programs (hier(7)). */
  private static final String PROGRAMS = "/usr";

  private final List<Mount> mounts = new ArrayList<>();

  MountTable(String mountinfo) {
    for (String line : mountinfo.split("\n")) {
      String[] fields = line.split(" ");
      if (fields.length > 5) {
        mounts.add(new Mount(fields[2], plain(fields[3]), plain(fields[4])));
      }
    }
  }

  /** Returns the places of mounts of a type. */
  static Set<String> pointsOf(String type, String mountinfo) {
    Set<String> points = new LinkedHashSet<>();
    for (String line : mountinfo.split("\n")) {
      List<String> fields = List.of(line.split(" "));
      int behind = fields.indexOf("-");
      if (behind > 4 && fields.size() > behind + 1 && fields.get(behind + 1).equals(type)) {
        points.add(plain(fields.get(4)));
      }
    }
    return points;
  }

  /** Decodes space, tab, line end and backslash from octal. */
  static String plain(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }

  /**
   * Returns other paths that show a path's object, a part of it, or a mount below it. A mount below
   * it that shows the system itself, such as a drive that is the root, adds none: otherwise the
   * denial of a place would deny every program.
   *
   * @param path a real path, which need not exist
   * @return paths not at or below that one
   */
  Set<String> otherNames(String path) {
    Set<String> names = new LinkedHashSet<>();
    addNames(path, names);
    for (Mount mount : mounts) {
      if (PathStyle.POSIX.isAtOrBelow(mount.point, path)
          && holds(mount, mount.point)
          && !showsSystem(mount)) {
        addNames(mount.point, names);
      }
    }
    names.removeIf(
        name ->
            PathStyle.POSIX.isAtOrBelow(name, path)
                // A path that contains the denied path itself would deny too much, such as the root
                // where it is mounted below a denied directory.
                || PathStyle.POSIX.isAtOrBelow(path, name));
    return names;
  }

  private void addNames(String path, Set<String> names) {
    Mount at = holding(path);
    if (at == null) {
      return;
    }
    String inside = joined(at.root, path, at.point);
    for (Mount other : mounts) {
      if (other == at || !other.device.equals(at.device)) {
        continue;
      }
      String name =
          PathStyle.POSIX.isAtOrBelow(inside, other.root)
              ? joined(other.point, inside, other.root)
              : PathStyle.POSIX.isAtOrBelow(other.root, inside) ? other.point : null;
      if (name != null && holds(other, name)) {
        names.add(name);
      }
    }
  }

  private boolean showsSystem(Mount mount) {
    Mount at = holding(PROGRAMS);
    return at != null
        && mount.device.equals(at.device)
        && PathStyle.POSIX.isAtOrBelow(joined(at.root, PROGRAMS, at.point), mount.root);
  }

  private boolean holds(Mount mount, String path) {
    return mount == holding(path);
  }

  /** Returns the mount of a path: the deepest, and of several at one place the latest. */
  private Mount holding(String path) {
    Mount best = null;
    for (Mount mount : mounts) {
      if (PathStyle.POSIX.isAtOrBelow(path, mount.point)
          && (best == null || mount.point.length() >= best.point.length())) {
        best = mount;
      }
    }
    return best;
  }

  /** Returns a path below one directory as a path below another. */
  private static String joined(String onto, String path, String above) {
    String rest = path.substring(above.equals("/") ? 0 : above.length());
    return onto.equals("/") ? (rest.isEmpty() ? "/" : rest) : rest.equals("/") ? onto : onto + rest;
  }
}
