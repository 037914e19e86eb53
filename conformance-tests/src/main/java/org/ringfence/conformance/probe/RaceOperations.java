package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/**
 * Calls that the supervisor lets proceed to the kernel, while another thread changes their
 * arguments: the name in memory, the number of a descriptor, the directories that the name passes.
 */
final class RaceOperations {
  private static final int MOST_TIMES = 20;

  private static final int EACCES = 13;
  // asm-generic/fcntl.h
  private static final int O_WRONLY_APPEND = 1 | KernelNumbers.here().append();
  private static final int O_PATH = 0x200000;
  // linux/fs.h
  private static final int RENAME_EXCHANGE = 2;
  // linux/prctl.h, linux/seccomp.h, linux/filter.h
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_SET_SECCOMP = 22;
  private static final long MODE_FILTER = 2;
  private static final long SET_MODE_FILTER = 1;
  private static final int RETURN_ALLOW = 0x7fff0000;
  // The kernel ignores the lower half.
  private static final int RETURN_ALLOW_TOO = RETURN_ALLOW | 1;

  private RaceOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("race-open", RaceOperations::open);
    all.put("race-names", RaceOperations::names);
    all.put("race-execute", RaceOperations::execute);
    all.put("race-filter", RaceOperations::filter);
  }

  /** A name that leads alternately to one place or to another. */
  private interface Way extends AutoCloseable {
    /** Returns the descriptor of the directory that the name begins at. */
    int base();

    /** Returns the name in memory. */
    Memory name();

    void round();

    @Override
    void close() throws InterruptedException;
  }

  private record Turning(int base, Memory name, Swapping swapping) implements Way {
    @Override
    public void round() {
      swapping.round();
    }

    @Override
    public void close() throws InterruptedException {
      swapping.close();
    }
  }

  /** Creates a way from two directories and a file name. */
  private interface Maker {
    Way make(String allowed, String denied, String file) throws IOException;
  }

  private static final Map<String, Maker> WAYS =
      Map.of(
          "memory", RaceOperations::byMemory,
          "descriptor", RaceOperations::byDescriptor,
          "rename", RaceOperations::byRename);

  private static Way byMemory(String allowed, String denied, String file) {
    byte[] one = (allowed + "/" + file + "\0").getBytes(StandardCharsets.UTF_8);
    byte[] other = (denied + "/" + file + "\0").getBytes(StandardCharsets.UTF_8);
    Memory name = NativeCalls.memory(Math.max(one.length, other.length));
    name.write(0, one, 0, one.length);
    return new Turning(
        NativeCalls.AT_FDCWD,
        name,
        new Swapping(
            () -> name.write(0, other, 0, other.length), () -> name.write(0, one, 0, one.length)));
  }

  private static Way byDescriptor(String allowed, String denied, String file) throws IOException {
    int one = place(allowed);
    int there = (int) NativeCalls.call("open", denied, O_PATH, 0);
    // A directory that cannot be opened cannot be swapped in, but another one can.
    int other = there < 0 ? place("/") : there;
    int number = (int) NativeCalls.call("dup", one);
    return new Turning(
        number,
        NativeCalls.string(file),
        new Swapping(
            () -> NativeCalls.call("dup2", other, number),
            () -> NativeCalls.call("dup2", one, number)));
  }

  private static int place(String path) throws IOException {
    int fd = (int) NativeCalls.call("open", path, O_PATH, 0);
    if (fd < 0) {
      throw new IOException(path + " cannot be opened: " + NativeCalls.errorName(-fd));
    }
    return fd;
  }

  /** Swaps a directory with a link that leads to the other. */
  private static Way byRename(String allowed, String denied, String file) throws IOException {
    Path way = Files.createDirectory(Path.of(allowed, "way"));
    Path lead = Files.createSymbolicLink(Path.of(allowed, "lead"), Path.of(denied));
    Path source = Path.of(allowed, file);
    if (Files.exists(source)) {
      Files.copy(source, way.resolve(file));
    }
    long able = exchange(way, lead);
    if (able < 0) {
      throw new IOException("a directory is not exchanged: " + NativeCalls.errorName((int) -able));
    }
    return new Turning(
        NativeCalls.AT_FDCWD,
        NativeCalls.string(way + "/" + file),
        new Swapping(() -> exchange(way, lead), () -> exchange(way, lead)));
  }

  private static long exchange(Path one, Path other) {
    return FileOperations.rename(
        NativeCalls.AT_FDCWD,
        one.toString(),
        NativeCalls.AT_FDCWD,
        other.toString(),
        RENAME_EXCHANGE);
  }

  /**
   * Opens a file that is there in both directories: how, the directories, the file, rounds. OK is
   * the round in which the denied file was open.
   */
  private static long open(String[] a) throws Exception {
    NativeCalls.onlyLinux("the race");
    int flags =
        switch (a[0]) {
          case "place" -> O_PATH;
          case "append" -> O_WRONLY_APPEND;
          default -> 0;
        };
    for (Map.Entry<String, Maker> each : WAYS.entrySet()) {
      int harmless = 0;
      try (Way way = each.getValue().make(a[1], a[2], a[3])) {
        for (int i = 0; goesOn(i, Integer.parseInt(a[4]), harmless); i++) {
          way.round();
          String opened = opened(way, flags);
          if (opened.startsWith(a[2] + "/")) {
            return i;
          }
          harmless += opened.startsWith(a[1] + "/") ? 1 : 0;
        }
      }
      went(each.getKey(), harmless);
    }
    return -EACCES;
  }

  /** Returns the path of the opened file, empty if none was opened for more than its place. */
  private static String opened(Way way, int flags) throws IOException {
    int fd = (int) NativeCalls.call("openat", way.base(), way.name(), flags, 0);
    if (fd >= 0 && flags == O_PATH) {
      int again = (int) NativeCalls.call("open", "/proc/self/fd/" + fd, 0, 0);
      NativeCalls.call("close", fd);
      fd = again;
    }
    if (fd < 0) {
      return "";
    }
    String path = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
    if (flags == O_WRONLY_APPEND) {
      NativeCalls.call("write", fd, "x", 1L);
    }
    NativeCalls.call("close", fd);
    return path;
  }

  /** On a busy machine the allowed state may rarely last as long as a call does. */
  private static boolean goesOn(int done, int rounds, long harmless) {
    return done < rounds || harmless == 0 && done < MOST_TIMES * rounds;
  }

  /** Fails if the call never proceeded: such a race shows nothing. */
  private static void went(String way, long times) throws IOException {
    if (times == 0) {
      throw new IOException(way + ": the allowed operation never succeeded");
    }
  }

  /**
   * Makes and removes a directory and a link: the two directories, rounds. OK is how often that
   * succeeded; the times of the other directory show whether it changed.
   */
  private static long names(String[] a) throws Exception {
    NativeCalls.onlyLinux("the race");
    long all = 0;
    for (Map.Entry<String, Maker> each : WAYS.entrySet()) {
      long harmless = 0;
      try (Way way = each.getValue().make(a[0], a[1], "made")) {
        for (int i = 0; goesOn(i, Integer.parseInt(a[2]), harmless); i++) {
          way.round();
          long made =
              i % 2 == 0
                  ? NativeCalls.call("mkdirat", way.base(), way.name(), 0755)
                  : NativeCalls.call("symlinkat", "target", way.base(), way.name());
          harmless += made >= 0 ? 1 : 0;
          way.round();
          NativeCalls.call("unlinkat", way.base(), way.name(), i % 2 == 0 ? 0x200 : 0);
        }
      }
      went(each.getKey(), harmless);
      all += harmless;
    }
    return all;
  }

  /**
   * Executes a program whose name changes: the allowed program, which ends with 7 if it finds so
   * many descriptors allowed; the denied one; that number; rounds. OK is the round with another
   * exit code.
   */
  private static long execute(String[] a) throws Exception {
    NativeCalls.onlyLinux("the race");
    byte[] one = (a[0] + "\0").getBytes(StandardCharsets.UTF_8);
    byte[] other = (a[1] + "\0").getBytes(StandardCharsets.UTF_8);
    Memory name = NativeCalls.memory(Math.max(one.length, other.length));
    name.write(0, one, 0, one.length);
    Memory arguments = NativeCalls.memory(24);
    Memory first = NativeCalls.string("program");
    Memory second = NativeCalls.string(a[2]);
    arguments.setPointer(0, first);
    arguments.setPointer(8, second);
    Memory environment = NativeCalls.memory(16);
    Memory path = NativeCalls.string("PATH=/usr/bin:/bin");
    environment.setPointer(0, path);
    Memory pid = NativeCalls.memory(4);
    Memory status = NativeCalls.memory(4);
    int harmless = 0;
    try (Swapping swapping =
        new Swapping(
            () -> name.write(0, other, 0, other.length), () -> name.write(0, one, 0, one.length))) {
      for (int i = 0; i < Integer.parseInt(a[3]); i++) {
        swapping.round();
        // Its child shares the memory of this process until it executes.
        if (NativeCalls.call("posix_spawn", pid, name, null, null, arguments, environment) != 0) {
          continue;
        }
        NativeCalls.call("waitpid", pid.getInt(0), status, 0);
        int exit = status.getInt(0) >> 8 & 0xff;
        if (exit != 7 && exit != 127) {
          return exit;
        }
        harmless += exit == 7 ? 1 : 0;
      }
    }
    went("execve", harmless);
    return -EACCES;
  }

  /**
   * Loads filters that change meanwhile, then creates a file: its path, rounds.
   *
   * @throws IOException if no filter could be loaded
   */
  private static long filter(String[] a) throws Exception {
    NativeCalls.onlyLinux("the race");
    NativeCalls.call("prctl", PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
    Memory code = NativeCalls.memory(8);
    code.setShort(0, (short) 0x06);
    code.setInt(4, RETURN_ALLOW);
    Memory program = NativeCalls.memory(16);
    program.setShort(0, (short) 1);
    program.setPointer(8, code);
    long loaded = 0;
    try (Swapping swapping =
        new Swapping(
            () -> {
              program.setShort(0, (short) 0);
              code.setInt(4, RETURN_ALLOW_TOO);
            },
            () -> {
              code.setInt(4, RETURN_ALLOW);
              program.setShort(0, (short) 1);
            })) {
      for (int i = 0; i < Integer.parseInt(a[1]); i++) {
        swapping.round();
        long result =
            i % 2 == 0
                ? NativeCalls.syscall(317, 277, SET_MODE_FILTER, 0L, program)
                : NativeCalls.call("prctl", PR_SET_SECCOMP, MODE_FILTER, program, 0L, 0L);
        loaded += result == 0 ? 1 : 0;
      }
    }
    went("filters", loaded);
    return Files.notExists(Path.of(a[0])) ? NativeCalls.call("mkdir", a[0], 0755) : -EACCES;
  }
}
