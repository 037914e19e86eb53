package org.ringfence.conformance.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * System calls in order, drawn from a seed or read from text.
 *
 * @param steps the calls
 */
record Sequence(List<Step> steps) {
  private static final List<String> NAMES =
      List.of(
          "a",
          "b",
          "c",
          "d",
          "d/a",
          "d/e",
          "d/e/f",
          "./a",
          "d/../a",
          "d//a",
          "a/",
          "d/",
          "a/x",
          "link",
          "link/a",
          "link/",
          "ldir",
          "ldir/a",
          "dangling",
          "loop",
          ".",
          "..",
          "d/.",
          "d/..",
          "''",
          "LONG",
          "fifo",
          "sock",
          "d/sock",
          "$R/out",
          "$R/out/f",
          "$R/out/d",
          "$R/host",
          "$R/host/f",
          "$R/host/d",
          "$R/ws/a",
          "$R/ws/d/a",
          "../out/f",
          "../host/f",
          "secret",
          "secret/k.key",
          "conf",
          "conf/prod",
          "conf/prod/x.pem",
          "d/k.key",
          "d/prod/x.pem",
          "d/prod",
          "x",
          "x/k.key",
          "x/prod/x.pem",
          "denied",
          "denied/s",
          "deniedfile",
          "ro",
          "ro/f",
          "ro/g",
          ".git",
          ".git/config",
          ".git/hooks",
          ".git/hooks/pre",
          ".vscode",
          ".vscode/s.json",
          ".envrc",
          "$R/hidden",
          "$R/hidden/s",
          "@0",
          "@1",
          "@2",
          "@3",
          "@0/..",
          "@0/../secret",
          "@0/f",
          "@0/made",
          "@2/a",
          "@2/..",
          "@3/x",
          "@3/../host/f",
          "$H/input",
          "$H/d/f",
          "$H/secret",
          "$H/log");
  private static final List<String> TARGETS =
      List.of(
          "a",
          "d",
          "d/e",
          "missing",
          "loop",
          "../a",
          "..",
          "./d/a",
          "$R/host",
          "$R/host/f",
          "$R/hidden",
          "secret",
          "secret/k.key",
          "ro/f",
          ".git",
          "$R/ws",
          "@0",
          "@2");
  // Every mode has the owner's bits: inside, root may lack the capability to ignore them.
  private static final List<String> MODES = List.of("0744", "0700", "0755", "0711", "01777");
  private static final int[] FLAGS = {
    0x40, 0x80, 0x200, 0x400, 0x80000, 0x200000, 0x10000, 0x20000, 0x40000, 0x101000
  };
  private static final List<String> CALLS =
      List.of(
          "open",
          "open",
          "open",
          "open",
          "close",
          "dup",
          "read",
          "read",
          "write",
          "write",
          "pwrite",
          "ftruncate",
          "fchmod",
          "fsetxattr",
          "fremovexattr",
          "fstat",
          "setfl",
          "getfl",
          "fchdir",
          "fallocate",
          "list",
          "mkdir",
          "mkdir",
          "mknod",
          "rename",
          "rename",
          "rename",
          "link",
          "symlink",
          "symlink",
          "unlink",
          "unlink",
          "rmdir",
          "rmdir",
          "chdir",
          "truncate",
          "chmod",
          "utimens",
          "futimens",
          "setxattr",
          "lsetxattr",
          "removexattr",
          "readlink",
          "stat",
          "access",
          "umask",
          "fsize",
          "pass",
          "bind",
          "connect",
          "chown",
          "fchown",
          "copy",
          "deep",
          "sync");
  private static final int MOST_NAMES = 12;
  private static final int MOST_CALLS = 16;

  Sequence {
    steps = List.copyOf(steps);
  }

  /**
   * Draws a sequence from a few of the names and calls, so that they interact.
   *
   * @param seed the seed
   * @param length the number of calls
   * @param threads the number of threads that make them
   */
  static Sequence draw(long seed, int length, int threads) {
    Random random = new Random(seed);
    return draw(random, length, threads, null);
  }

  /** Draws a sequence for a search; half of them have a theme. */
  static Sequence drawWithThemes(long seed, int length, int threads) {
    Random random = new Random(seed);
    return draw(random, length, threads, Theme.draw(random));
  }

