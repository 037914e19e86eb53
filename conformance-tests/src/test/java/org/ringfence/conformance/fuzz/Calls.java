package org.ringfence.conformance.fuzz;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.ringfence.conformance.probe.NativeCalls;

/** The system calls of one task; small slot numbers stand for its descriptors. */
final class Calls {
  private static final String LONG = "n".repeat(300);
  private static final int RLIMIT_FSIZE = 1;
  private static final int BYTES = 4096;

  private final String root;
  private final String host;
  private final Pair passing;
  private final TaskState state;
  private final int task;
  private final Sockets sockets;

  Calls(String root, String host, Pair passing, TaskState state, int task) {
    this.root = root;
    this.host = host;
    this.passing = passing;
    this.state = state;
    this.task = task;
    this.sockets = new Sockets(state, task, this::path);
  }

  private int slot(Step step, int index) {
    return state.slots(task)[step.number(index)];
  }

  /** Restores descriptors, directory, mask and limit to the initial state of a sequence. */
  Object reset() {
    for (int i = 0; i < state.slots(task).length; i++) {
      put(i, i < 2 ? (int) NativeCalls.call("dup", i) : -1);
    }
    NativeCalls.call("umask", 022);
    limit(hardLimit());
    NativeCalls.call("chdir", root + "/ws");
    return this;
  }

  private void put(int slot, int fd) {
    int[] slots = state.slots(task);
    if (slots[slot] >= 0) {
      NativeCalls.call("close", slots[slot]);
    }
    slots[slot] = Math.max(fd, -1);
  }

  private int base(String word) {
    return word.equals("-") ? NativeCalls.AT_FDCWD : state.slots(task)[Integer.parseInt(word)];
  }

  private String path(String word) {
    String text = word.equals("''") ? "" : word.replace("LONG", LONG);
    text = text.replace("$R", root).replace("$H", host);
    if (text.startsWith("@")) {
      return "/proc/thread-self/fd/" + state.slots(task)[digit(text)] + text.substring(2);
    }
    if (text.startsWith("%")) {
      return ofTask(digit(text), text.substring(2));
    }
    return text;
  }

  /** What {@code /proc} has for another task: its directory, its root, a descriptor. */
  private String ofTask(int other, String rest) {
    String proc = state.proc(other);
    return rest.startsWith("@")
        ? proc + "/fd/" + state.slots(other)[digit(rest)] + rest.substring(2)
        : proc + rest;
  }

  private static int digit(String text) {
    return text.charAt(1) - '0';
  }

  /** Paths that a step passes and leads to. */
  Set<String> ways(Step step) {
    Set<String> all = new TreeSet<>();
    switch (step.call()) {
      case "open" -> all.addAll(Ways.of(base(step.text(1)), path(step.text(2))));
      case "rename", "link", "exchange" -> {
        all.addAll(Ways.of(base(step.text(0)), path(step.text(1))));
        all.addAll(Ways.of(base(step.text(2)), path(step.text(3))));
      }
      case "symlink" -> all.addAll(Ways.of(base(step.text(1)), path(step.text(2))));
      case "mkdir", "mknod", "chmod", "unlink", "utimens", "stat", "readlink", "access", "chown" ->
          all.addAll(Ways.of(base(step.text(0)), path(step.text(1))));
      case "rmdir",
          "chdir",
          "bind",
          "connect",
          "truncate",
          "setxattr",
          "lsetxattr",
          "removexattr" ->
          all.addAll(Ways.of(NativeCalls.AT_FDCWD, path(step.text(0))));
      case "umask",
          "fsize",
          "socket",
          "listen",
          "connectto",
          "sendto",
          "recv",
          "accept",
          "peername",
          "sockname",
          "take",
          "unshare" -> {}
      case "bindsock" -> {
        if (!step.text(1).equals("inet")) {
          all.addAll(Ways.of(NativeCalls.AT_FDCWD, path(step.text(1))));
        }
      }
      case "deep" -> all.addAll(Ways.of(NativeCalls.AT_FDCWD, "."));
      case "copy" -> {
        all.addAll(Ways.of(slot(step, 0)));
        all.addAll(Ways.of(slot(step, 1)));
      }
      default -> all.addAll(Ways.of(slot(step, 0)));
    }
    return all;
  }

