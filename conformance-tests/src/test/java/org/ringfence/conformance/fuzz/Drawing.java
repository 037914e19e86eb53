package org.ringfence.conformance.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Draws the steps of one sequence: they keep to some names and calls, so that those meet. */
final class Drawing {
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
          "$H/log",
          "%0/cwd",
          "%2/cwd/a",
          "%2/cwd/..",
          "%2/root$R/host/f",
          "%2@3",
          "%2@3/a",
          "%3/cwd/../host/f");
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
  // Without the owner's bits root, which may hold no capability inside, would have less there.
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

  /** Names below another name. */
  private static final List<String> BELOW =
      List.of("/f", "/a", "/k.key", "/e/k.key", "/prod/x.pem", "/x.pem", "/..", "/d", "/");

  /** Calls after which their names are used again. */
  private static final Set<String> CHANGING =
      Set.of("rename", "exchange", "link", "symlink", "mkdir", "rmdir", "unlink", "bindsock");

  private static final List<String> SHARED = List.of("none", "files", "fs", "both");
  private static final List<String> SHARED_FLAGS = List.of("0x200", "0x400", "0x600");
  private static final int MOST_NAMES = 12;
  private static final int MOST_CALLS = 16;
  private static final int MOST_RECENT = 4;

  private final Random random;
  private final List<String> names;
  private final List<String> targets;
  private final List<String> calls;
  private final List<String> recent = new ArrayList<>();
  private final List<Integer> tasks = new ArrayList<>();
  private int forks;
  private String vacated = "";

  /** Draws the names and calls of a sequence; the theme may be null. */
  Drawing(Random random, Theme theme) {
    this.random = random;
    if (theme == null) {
      names = some(NAMES, 4 + random.nextInt(MOST_NAMES));
      calls = some(CALLS, 4 + random.nextInt(MOST_CALLS));
      targets = TARGETS;
    } else {
      names = theme.keepsTo() == 0 ? theme.names() : some(theme.names(), theme.keepsTo());
      calls = new ArrayList<>(theme.calls());
      targets = theme.targets().isEmpty() ? TARGETS : theme.targets();
    }
    calls.add("open");
    calls.add("read");
    tasks.add(0);
    if (random.nextBoolean()) {
      tasks.add(1);
    }
    boolean several = theme != null && theme.forks() || random.nextBoolean();
    forks = several ? 1 + random.nextInt(TaskState.MOST - TaskState.THREADS) : 0;
  }

  private List<String> some(List<String> all, int count) {
    List<String> chosen = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chosen.add(pick(all));
    }
    return chosen;
  }

  Sequence sequence(int length) {
    List<Step> steps = new ArrayList<>();
    int next = TaskState.THREADS;
    while (steps.size() < length) {
      if (forks > 0 && random.nextInt(8) == 0) {
        steps.add(new Step(task(), "fork", List.of(Integer.toString(next), pick(SHARED))));
        tasks.add(next++);
        forks--;
      } else {
        Step step = ofTasks();
        steps.add(step);
        remember(step);
      }
    }
    return new Sequence(steps);
  }

  /** Returns a step that puts something in the place of a removed or moved name. */
  private Step inPlace(String name) {
    vacated = "";
    return switch (random.nextInt(6)) {
      case 0 -> new Step(task(), "mkdir", List.of("-", name, mode()));
      case 1 -> new Step(task(), "rename", List.of("-", name(), "-", name, "0"));
      default -> new Step(task(), "symlink", List.of(pick(targets), "-", name));
    };
  }

  /** Returns a step on things that tasks share, now and then, or any other. */
  private Step ofTasks() {
    if (!vacated.isEmpty() && random.nextInt(2) == 0) {
      return inPlace(vacated);
    }
    int task = task();
    int last = tasks.get(tasks.size() - 1);
    if (last >= TaskState.THREADS) {
      int which = random.nextInt(60);
      if (which == 0) {
        tasks.remove(tasks.size() - 1);
        return new Step(last, "exit", List.of());
      }
      if (which < 3) {
        return new Step(last, "unshare", List.of(pick(SHARED_FLAGS)));
      }
      if (which < 7) {
        return step(task, "hand");
      }
    }
    return step(task, pick(calls));
  }

  private void remember(Step step) {
    if (!CHANGING.contains(step.call())) {
      return;
    }
    if (Set.of("rmdir", "unlink", "rename").contains(step.call())) {
      vacated = step.arguments().get(step.call().equals("rmdir") ? 0 : 1);
    }
    for (String word : step.arguments()) {
      if (names.contains(word) && !word.endsWith("/")) {
        recent.add(word);
      }
    }
    while (recent.size() > MOST_RECENT) {
      recent.remove(0);
    }
  }

  private int task() {
    return tasks.get(random.nextInt(tasks.size()));
  }

  private Step step(int task, String call) {
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
          case "symlink" -> List.of(pick(targets), base(), name());
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
          case "hand" -> List.of(slot(), Integer.toString(task()), slot());
          case "copy" -> List.of(slot(), slot(), number(200));
          case "deep" -> List.of(number(30));
          default -> throw new IllegalArgumentException(call);
        };
    return new Step(task, call, words);
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** Returns one of the names, or a recent one, perhaps with a name below it. */
  private String name() {
    if (!recent.isEmpty() && random.nextInt(4) == 0) {
      String name = pick(recent);
      return random.nextBoolean() ? name : name + pick(BELOW);
    }
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
    // Any name may be a FIFO by now, and would wait for its other side.
    return "0x" + Integer.toHexString(flags | 0x800);
  }
}
