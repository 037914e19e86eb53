package org.ringfence.conformance.fuzz;

import com.sun.jna.Memory;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import org.ringfence.conformance.probe.NativeCalls;

/** The system calls with a numeric result. */
final class LinuxCall {
  private static final int F_SETFL = 4;
  private static final int F_GETFL = 3;
  private static final int O_NONBLOCK = 0x800;
  // linux/fs.h
  private static final int RENAME_EXCHANGE = 2;
  private static final int STATUS_FLAGS = 0x203 | 0xc00 | 0x200000;

  private LinuxCall() {}

  static long make(Step step, ToIntFunction<String> base, UnaryOperator<String> path) {
    int fd = step.text(0).matches("[0-4]") ? base.applyAsInt(step.text(0)) : -1;
    return switch (step.call()) {
      case "write" -> NativeCalls.call("write", fd, step.text(1), (long) step.text(1).length());
      case "pwrite" ->
          NativeCalls.call(
              "pwrite",
              fd,
              step.text(2),
              (long) step.text(2).length(),
              Long.parseLong(step.text(1)));
      case "ftruncate" -> NativeCalls.call("ftruncate", fd, Long.parseLong(step.text(1)));
      case "fallocate" ->
          NativeCalls.call("fallocate", fd, step.number(1), 0L, Long.parseLong(step.text(2)));
      case "fchmod" -> NativeCalls.call("fchmod", fd, mode(step, 1));
      case "fsetxattr" ->
          NativeCalls.call(
              "fsetxattr", fd, step.text(1), step.text(2), (long) step.text(2).length(), 0);
      case "fremovexattr" -> NativeCalls.call("fremovexattr", fd, step.text(1));
      case "setfl" ->
          NativeCalls.call(
              "fcntl", fd, F_SETFL, step.number(1) | (Sockets.is(fd) ? O_NONBLOCK : 0));
      case "getfl" -> {
        long flags = NativeCalls.call("fcntl", fd, F_GETFL, 0);
        yield flags < 0 ? flags : flags & STATUS_FLAGS;
      }
      case "fchdir" -> NativeCalls.call("fchdir", fd);
      case "sync" -> NativeCalls.call("fsync", fd);
      case "fchown" -> NativeCalls.call("fchown", fd, own("getuid"), -1);
      case "futimens" -> NativeCalls.call("futimens", fd, times());
      case "copy" ->
          NativeCalls.call(
              "sendfile", base.applyAsInt(step.text(1)), fd, null, Long.parseLong(step.text(2)));
      default -> byName(step, base, path);
    };
  }

  private static long byName(Step step, ToIntFunction<String> base, UnaryOperator<String> path) {
    return switch (step.call()) {
      case "mkdir" ->
          NativeCalls.call(
              "mkdirat", base.applyAsInt(step.text(0)), path.apply(step.text(1)), mode(step, 2));
      case "mknod" ->
          NativeCalls.call(
              "mknodat",
              base.applyAsInt(step.text(0)),
              path.apply(step.text(1)),
              0010000 | mode(step, 2),
              0L);
      case "chmod" ->
          NativeCalls.call(
              "fchmodat",
              base.applyAsInt(step.text(0)),
              path.apply(step.text(1)),
              mode(step, 2),
              0);
      case "rename" ->
          NativeCalls.call(
              "renameat2",
              base.applyAsInt(step.text(0)),
              path.apply(step.text(1)),
              base.applyAsInt(step.text(2)),
              path.apply(step.text(3)),
              step.number(4));
      case "exchange" ->
          NativeCalls.call(
              "renameat2",
              base.applyAsInt(step.text(0)),
              path.apply(step.text(1)),
              base.applyAsInt(step.text(2)),
              path.apply(step.text(3)),
              RENAME_EXCHANGE);
      case "link" ->
          NativeCalls.call(
              "linkat",
              base.applyAsInt(step.text(0)),
              path.apply(step.text(1)),
              base.applyAsInt(step.text(2)),
              path.apply(step.text(3)),
              step.number(4));
      case "symlink" ->
          NativeCalls.call(
              "symlinkat",
              path.apply(step.text(0)),
              base.applyAsInt(step.text(1)),
              path.apply(step.text(2)));
      case "unlink" ->
          NativeCalls.call(
              "unlinkat", base.applyAsInt(step.text(0)), path.apply(step.text(1)), step.number(2));
      case "rmdir" -> NativeCalls.call("rmdir", path.apply(step.text(0)));
      case "chdir" -> NativeCalls.call("chdir", path.apply(step.text(0)));
      case "truncate" ->
          NativeCalls.call("truncate", path.apply(step.text(0)), Long.parseLong(step.text(1)));
      case "utimens" ->
          NativeCalls.call(
              "utimensat",
              base.applyAsInt(step.text(0)),
              path.apply(step.text(1)),
              times(),
              step.number(2));
      case "setxattr", "lsetxattr" ->
          NativeCalls.call(
              step.call(),
              path.apply(step.text(0)),
              step.text(1),
              step.text(2),
              (long) step.text(2).length(),
              0);
      case "removexattr" -> NativeCalls.call("removexattr", path.apply(step.text(0)), step.text(1));
      case "access" ->
          NativeCalls.call(
              "faccessat",
              base.applyAsInt(step.text(0)),
              path.apply(step.text(1)),
              step.number(2),
              0);
      case "chown" ->
          NativeCalls.call(
              "fchownat",
              base.applyAsInt(step.text(0)),
              path.apply(step.text(1)),
              own("getuid"),
              own("getgid"),
              step.number(2));
      case "umask" -> NativeCalls.call("umask", mode(step, 0));
      case "fsize" -> Calls.limit(Long.parseLong(step.text(0)));
      case "bind", "connect" -> Messages.address(step.call(), path.apply(step.text(0)));
      case "deep" -> deep(step.number(0));
      default -> throw new IllegalArgumentException(step.toString());
    };
  }

  /** Creates nested directories with long names and enters them. */
  private static long deep(int levels) {
    String name = "deep".repeat(50);
    for (int i = 0; i < levels; i++) {
      long made = NativeCalls.call("mkdir", name, 0755);
      long entered = NativeCalls.call("chdir", name);
      if (entered < 0) {
        return made < 0 ? made : entered;
      }
    }
    return 0;
  }

  private static int mode(Step step, int index) {
    return Integer.parseInt(step.text(index), 8);
  }

  private static int own(String function) {
    return (int) NativeCalls.call(function);
  }

  private static Memory times() {
    Memory times = NativeCalls.memory(32);
    times.setLong(0, 1_000_000L);
    times.setLong(16, 2_000_000L);
    return times;
  }
}
