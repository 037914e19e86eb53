package org.ringfence.benchmarks.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The processes of the machine at one moment.
 *
 * @param all by number
 */
record ProcessTable(Map<Integer, Entry> all) {
  /**
   * A process.
   *
   * @param pid its number
   * @param parent its parent's number
   * @param zombie whether it has ended and waits for its parent
   * @param command its arguments, joined by blanks; its name if it has none
   */
  record Entry(int pid, int parent, boolean zombie, String command) {
    boolean isWatchdog() {
      return command.contains("ringfence-watchdog");
    }
  }

  static ProcessTable now() {
    Map<Integer, Entry> all = new TreeMap<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : entries) {
        read(process, all);
      }
    } catch (IOException e) {
      throw new IllegalStateException("/proc cannot be read", e);
    }
    return new ProcessTable(all);
  }

  private static void read(Path process, Map<Integer, Entry> all) {
    try {
      String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      String command =
          Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
              .replace('\0', ' ')
              .strip();
      int pid = Integer.parseInt(process.getFileName().toString());
      all.put(
          pid,
          new Entry(
              pid,
              Integer.parseInt(fields[1]),
              fields[0].equals("Z") || fields[0].equals("X"),
              command.isEmpty() ? stat.substring(0, stat.lastIndexOf(')') + 1) : command));
    } catch (IOException e) {
      // It has ended meanwhile.
      return;
    }
  }

  /** Returns the processes below one, zombies among them. */
  List<Entry> below(int ancestor) {
    Set<Integer> found = new HashSet<>(Set.of(ancestor));
    List<Entry> below = new ArrayList<>();
    boolean grown = true;
    while (grown) {
      grown = false;
      for (Entry each : all.values()) {
        if (found.contains(each.parent()) && found.add(each.pid())) {
          below.add(each);
          grown = true;
        }
      }
    }
    return below;
  }
}
