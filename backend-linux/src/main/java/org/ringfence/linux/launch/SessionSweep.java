package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.SIGKILL;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Syscall;

/**
 * Finds and kills the processes that a command has left, on kernels whose Landlock has no signal
 * scope: the members of its session and its descendants. It misses a process that has both left the
 * session and lost its parent, so the plan calls this advisory.
 */
final class SessionSweep {
  private static final int MOST_PASSES = 20;

  private final Kernel kernel;

  SessionSweep(Kernel kernel) {
    this.kernel = kernel;
  }

  private record Entry(int parent, int session) {}

  /**
   * Kills processes until it finds no more.
   *
   * @param root the command, which leads its session
   * @param alsoRoot whether the command itself is killed
   */
  void kill(int root, boolean alsoRoot) {
    for (int pass = 0; pass < MOST_PASSES; pass++) {
      Set<Integer> found = members(root);
      if (!alsoRoot) {
        found.remove(root);
      }
      if (found.isEmpty()) {
        return;
      }
      found.forEach(pid -> kernel.call(Syscall.KILL, pid, SIGKILL));
    }
  }

  /**
   * Sends each process a signal, once.
   *
   * @param root the command, or bubblewrap above it
   * @param signal the signal
   */
  void signal(int root, int signal) {
    members(root).forEach(pid -> kernel.call(Syscall.KILL, pid, signal));
  }

  private static Set<Integer> members(int root) {
    Map<Integer, Entry> all = processes();
    Set<Integer> members = new HashSet<>();
    boolean grown = true;
    while (grown) {
      grown = false;
      for (Map.Entry<Integer, Entry> process : all.entrySet()) {
        Entry entry = process.getValue();
        boolean belongs =
            process.getKey() == root || entry.session() == root || members.contains(entry.parent());
        grown |= belongs && members.add(process.getKey());
      }
    }
    return members;
  }

  private static Map<Integer, Entry> processes() {
    Map<Integer, Entry> all = new HashMap<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : entries) {
        read(process, all);
      }
    } catch (IOException e) {
      // Without /proc no process is found; the plan never promised more.
      return all;
    }
    return all;
  }

  /** {@code /proc/PID/stat}: the name in parentheses may itself contain parentheses; proc(5). */
  private static void read(Path process, Map<Integer, Entry> all) {
    String stat;
    try {
      stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      // The process ended meanwhile.
      return;
    }
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    boolean zombie = fields[0].equals("Z") || fields[0].equals("X");
    if (!zombie) {
      all.put(
          Integer.parseInt(process.getFileName().toString()),
          new Entry(Integer.parseInt(fields[1]), Integer.parseInt(fields[3])));
    }
  }
}
