package org.ringfence.conformance.fuzz;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.ringfence.conformance.probe.LibC;

/** The system calls of one thread; small slot numbers stand for its descriptors. */
final class Calls {
  private static final int SLOTS = 5;
  private static final String LONG = "n".repeat(300);
  private static final int UNSHARE_FILES_AND_FS = 0x400 | 0x200;
  private static final int RLIMIT_FSIZE = 1;
  private static final int BYTES = 4096;

  private final String root;
  private final String host;
  private final Channel channel;
  private final int[] slots = new int[SLOTS];
  private final Sockets sockets = new Sockets(slots, this::path);

  Calls(String root, String host, Channel channel) {
    this.root = root;
    this.host = host;
    this.channel = channel;
    Arrays.fill(slots, -1);
  }

  /** A socket pair that both threads can use, even with separate descriptor tables. */
  record Channel(int in, int out) {
    static Channel open() {
      Memory two = LibC.memory(8);
      LibC.call("socketpair", 1, 2, 0, two);
      return new Channel(two.getInt(0), two.getInt(4));
    }
  }

  /** Binds the calls to the calling thread. */
  Object begin(boolean apart) {
    return apart ? LibC.call("unshare", UNSHARE_FILES_AND_FS) : 0L;
  }

  /** Restores descriptors, directory, mask and limit to the initial state of a sequence. */
  Object reset() {
    for (int i = 0; i < SLOTS; i++) {
      put(i, i < 2 ? (int) LibC.call("dup", i) : -1);
    }
    LibC.call("umask", 022);
    limit(hardLimit());
    LibC.call("chdir", root + "/ws");
    return this;
  }

  private void put(int slot, int fd) {
    if (slots[slot] >= 0) {
      LibC.call("close", slots[slot]);
    }
    slots[slot] = Math.max(fd, -1);
  }

  private int base(String word) {
    return word.equals("-") ? LibC.AT_FDCWD : slots[Integer.parseInt(word)];
  }

  private String path(String word) {
    String text = word.equals("''") ? "" : word.replace("LONG", LONG);
    text = text.replace("$R", root).replace("$H", host);
    if (text.startsWith("@")) {
      return "/proc/thread-self/fd/" + slots[text.charAt(1) - '0'] + text.substring(2);
    }
    return text;
  }

  /** Returns the paths that a step traverses and reaches. */
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
          all.addAll(Ways.of(LibC.AT_FDCWD, path(step.text(0))));
      case "umask",
          "fsize",
          "socket",
          "listen",
          "connectto",
          "sendto",
          "recv",
          "accept",
          "peername",
          "sockname" -> {}
      case "bindsock" -> {
        if (!step.text(1).equals("inet")) {
          all.addAll(Ways.of(LibC.AT_FDCWD, path(step.text(1))));
        }
      }
      case "deep" -> all.addAll(Ways.of(LibC.AT_FDCWD, "."));
      case "copy" -> {
        all.addAll(Ways.of(slots[step.number(0)]));
        all.addAll(Ways.of(slots[step.number(1)]));
      }
      default -> all.addAll(Ways.of(slots[step.number(0)]));
    }
    return all;
  }

  /** Makes a call and returns its result. */
  String make(Step step) {
    return switch (step.call()) {
      case "open" -> opened(step.number(0), open(step));
      case "close" -> {
        int fd = slots[step.number(0)];
        slots[step.number(0)] = -1;
        sockets.told(fd);
        yield said(LibC.call("close", fd));
      }
      case "dup" -> opened(step.number(1), LibC.call("dup", slots[step.number(0)]));
      case "pass" -> opened(step.number(1), Messages.pass(channel, slots[step.number(0)]));
      case "read" -> read(slots[step.number(0)], step.number(1));
      case "write" -> {
        sockets.told(slots[step.number(0)]);
        yield said(LinuxCall.make(step, this::base, this::path));
      }
      case "list" -> Listing.of(slots[step.number(0)]);
      case "fstat" -> stat(slots[step.number(0)], "", 0x1000);
      case "stat" -> stat(base(step.text(0)), path(step.text(1)), step.number(2));
      case "readlink" -> readlink(step);
      case "socket" -> opened(step.number(0), Sockets.open(step.text(1)));
      case "accept" -> opened(step.number(1), sockets.accept(slots[step.number(0)]));
      case "bindsock", "listen", "connectto", "sendto", "recv", "peername", "sockname" ->
          sockets.make(step);
      default -> said(LinuxCall.make(step, this::base, this::path));
    };
  }

  private long open(Step step) {
    return LibC.call(
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
    Memory memory = LibC.memory(BYTES);
    long got = LibC.call("read", fd, memory, (long) count);
    return got < 0
        ? said(got)
        : new String(memory.getByteArray(0, (int) got), StandardCharsets.UTF_8);
  }

  private String stat(int base, String name, int flags) {
    Memory memory = LibC.memory(256);
    long result = LibC.call("statx", base, name, flags, 0x7ff, memory);
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
    Memory memory = LibC.memory(BYTES);
    long got =
        LibC.call("readlinkat", base(step.text(0)), path(step.text(1)), memory, (long) BYTES);
    return got < 0
        ? said(got)
        : new String(memory.getByteArray(0, (int) got), StandardCharsets.UTF_8)
            .replace(root, "$R")
            .replace(host, "$H");
  }

  static long limit(long bytes) {
    Memory memory = LibC.memory(16);
    LibC.call("getrlimit", RLIMIT_FSIZE, memory);
    long hard = memory.getLong(8);
    memory.setLong(0, hard >= 0 ? Math.min(bytes, hard) : bytes);
    return LibC.call("setrlimit", RLIMIT_FSIZE, memory);
  }

  private static long hardLimit() {
    Memory memory = LibC.memory(16);
    LibC.call("getrlimit", RLIMIT_FSIZE, memory);
    long hard = memory.getLong(8);
    return hard < 0 ? Long.MAX_VALUE : hard;
  }

  static String said(long result) {
    return result < 0 ? "E" + -result : Long.toString(result);
  }
}