  /** Makes a call and returns its result. */
  String make(Step step) {
    return switch (step.call()) {
      case "open" -> opened(step.number(0), open(step));
      case "close" -> {
        int fd = slot(step, 0);
        state.slots(task)[step.number(0)] = -1;
        sockets.told(fd);
        yield said(NativeCalls.call("close", fd));
      }
      case "dup" -> opened(step.number(1), NativeCalls.call("dup", slot(step, 0)));
      case "pass" -> opened(step.number(1), Messages.pass(passing, slot(step, 0)));
      case "send" -> said(Messages.send(passing, slot(step, 0)));
      case "take" -> opened(step.number(0), Messages.take(passing));
      case "unshare" -> said(NativeCalls.call("unshare", step.number(0)));
      case "read" -> read(slot(step, 0), step.number(1));
      case "write" -> {
        sockets.told(slot(step, 0));
        yield said(LinuxCall.make(step, this::base, this::path));
      }
      case "list" -> Listing.of(slot(step, 0));
      case "fstat" -> stat(slot(step, 0), "", 0x1000);
      case "stat" -> stat(base(step.text(0)), path(step.text(1)), step.number(2));
      case "readlink" -> readlink(step);
      case "socket" -> opened(step.number(0), Sockets.open(step.text(1)));
      case "accept" -> opened(step.number(1), sockets.accept(slot(step, 0)));
      case "bindsock", "listen", "connectto", "sendto", "recv", "peername", "sockname" ->
          sockets.make(step);
      default -> said(LinuxCall.make(step, this::base, this::path));
    };
  }

  private long open(Step step) {
    return NativeCalls.call(
        "openat",
        base(step.text(1)),
        path(step.text(2)),
        step.number(3),
        Integer.parseInt(step.text(4), 8));
  }

  private String opened(int slot, long fd) {
    if (fd >= 0) {
      put(slot, (int) fd);
    }
    return said(Math.min(fd, 0));
  }

  private String read(int fd, int count) {
    sockets.arrived(fd);
    Memory memory = NativeCalls.memory(BYTES);
    long got = NativeCalls.call("read", fd, memory, (long) count);
    return got < 0
        ? said(got)
        : new String(memory.getByteArray(0, (int) got), StandardCharsets.UTF_8);
  }

  private String stat(int base, String name, int flags) {
    Memory memory = NativeCalls.memory(256);
    long result = NativeCalls.call("statx", base, name, flags, 0x7ff, memory);
    if (result < 0) {
      return said(result);
    }
    int mode = memory.getShort(28) & 0xffff;
    boolean isDirectory = (mode & 0170000) == 0040000;
    return Integer.toOctalString(mode)
        + " "
        + memory.getInt(20)
        + ":"
        + memory.getInt(24)
        + (isDirectory ? "" : " " + memory.getInt(16) + " " + memory.getLong(40));
  }

  private String readlink(Step step) {
    Memory memory = NativeCalls.memory(BYTES);
    long got =
        NativeCalls.call(
            "readlinkat", base(step.text(0)), path(step.text(1)), memory, (long) BYTES);
    return got < 0
        ? said(got)
        : new String(memory.getByteArray(0, (int) got), StandardCharsets.UTF_8)
            .replace(root, "$R")
            .replace(host, "$H");
  }

  static long limit(long bytes) {
    Memory memory = NativeCalls.memory(16);
    NativeCalls.call("getrlimit", RLIMIT_FSIZE, memory);
    long hard = memory.getLong(8);
    memory.setLong(0, hard >= 0 ? Math.min(bytes, hard) : bytes);
    return NativeCalls.call("setrlimit", RLIMIT_FSIZE, memory);
  }

  private static long hardLimit() {
    Memory memory = NativeCalls.memory(16);
    NativeCalls.call("getrlimit", RLIMIT_FSIZE, memory);
    long hard = memory.getLong(8);
    return hard < 0 ? Long.MAX_VALUE : hard;
  }

  static String said(long result) {
    return result < 0 ? "E" + -result : Long.toString(result);
  }
}
