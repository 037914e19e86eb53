package org.ringfence.conformance.scenario;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.Patience;
import org.ringfence.conformance.stage.SandboxHost;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.SandboxPolicy;

/** How commands end, which processes and files they leave, and their limits. */
public final class LifetimeScenarios {
  private static final String LIFETIME = "lifetime";
  private static final String RESIDUE = "residue";
  static final Patience PATIENCE = Patience.forProcesses(Duration.ofSeconds(5));
  // The longest life of any process after the JVM was killed, on an idle machine.
  private static final Patience AFTER_KILL = Patience.forProcesses(Duration.ofSeconds(2));

  private LifetimeScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "LIFE-EXIT-BACKGROUND",
        "a background process ends with the command",
        List.of("lifetime.tree"),
        leftover("%s & :"));
    add(
        all,
        "LIFE-EXIT-SETSID",
        "a process in a session of its own ends with the command",
        List.of("lifetime.tree"),
        leftover("setsid %s & :"));
    add(
        all,
        "LIFE-EXIT-DOUBLE-FORK",
        "a daemon with another parent ends with the command",
        List.of("lifetime.tree"),
        leftover("(setsid sh -c '%s & exit 0' &) ; :"));
    add(
        all,
        "LIFE-EXIT-IGNORES-TERM",
        "a process that ignores signals ends with the command",
        List.of("lifetime.tree"),
        leftover("(trap '' TERM HUP INT; %s) & :"));
    add(
        all,
        "LIFE-EXIT-CLEAN-ENV",
        "a process that shed its environment ends with the command",
        List.of("lifetime.tree"),
        leftover("setsid env -i /usr/bin/env %s & :"));
    add(
        all,
        "LIFE-DESTROY",
        "destroy ends a willing command by SIGTERM",
        List.of("lifetime.tree"),
        LifetimeScenarios::destroy);
    add(
        all,
        "LIFE-DESTROY-TREE",
        "destroy ends the tree of an unwilling command after the grace",
        List.of("lifetime.tree"),
        LifetimeScenarios::destroyUnwilling);
    add(
        all,
        "LIFE-DESTROY-FORCIBLY",
        "destroyForcibly ends the tree at once",
        List.of("lifetime.tree"),
        LifetimeScenarios::destroyForcibly);
    add(
        all,
        "LIFE-TIMEOUT",
        "the wall time ends the tree and says so",
        List.of("limits.wall-time"),
        LifetimeScenarios::timeout);
    add(
        all,
        "LIFE-CLOSE",
        "closing the sandbox ends its commands",
        List.of("lifetime.tree"),
        LifetimeScenarios::close);
    add(
        all,
        "LIFE-JVM-KILLED",
        "kill -9 of the JVM ends everything within two seconds",
        List.of("lifetime.jvm-exit"),
        LifetimeScenarios::jvmKilled);
    add(
        all,
        "LIFE-FORKS",
        "a command that forks without end ends with the wall time",
        List.of("limits.wall-time"),
        LifetimeScenarios::forks);
    add(
        all,
        RESIDUE,
        "RES-TMP",
        "the private temporary directory is removed",
        List.of("tmp.private"),
        LifetimeScenarios::temporaryDirectory);
    add(
        all,
        RESIDUE,
        "RES-TMP-LOCKED",
        "the private temporary directory is removed when the command took its rights away",
        List.of("tmp.private"),
        LifetimeScenarios::lockedDirectory);
    add(
        all,
        RESIDUE,
        "RES-TMP-LINK",
        "the removal of the private temporary directory follows no links",
        List.of("tmp.private"),
        LifetimeScenarios::linkInTemporaryDirectory);
    add(
        all,
        "TMP-SIBLING",
        "the temporary directory of another sandbox of the same user is not listed",
        List.of("tmp.private"),
        LifetimeScenarios::siblingsTemporaryDirectory);
    add(
        all,
        RESIDUE,
        "RES-WORKSPACE",
        "nothing is left in the workspace",
        List.of(),
        stage -> workspace(stage, "write"));
    add(
        all,
        RESIDUE,
        "RES-CARVED",
        "nothing is left in the workspace where rules name missing paths",
        List.of(),
        stage -> workspace(stage, "carved"));
    add(
        all,
        RESIDUE,
        "RES-PROTECTED",
        "nothing is left in the workspace where protected names do not exist",
        List.of(),
        stage -> workspace(stage, "protected"));
  }

  private static void add(
      List<ConformanceCase> all, String id, String title, List<String> needs, Body body) {
    add(all, LIFETIME, id, title, needs, body);
  }

  private static void add(
      List<ConformanceCase> all,
      String group,
      String id,
      String title,
      List<String> needs,
      Body body) {
    all.add(new ConformanceCase(id, group, title, needs, body));
  }

  static SandboxCommand sh(String script) {
    return SandboxCommand.of("/bin/sh", "-c", script);
  }

  /** Returns a command line that no other process has. */
  public static String sleeper() {
    return "sleep " + ThreadLocalRandom.current().nextLong(1_000_000_000L, 2_000_000_000L);
  }

  static long running(String commandLine) throws IOException {
    String wanted = commandLine.replace(' ', '\0');
    long count = 0;
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      for (Path process : (Iterable<Path>) all::iterator) {
        if (process.getFileName().toString().matches("[0-9]+")
            && commandOf(process).startsWith(wanted)) {
          count++;
        }
      }
    }
    return count;
  }

  static String commandOf(Path process) {
    try {
      return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      // It ended meanwhile.
      return "";
    }
  }

  static boolean becomes(String commandLine, long count) throws IOException, InterruptedException {
    return PATIENCE.until(() -> running(commandLine) == count);
  }

  static Sandbox open(TestContext stage, SandboxPolicy policy, String need) throws Exception {
    stage.posix().reset();
    return stage.open(policy, List.of(need));
  }

  /** A script starts a leftover, which must run before the command ends and be gone after. */
  private static Body leftover(String script) {
    return stage -> {
      String sleeper = sleeper();
      String whole = String.format(script, sleeper) + "; read line";
      try (Sandbox sandbox = open(stage, stage.policy("write"), "lifetime.tree")) {
        SandboxedProcess process = sandbox.start(sh(whole));
        if (!becomes(sleeper, 1)) {
          process.destroyForcibly();
          return Outcome.failed("the control failed: the leftover never ran");
        }
        process.getOutputStream().close();
        process.waitFor();
        if (becomes(sleeper, 0)) {
          return Outcome.passed();
        }
        ProcessHandle.of(pidOf(sleeper)).ifPresent(ProcessHandle::destroyForcibly);
        return Outcome.failed("the leftover still runs");
      }
    };
  }

  private static Outcome destroy(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage, stage.policy("write"), "lifetime.tree")) {
      SandboxedProcess process =
          sandbox.start(sh("trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.05; done"));
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      lines.readLine();
      process.destroy();
      int exit = process.waitFor();
      return exit == 5 && "bye".equals(lines.readLine())
          ? Outcome.passed()
          : Outcome.failed("it could not end as it likes: " + exit);
    }
  }

  private static Outcome destroyUnwilling(TestContext stage) throws Exception {
    String sleeper = sleeper();
    SandboxPolicy policy = stage.policy("write").toBuilder().grace(Duration.ofMillis(200)).build();
    try (Sandbox sandbox = open(stage, policy, "lifetime.tree")) {
      SandboxedProcess process =
          sandbox.start(sh("trap '' TERM; setsid " + sleeper + " & while :; do sleep 0.05; done"));
      if (!becomes(sleeper, 1)) {
        return Outcome.failed("the control failed: the descendant never ran");
      }
      process.destroy();
      boolean ended = PATIENCE.untilEnded(process);
      return ended && becomes(sleeper, 0)
          ? Outcome.passed()
          : Outcome.failed("something still runs");
    }
  }

  private static Outcome destroyForcibly(TestContext stage) throws Exception {
    String sleeper = sleeper();
    try (Sandbox sandbox = open(stage, stage.policy("write"), "lifetime.tree")) {
      SandboxedProcess process =
          sandbox.start(sh("setsid " + sleeper + " & trap '' TERM; while :; do sleep 0.05; done"));
      if (!becomes(sleeper, 1)) {
        return Outcome.failed("the control failed: the descendant never ran");
      }
      process.destroyForcibly();
      boolean ended = PATIENCE.untilEnded(process);
      return ended
              && becomes(sleeper, 0)
              && process.termination().orElseThrow().cause() == Termination.Cause.DESTROYED
          ? Outcome.passed()
          : Outcome.failed("something still runs, or the cause is wrong: " + process.termination());
    }
  }

  private static Outcome timeout(TestContext stage) throws Exception {
    String sleeper = sleeper();
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .wallTime(Duration.ofMillis(600))
            .grace(Duration.ofMillis(100))
            .build();
    try (Sandbox sandbox = open(stage, policy, "limits.wall-time")) {
      SandboxedProcess process =
          sandbox.start(sh("trap '' TERM; setsid " + sleeper + " & while :; do sleep 0.05; done"));
      boolean ended = PATIENCE.untilEnded(process);
      return ended
              && becomes(sleeper, 0)
              && process.termination().orElseThrow().cause() == Termination.Cause.TIMED_OUT
          ? Outcome.passed()
          : Outcome.failed("something still runs, or the cause is wrong: " + process.termination());
    }
  }

  private static Outcome close(TestContext stage) throws Exception {
    String sleeper = sleeper();
    SandboxedProcess process;
    try (Sandbox sandbox = open(stage, stage.policy("write"), "lifetime.tree")) {
      process = sandbox.start(sh("setsid " + sleeper + " & trap '' TERM; sleep 1000"));
      if (!becomes(sleeper, 1)) {
        return Outcome.failed("the control failed: the descendant never ran");
      }
    }
    return !process.isAlive() && becomes(sleeper, 0)
        ? Outcome.passed()
        : Outcome.failed("something still runs");
  }

  /** A separate JVM opens a sandbox and is killed. */
  private static Outcome jvmKilled(TestContext stage) throws Exception {
    try (Sandbox here = open(stage, stage.policy("write"), "lifetime.jvm-exit")) {
      TestContext.onThisSystem(here);
    }
    String sleeper = sleeper();
    String script =
        sleeper
            + " & setsid "
            + sleeper
            + " & (setsid sh -c '"
            + sleeper
            + " & exit' &);"
            + " touch $TMPDIR/x; sleep 1000";
    Process jvm = SandboxHost.command(stage, script).start();
    try {
      String tmp =
          new BufferedReader(new InputStreamReader(jvm.getInputStream(), StandardCharsets.UTF_8))
              .readLine();
      if (tmp == null || !becomes(sleeper, 3)) {
        return Outcome.failed("the control failed: the processes never ran");
      }
      jvm.destroyForcibly().waitFor();
      if (!AFTER_KILL.until(() -> running(sleeper) == 0)) {
        return Outcome.failed(running(sleeper) + " processes still run");
      }
      return AFTER_KILL.until(() -> !Files.exists(Path.of(tmp)))
          ? Outcome.passed()
          : Outcome.failed("the temporary directory is left: " + tmp);
    } finally {
      jvm.destroyForcibly();
    }
  }

  private static Outcome forks(TestContext stage) throws Exception {
    String sleeper = sleeper();
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .wallTime(Duration.ofMillis(700))
            .grace(Duration.ZERO)
            .build();
    try (Sandbox sandbox = open(stage, policy, "limits.wall-time")) {
      SandboxedProcess process =
          sandbox.start(sh("while :; do setsid " + sleeper + " & sleep 0.005; done"));
      boolean ended = PATIENCE.untilEnded(process);
      return ended && becomes(sleeper, 0)
          ? Outcome.passed()
          : Outcome.failed("something still runs");
    }
  }

  static long pidOf(String commandLine) {
    return ProcessHandle.allProcesses()
        .filter(
            process ->
                commandOf(Path.of("/proc/" + process.pid()))
                    .startsWith(commandLine.replace(' ', '\0')))
        .mapToLong(ProcessHandle::pid)
        .findFirst()
        .orElse(-1);
  }

  /** Returns the directory's path outside; inside it may have another name. */
  static Path tmpOf(Sandbox sandbox) throws NotShownException {
    TestContext.onThisSystem(sandbox);
    return Path.of(sandbox.plan().policy().places().privateTmp().orElseThrow());
  }

  private static Outcome temporaryDirectory(TestContext stage) throws Exception {
    Path tmp;
    try (Sandbox sandbox = open(stage, stage.policy("write"), "tmp.private")) {
      tmp = tmpOf(sandbox);
      CapturedProcess.of(sandbox.start(sh("touch \"$TMPDIR/x\"")));
      if (!Files.exists(tmp.resolve("x"))) {
        return Outcome.failed("the control failed: nothing was written to " + tmp);
      }
    }
    return Files.exists(tmp) ? Outcome.failed(tmp + " is left") : Outcome.passed();
  }

  private static Outcome lockedDirectory(TestContext stage) throws Exception {
    Path tmp;
    try (Sandbox sandbox = open(stage, stage.policy("write"), "tmp.private")) {
      tmp = tmpOf(sandbox);
      CapturedProcess.of(
          sandbox.start(sh("cd \"$TMPDIR\"; mkdir -p a/b; touch a/b/c; chmod 0 a/b; chmod 0 a")));
      if (!Files.exists(tmp.resolve("a"))) {
        return Outcome.failed("the control failed: nothing was made in " + tmp);
      }
    }
    return Files.exists(tmp) ? Outcome.failed(tmp + " is left") : Outcome.passed();
  }

  /** Only its name leads to a temporary directory, and no other sandbox receives the name. */
  private static Outcome siblingsTemporaryDirectory(TestContext stage) throws Exception {
    try (Sandbox one = open(stage, stage.policy("write"), "tmp.private");
        Sandbox other = open(stage, stage.policy("write"), "tmp.private")) {
      Path tmp = tmpOf(one);
      String make = "echo kept > $TMPDIR/kept; ls $TMPDIR";
      if (!CapturedProcess.of(one.start(sh(make))).output().equals("kept\n")) {
        return Outcome.failed("the control failed: a sandbox does not list its own");
      }
      Path base = tmp.getParent().getParent();
      String look = "ls -laR " + base + " " + tmp.getParent() + "; chmod 700 " + tmp.getParent();
      String seen = CapturedProcess.of(other.start(sh(look + "; ls " + tmp.getParent()))).output();
      if (seen.contains(tmp.getFileName().toString()) || seen.contains("kept")) {
        if (Files.getOwner(Path.of("/proc/self")).getName().equals("root")) {
          throw NotShownException.skipped("root lists every directory");
        }
        return Outcome.failed("it was listed: " + seen);
      }
      return Outcome.passed();
    }
  }

  private static Outcome linkInTemporaryDirectory(TestContext stage) throws Exception {
    Path outside = stage.posix().outside();
    try (Sandbox sandbox = open(stage, stage.policy("write"), "tmp.private")) {
      CapturedProcess.of(sandbox.start(sh("ln -s " + outside + " \"$TMPDIR/link\"")));
    }
    return Files.exists(outside.resolve("directory/file"))
        ? Outcome.passed()
        : Outcome.failed("the target of a link was removed");
  }

  private static Outcome workspace(TestContext stage, String policy) throws Exception {
    stage.posix().reset();
    Path workspace = stage.posix().workspace();
    List<Path> before = tree(workspace);
    try (Sandbox sandbox = stage.open(stage.policy(policy), List.of())) {
      CapturedProcess.of(sandbox.start(sh("cat file")));
    }
    return tree(workspace).equals(before)
        ? Outcome.passed()
        : Outcome.failed("left in the workspace: " + tree(workspace));
  }

  private static List<Path> tree(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.sorted().toList();
    }
  }
}
