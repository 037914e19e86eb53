package org.ringfence.policy.path;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Mounts whose file systems find an object by other names than its own: in other letter case, or by
 * the short names of Windows. Drives of Windows in WSL2 are such mounts. A directory of a Linux
 * file system that ignores case by an attribute of its own (chattr(1), {@code F}) is in no table of
 * mounts, and so not here. Immutable.
 *
 * @param mounts the mounts, and those in them that compare names exactly
 */
public record LooseMounts(List<Mount> mounts) {
  /** No such mount. */
  public static final LooseMounts NONE = new LooseMounts(List.of());

  /** File systems of Windows, of DOS, of macOS, and those that show a directory of such a host. */
  private static final Set<String> ANY_CASE =
      Set.of(
          "9p",
          "drvfs",
          "virtiofs",
          "vfat",
          "msdos",
          "exfat",
          "ntfs",
          "ntfs3",
          "cifs",
          "smb3",
          "hfsplus",
          "vboxsf",
          "prl_fs",
          "fakeowner",
          "fuseblk",
          "fuse.ntfs-3g",
          "fuse.exfat",
          "fuse.vmhgfs-fuse",
          "fuse.grpcfuse",
          "fuse.sshfs");

  /**
   * A mount.
   *
   * @param point its place
   * @param anyCase whether it finds names in any letter case
   * @param shortNames whether it finds names by the short names of Windows, such as {@code GIT~1}
   */
  public record Mount(String point, boolean anyCase, boolean shortNames) {}

  /** Copies the list. */
  public LooseMounts {
    mounts = List.copyOf(mounts);
  }

  /**
   * Finds the mounts.
   *
   * @param mountinfo the content of {@code /proc/self/mountinfo}
   * @return the mounts, and those below them
   */
  public static LooseMounts of(String mountinfo) {
    List<Mount> found = new ArrayList<>();
    for (String line : mountinfo.split("[\\n\\t]")) {
      String[] fields = line.split(" ");
      int behind = List.of(fields).indexOf("-");
      if (behind < 5 || fields.length < behind + 4 || fields[4].equals("/")) {
        // A root of such a type would make the system itself hard to describe; none is known.
        continue;
      }
      String type = fields[behind + 1];
      boolean foreign = ANY_CASE.contains(type);
      boolean folded =
          type.equals("tmpfs") && List.of(fields[behind + 3].split("[,=]")).contains("casefold");
      String point = MountTable.plain(fields[4]);
      if (foreign || folded || found.stream().anyMatch(above -> lies(point, above.point))) {
        // A later mount at the same place covers the earlier one.
        found.removeIf(earlier -> earlier.point.equals(point));
        found.add(new Mount(point, foreign || folded, foreign && !type.equals("exfat")));
      }
    }
    return found.stream().anyMatch(Mount::anyCase) ? new LooseMounts(found) : NONE;
  }

  private static boolean lies(String path, String directory) {
    return path.equals(directory) || path.startsWith(directory + "/");
  }

  /**
   * Returns the mount that decides how a path's last name is found.
   *
   * @param path an absolute path
   * @return the mount; null where names are compared exactly
   */
  Mount holding(String path) {
    Mount best = null;
    for (Mount mount : mounts) {
      if (path.startsWith(mount.point + "/")
          && (best == null || mount.point.length() > best.point.length())) {
        best = mount;
      }
    }
    return best == null || !best.anyCase ? null : best;
  }
}
