package org.ringfence.policy.path;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Mounts whose file systems find an object by other names than its own: in other letter case, by
 * the short names of Windows, or by other spellings of a character. Drives of Windows in WSL2 are
 * such mounts. Each type that is not known to compare names exactly counts as one. Immutable.
 *
 * @param mounts the mounts, and those in them that compare names exactly
 * @param marks whether a file system may have directories that ignore letter case by an attribute
 *     of their own (chattr(1), {@code F}), or by a setting that is in no table of mounts
 */
public record LooseMounts(List<Mount> mounts, boolean marks) {
  /** No such mount. */
  public static final LooseMounts NONE = new LooseMounts(List.of(), false);

  /** File systems that compare names byte by byte, and those without names that a user gives. */
  private static final Set<String> EXACT =
      Set.of(
          "ext2",
          "ext3",
          "btrfs",
          "reiserfs",
          "nilfs2",
          "ubifs",
          "jffs2",
          "erofs",
          "squashfs",
          "cramfs",
          "romfs",
          "gfs2",
          "ocfs2",
          "minix",
          "ramfs",
          "rootfs",
          "proc",
          "sysfs",
          "devtmpfs",
          "devpts",
          "cgroup",
          "cgroup2",
          "securityfs",
          "debugfs",
          "tracefs",
          "pstore",
          "bpf",
          "mqueue",
          "hugetlbfs",
          "configfs",
          "fusectl",
          "autofs",
          "binfmt_misc",
          "nsfs",
          "selinuxfs",
          "rpc_pipefs",
          "nfsd",
          "resctrl",
          "efivarfs",
          "fuse.lxcfs",
          "fuse.snapfuse",
          "tmpfs");

  /**
   * Those whose directories may fold names by an attribute or a setting, which mounts do not show.
   */
  private static final Set<String> MARKED = Set.of("ext4", "f2fs", "bcachefs", "xfs", "jfs", "zfs");

  /** Those that fold names, without the short names of Windows. */
  private static final Set<String> WITHOUT_SHORT =
      Set.of("exfat", "hfs", "hfsplus", "apfs", "zfs", "tmpfs", "overlay");

  private static final Set<String> FOLDING_OPTIONS =
      Set.of("casefold", "caseinsensitive", "casemixed");
  private static final Set<String> LAYERS = Set.of("lowerdir", "lowerdir+", "upperdir");

  /** How a mount finds an object by a name. */
  public enum Names {
    /** By its own name alone. */
    EXACT,
    /** By any spelling with the same folded form. */
    FOLDED,
    /** Also by a short name of Windows, such as {@code GIT~1}. */
    SHORT,
    /** Also by a name that begins with the eight characters and the extension of three it keeps. */
    TRUNCATED
  }

  /**
   * A mount, or a directory that ignores letter case.
   *
   * @param point its place
   * @param names how it finds an object by a name
   */
  public record Mount(String point, Names names) {
    boolean loose() {
      return names != Names.EXACT;
    }

    boolean shortNames() {
      return names == Names.SHORT || names == Names.TRUNCATED;
    }

    String folded(String name) {
      return names == Names.TRUNCATED ? NameFolding.truncated(name) : NameFolding.folded(name);
    }
  }

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
    boolean marks = false;
    for (String line : mountinfo.split("[\\n\\t]")) {
      String[] fields = line.split(" ");
      int behind = List.of(fields).indexOf("-");
      if (behind < 5 || fields.length < behind + 4) {
        continue;
      }
      String type = fields[behind + 1];
      marks = marks || MARKED.contains(type);
      if (fields[4].equals("/")) {
        // A root of such a type would make the system itself hard to describe.
        continue;
      }
      Names names = names(type, fields[behind + 3], found);
      String point = MountTable.plain(fields[4]);
      boolean loose = names != Names.EXACT;
      if (loose || found.stream().anyMatch(above -> lies(point, above.point))) {
        // A later mount at the same place covers the earlier one.
        found.removeIf(earlier -> earlier.point.equals(point));
        found.add(new Mount(point, names));
      }
    }
    return new LooseMounts(found.stream().anyMatch(Mount::loose) ? found : List.of(), marks);
  }

  private static Names names(String type, String options, List<Mount> above) {
    boolean folding = false;
    for (String option : options.split(",")) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      folding = folding || FOLDING_OPTIONS.contains(name);
      if (type.equals("overlay") && LAYERS.contains(name)) {
        for (String layer : option.substring(equals + 1).split(":")) {
          folding = folding || holding(above, MountTable.plain(layer) + "/x") != null;
        }
      }
    }
    if (type.equals("msdos")) {
      return Names.TRUNCATED;
    } else if (type.equals("overlay") || EXACT.contains(type) || MARKED.contains(type)) {
      return folding ? Names.FOLDED : Names.EXACT;
    }
    return WITHOUT_SHORT.contains(type) ? Names.FOLDED : Names.SHORT;
  }

  /**
   * Adds directories that ignore letter case, with all below them.
   *
   * @param directories their real paths
   * @return these mounts and directories
   */
  LooseMounts with(Collection<String> directories) {
    List<Mount> all = new ArrayList<>(mounts);
    for (String directory : directories) {
      if (holding(directory + "/x") == null) {
        all.removeIf(mount -> mount.names == Names.EXACT && lies(mount.point, directory));
        all.add(new Mount(directory, Names.FOLDED));
      }
    }
    return new LooseMounts(all, marks);
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
    return holding(mounts, path);
  }

  private static Mount holding(List<Mount> mounts, String path) {
    Mount best = null;
    for (Mount mount : mounts) {
      if (path.startsWith(mount.point + "/")
          && (best == null || mount.point.length() > best.point.length())) {
        best = mount;
      }
    }
    return Optional.ofNullable(best).filter(Mount::loose).orElse(null);
  }
}
