package org.ringfence.linux.path;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * The files in {@code /proc} of processes other than the one that asks. The kernel would give this
 * JVM access that it denies a sandboxed thread there.
 */
public final class ForeignProcesses {
  private static final Pattern PROCESS = Pattern.compile("/proc/([0-9]{1,9})(?:/(.*))?");
  private static final Pattern PUBLIC =
      Pattern.compile("(?:task/[0-9]+/?)?(?:stat|statm|status|cmdline|comm|cgroup|task)?");

  private final TargetMemory child;
  private final boolean ownProcesses;

  /**
   * Makes one for a sandbox.
   *
   * @param child reads the state of threads
   * @param ownProcesses whether the threads' procfs shows their own process namespace
   */
  public ForeignProcesses(TargetMemory child, boolean ownProcesses) {
    this.child = child;
    this.ownProcesses = ownProcesses;
  }

  /**
   * Returns whether a path belongs to another process than the thread's, beyond the files that
   * every process may see.
   *
   * @param tid the thread
   * @param path the path of an object that it has named
   * @throws AccessException if the thread is gone
   */
  public boolean include(int tid, String path) throws AccessException {
    if (ownProcesses || !path.startsWith("/proc/")) {
      return false;
    }
    Matcher matcher = PROCESS.matcher(path);
    if (!matcher.matches()
        || matcher.group(2) == null
        || PUBLIC.matcher(matcher.group(2)).matches()) {
      return false;
    }
    int number = Integer.parseInt(matcher.group(1));
    return number != tid && number != child.processOf(tid);
  }
}
