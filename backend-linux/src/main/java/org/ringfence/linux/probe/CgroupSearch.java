package org.ringfence.linux.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Looks for a cgroup v2 directory in which this process may make groups with the memory and pids
 * controllers and move its children there: the nearest ancestor that is delegated to this user and
 * gives its controllers to its children. Under systemd that is the user's own service, or a scope
 * with Delegate=yes that holds no process itself.
 */
public final class CgroupSearch {
  private static final List<String> CONTROLLERS = List.of("memory", "pids");

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
   * The result of the search.
   *
   * @param directory the directory, if there is one
   * @param problem why there is none; empty when there is
   */
  public record Found(Optional<Path> directory, String problem) {}

  public Found search() {
    try {
      String[] mount = mount();
      if (mount == null) {
        return none("cgroup v2 is not mounted");
      }
      String own = own();
      if (own == null) {
        return none("this process is in no cgroup v2");
      }
      Path top = Path.of(mount[1]);
      String below = mount[0].equals("/") ? own : own.substring(mount[0].length());
      Path group = top.resolve("." + below).normalize();
      while (group.startsWith(top)) {
        if (usable(group)) {
          return new Found(Optional.of(group), "");
        }
        group = group.getParent();
      }
      return none("no cgroup above this process is delegated with the memory and pids controllers");
    } catch (IOException | IndexOutOfBoundsException e) {
      return none("cgroups cannot be looked at: " + e.getMessage());
    }
  }

  private static Found none(String problem) {
    return new Found(Optional.empty(), problem);
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
    return null;
  }

  private String own() throws IOException {
    for (String line : Files.readAllLines(membership)) {
      if (line.startsWith("0::")) {
        return line.substring("0::".length());
      }
    }
    return null;
  }

  private static boolean usable(Path group) throws IOException {
    Path given = group.resolve("cgroup.subtree_control");
    return Files.isReadable(given)
        && Arrays.asList(Files.readString(given).strip().split(" ")).containsAll(CONTROLLERS)
        && Files.isWritable(group)
        && Files.isWritable(group.resolve("cgroup.procs"));
  }
}