  private static Sequence draw(Random random, int length, int threads, Theme theme) {
    List<String> names =
        theme == null ? some(random, NAMES, 4 + random.nextInt(MOST_NAMES)) : theme.names();
    List<String> calls =
        theme == null
            ? some(random, CALLS, 4 + random.nextInt(MOST_CALLS))
            : new ArrayList<>(theme.calls());
    calls.add("open");
    calls.add("read");
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      steps.add(
          new Drawing(random, names, random.nextInt(threads))
              .step(calls.get(random.nextInt(calls.size()))));
    }
    return new Sequence(steps);
  }

  private static List<String> some(Random random, List<String> all, int count) {
    List<String> chosen = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chosen.add(all.get(random.nextInt(all.size())));
    }
    return chosen;
  }

  /** Parses the output of {@link #toString}. */
  static Sequence parse(String text) {
    return new Sequence(text.lines().filter(line -> !line.isBlank()).map(Step::parse).toList());
  }

  @Override
  public String toString() {
    return steps.stream().map(Step::toString).collect(Collectors.joining("\n"));
  }

  private record Drawing(Random random, List<String> names, int thread) {

    Step step(String call) {
      List<String> words =
          switch (call) {
            case "open" -> List.of(slot(), base(), name(), flags(), mode());
            case "close", "list", "fstat", "getfl", "fchdir", "futimens", "fchown", "sync" ->
                List.of(slot());
            case "dup", "pass" -> List.of(slot(), slot());
            case "read" -> List.of(slot(), number(100));
            case "write" -> List.of(slot(), "text" + random.nextInt(10));
            case "pwrite" -> List.of(slot(), size(), "more");
            case "ftruncate" -> List.of(slot(), size());
            case "fallocate" -> List.of(slot(), number(2), size());
            case "fchmod" -> List.of(slot(), mode());
            case "fsetxattr" -> List.of(slot(), "user.n" + number(2), "v" + number(9));
            case "fremovexattr" -> List.of(slot(), "user.n" + number(2));
            case "setfl" -> List.of(slot(), pick(List.of("0x800", "0xc00", "0x0", "0x40800")));
            case "mkdir", "mknod", "chmod" -> List.of(base(), name(), mode());
            case "rename" -> List.of(base(), name(), base(), name(), number(3));
            case "exchange" -> List.of(base(), name(), base(), name());
            case "socket" -> List.of(slot(), pick(List.of("tcp", "udp", "stream", "datagram")));
            case "bindsock" -> List.of(slot(), random.nextBoolean() ? "inet" : name());
            case "listen", "recv", "peername", "sockname" -> List.of(slot());
            case "connectto", "sendto", "accept" -> List.of(slot(), slot());
            case "link" -> List.of(base(), name(), base(), name(), pick(List.of("0", "0x400")));
            case "symlink" -> List.of(pick(TARGETS), base(), name());
            case "unlink" -> List.of(base(), name(), pick(List.of("0", "0", "0x200")));
            case "rmdir", "chdir", "bind", "connect" -> List.of(name());
            case "truncate" -> List.of(name(), size());
            case "utimens", "stat" -> List.of(base(), name(), pick(List.of("0", "0x100")));
            case "setxattr", "lsetxattr" -> List.of(name(), "user.n" + number(2), "v" + number(9));
            case "removexattr" -> List.of(name(), "user.n" + number(2));
            case "readlink" -> List.of(base(), name());
            case "access" -> List.of(base(), name(), number(8));
            case "chown" -> List.of(base(), name(), pick(List.of("0", "0x100")));
            case "umask" -> List.of(pick(List.of("022", "0", "077", "027")));
            case "fsize" -> List.of(pick(List.of("4096", "20", "1048576")));
            case "copy" -> List.of(slot(), slot(), number(200));
            case "deep" -> List.of(number(30));
            default -> throw new IllegalArgumentException(call);
          };
      return new Step(thread, call, words);
    }

    private String pick(List<String> from) {
      return from.get(random.nextInt(from.size()));
    }

    private String name() {
      return pick(names);
    }

    private String mode() {
      return pick(MODES);
    }

    private String slot() {
      return number(5);
    }

    private String base() {
      return random.nextInt(6) == 0 ? slot() : "-";
    }

    private String number(int bound) {
      return Integer.toString(random.nextInt(bound));
    }

    private String size() {
      return pick(List.of("0", "7", "50", "5000", "2000000"));
    }

    private String flags() {
      int flags = random.nextInt(3);
      for (int flag : FLAGS) {
        flags |= random.nextInt(6) == 0 ? flag : 0;
      }
      flags |= random.nextInt(3) == 0 ? 0x40 : 0;
      // Any name may be a FIFO by now, and a blocking open would wait for its other end.
      return "0x" + Integer.toHexString(flags | 0x800);
    }
  }
}
