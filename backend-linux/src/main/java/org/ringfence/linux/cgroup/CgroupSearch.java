package org.ringfence.linux.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.ringfence.linux.plan.HostFacts.CgroupParent;

/**
 * Looks for a cgroup v2 directory in which this process may make groups with the memory and pids
 * controllers and move its children there: the nearest ancestor that is delegated to this user and
 * gives its controllers to its children. Under systemd that is the user's own service, or a scope
 * with Delegate=yes that holds no process itself.
 */
public final class CgroupSearch {
  /** The controllers that limit commands. */
  static final List<String> CONTROLLERS = List.of("memory", "pids");

  private final Path membership;
  private final Path mounts;

  /**
   * Searches from the cgroup of a process.
   *
   * @param process its directory in a procfs
   */
  public CgroupSearch(Path process) {
    this.membership = process.resolve("cgroup");
    this.mounts = process.resolve("mountinfo");
  }

  /**
   * Searches for the directory.
   *
   * @return the directory, or why there is none
   */
  public CgroupParent search() {
    try {
      Path top = Path.of(mount()[1]);
      Path group = directory();
      while (group != null && group.startsWith(top)) {
        if (usable(group)) {
          return new CgroupParent.Delegated(group.toString());
        }
        group = group.getParent();
      }
      return CgroupParent.none(
          "no cgroup above this process is delegated with the memory and pids controllers");
    } catch (IOException | IndexOutOfBoundsException e) {
      return CgroupParent.none("cgroups cannot be looked at: " + e.getMessage());
    }
  }

  /**
   * Returns the directory of the process's own group.
   *
   * @throws IOException if there is none
   */
  Path directory() throws IOException {
    String[] mount = mount();
    String own = own();
    String below = mount[0].equals("/") ? own : own.substring(mount[0].length());
    return Path.of(mount[1]).resolve("." + below).normalize();
  }

  /** Returns root and mount point of the hierarchy, as proc_pid_mountinfo(5) has them. */
  private String[] mount() throws IOException {
    for (String line : Files.readAllLines(mounts)) {
      List<String> fields = Arrays.asList(line.split(" "));
      int separator = fields.indexOf("-");
      if (separator > 0 && fields.get(separator + 1).equals("cgroup2")) {
        return new String[] {fields.get(3), fields.get(4)};
      }
    }
    throw new IOException("cgroup v2 is not mounted");
  }

  private String own() throws IOException {
    for (String line : Files.readAllLines(membership)) {
      if (line.startsWith("0::")) {
        return line.substring("0::".length());
      }
    }
    throw new IOException("this process is in no cgroup v2");
  }

  private static boolean usable(Path group) throws IOException {
    Path given = group.resolve("cgroup.subtree_control");
    return Files.isReadable(given)
        && Arrays.asList(Files.readString(given).strip().split(" ")).containsAll(CONTROLLERS)
        && Files.isWritable(group)
        && Files.isWritable(group.resolve("cgroup.procs"));
  }
}
