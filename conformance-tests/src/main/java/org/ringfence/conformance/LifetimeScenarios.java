package org.ringfence.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.conformance.ConformanceCase.Body;
import org.ringfence.plan.Enforcement;
import org.ringfence.policy.SandboxPolicy;

/** How commands end, what is left of them, and what bounds them. */
final class LifetimeScenarios {
  private static final String LIFETIME = "lifetime";
  private static final String RESIDUE = "residue";
  private static final long PATIENCE_MILLIS = 5_000;
  // Of the issue: nothing lives longer than this after the JVM was killed.
  private static final long AFTER_KILL_MILLIS = 2_000;

  private LifetimeScenarios() {}

  static void addTo(Map<ConformanceCase, Body> all) {
    add(
        all,
        "LIFE-EXIT-BACKGROUND",
        "a background process ends with the command",
        List.of("lifetime.tree"),
        leftover("%s & sleep 0.2"));
    add(
        all,
        "LIFE-EXIT-SETSID",
        "a process in a session of its own ends with the command",
        List.of("lifetime.tree"),
        leftover("setsid %s & sleep 0.2"));
    add(
        all,
        "LIFE-EXIT-DOUBLE-FORK",
        "a daemon with another parent ends with the command",
        List.of("lifetime.tree"),
        leftover("(setsid sh -c '%s & exit 0' &) ; sleep 0.3"));
    add(
        all,
        "LIFE-EXIT-IGNORES-TERM",
        "a process that ignores signals ends with the command",
        List.of("lifetime.tree"),
        leftover("(trap '' TERM HUP INT; %s) & sleep 0.2"));
    add(
        all,
        "LIFE-EXIT-CLEAN-ENV",
        "a process that shed its environment ends with the command",
        List.of("lifetime.tree"),
        leftover("setsid env -i /usr/bin/env %s & sleep 0.2"));
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
        "LIFE-FORK-BOMB",
        "a fork bomb ends with the wall time",
        List.of("limits.wall-time"),
        LifetimeScenarios::forkBomb);
    add(
        all,
        "LIFE-ZOMBIES",
        "two hundred zombies end with the command",
        List.of("lifetime.tree"),
        LifetimeScenarios::zombies);
    add(
        all,
        "LIFE-DISK-FILLER",
        "what fills the temporary directory is removed with it",
        List.of("tmp.private", "limits.wall-time"),
        LifetimeScenarios::diskFiller);
    add(
        all,
        "LIMIT-MEMORY-HOG",
        "a process that takes more memory than is allowed fails",
        List.of(),
        LifetimeScenarios::memoryHog);
    add(
        all,
        "LIMIT-PROCESSES",
        "processes beyond the limit are not started",
        List.of("limits.processes"),
        LifetimeScenarios::processes);
    add(
        all,
        "LIMIT-OUTPUT",
        "output beyond the limit is cut off",
        List.of("limits.output"),
        LifetimeScenarios::outputLimit);
    add(
        all,
        "LIMIT-OPEN-FILES",
        "descriptors are bounded",
        List.of("limits.open-files"),
        limited(SandboxPolicy.builder().openFiles(32), "ulimit -n", "32\n"));
    add(
        all,
        "LIMIT-FILE-SIZE",
        "the size of a file is bounded",
        List.of("limits.file-size"),
        LifetimeScenarios::fileSize);
    add(
        all,
        "LIMIT-CPU",
        "processor time is bounded",
        List.of("limits.cpu-time"),
        LifetimeScenarios::cpuTime);
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
        "it is removed when the command took its rights away",
        List.of("tmp.private"),
        LifetimeScenarios::lockedDirectory);
    add(
        all,
        RESIDUE,
        "RES-TMP-LINK",
        "removing it follows no links",
        List.of("tmp.private"),
        LifetimeScenarios::linkInTemporaryDirectory);
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
        "nothing is left in the workspace where rules name what does not exist",
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
      Map<ConformanceCase, Body> all, String id, String title, List<String> needs, Body body) {
    add(all, LIFETIME, id, title, needs, body);
  }

  private static void add(
      Map<ConformanceCase, Body> all,
      String group,
      String id,
      String title,
      List<String> needs,
      Body body) {
    all.put(new ConformanceCase(id, group, title, needs), body);
  }

  private static SandboxCommand sh(String script) {
    return SandboxCommand.of("/bin/sh", "-c", script);
  }

  /** A command line that no other process has. */
  private static String sleeper() {
    return "sleep " + ThreadLocalRandom.current().nextLong(1_000_000_000L, 2_000_000_000L);
  }

  private static long running(String commandLine) throws IOException {
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

  private static String commandOf(Path process) {
    try {
      return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      // It ended while we looked.
      return "";
    }
  }

  private static boolean becomes(String commandLine, long count, long millis)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (running(commandLine) != count) {
      if (System.nanoTime() > end) {
        return false;
      }
      Thread.sleep(10);
    }
    return true;
  }

  /** The same for processes that also have a word among their arguments. */
  private static boolean becomes(String commandLine, long count, long millis, String word)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    String start = commandLine.replace(' ', '\0');
    while (ProcessHandle.allProcesses()
            .map(process -> commandOf(Path.of("/proc/" + process.pid())))
            .filter(line -> line.startsWith(start) && line.contains(word))
            .count()
        != count) {
      if (System.nanoTime() > end) {
        return false;
      }
      Thread.sleep(10);
    }
    return true;
  }

  private static Sandbox open(Stage stage, SandboxPolicy policy, String need) throws Exception {
    stage.fixture().reset();
    return stage.open(policy, List.of(need));
  }

  /** Starts a leftover by a script; it must run before the command ends and be gone after. */
  private static Body leftover(String script) {
    return stage -> {
      String sleeper = sleeper();
      String whole = String.format(script, sleeper) + "; read line";
      try (Sandbox sandbox = open(stage, stage.policy("write"), "lifetime.tree")) {
        SandboxedProcess process = sandbox.start(sh(whole));
        if (!becomes(sleeper, 1, PATIENCE_MILLIS)) {
          process.destroyForcibly();
          return "the control failed: the leftover never ran";
        }
        process.getOutputStream().close();
        process.waitFor();
        if (becomes(sleeper, 0, PATIENCE_MILLIS)) {
          return "";
        }
        ProcessHandle.of(pidOf(sleeper)).ifPresent(ProcessHandle::destroyForcibly);
        return "the leftover still runs";
      }
    };
  }

  private static String destroy(Stage stage) throws Exception {
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
          ? ""
          : "it could not end as it likes: " + exit;
    }
  }

  private static String destroyUnwilling(Stage stage) throws Exception {
    String sleeper = sleeper();
    SandboxPolicy policy = stage.policy("write").toBuilder().grace(Duration.ofMillis(200)).build();
    try (Sandbox sandbox = open(stage, policy, "lifetime.tree")) {
      SandboxedProcess process =
          sandbox.start(sh("trap '' TERM; setsid " + sleeper + " & while :; do sleep 0.05; done"));
      if (!becomes(sleeper, 1, PATIENCE_MILLIS)) {
        return "the control failed: the descendant never ran";
      }
      process.destroy();
      boolean ended = process.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      return ended && becomes(sleeper, 0, PATIENCE_MILLIS) ? "" : "something still runs";
    }
  }

  private static String destroyForcibly(Stage stage) throws Exception {
    String sleeper = sleeper();
    try (Sandbox sandbox = open(stage, stage.policy("write"), "lifetime.tree")) {
      SandboxedProcess process =
          sandbox.start(sh("setsid " + sleeper + " & trap '' TERM; while :; do sleep 0.05; done"));
      if (!becomes(sleeper, 1, PATIENCE_MILLIS)) {
        return "the control failed: the descendant never ran";
      }
      process.destroyForcibly();
      boolean ended = process.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      return ended
              && becomes(sleeper, 0, PATIENCE_MILLIS)
              && process.termination().orElseThrow().cause() == Termination.Cause.DESTROYED
          ? ""
          : "something still runs, or the cause is wrong: " + process.termination();
    }
  }

  private static String timeout(Stage stage) throws Exception {
    String sleeper = sleeper();
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .wallTime(Duration.ofMillis(600))
            .grace(Duration.ofMillis(100))
            .build();
    try (Sandbox sandbox = open(stage, policy, "limits.wall-time")) {
      SandboxedProcess process =
          sandbox.start(sh("trap '' TERM; setsid " + sleeper + " & while :; do sleep 0.05; done"));
      boolean ended = process.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      return ended
              && becomes(sleeper, 0, PATIENCE_MILLIS)
              && process.termination().orElseThrow().cause() == Termination.Cause.TIMED_OUT
          ? ""
          : "something still runs, or the cause is wrong: " + process.termination();
    }
  }

  private static String close(Stage stage) throws Exception {
    String sleeper = sleeper();
    SandboxedProcess process;
    try (Sandbox sandbox = open(stage, stage.policy("write"), "lifetime.tree")) {
      process = sandbox.start(sh("setsid " + sleeper + " & trap '' TERM; sleep 1000"));
      if (!becomes(sleeper, 1, PATIENCE_MILLIS)) {
        return "the control failed: the descendant never ran";
      }
    }
    return !process.isAlive() && becomes(sleeper, 0, PATIENCE_MILLIS) ? "" : "something still runs";
  }

  /** A JVM of its own opens a sandbox and is killed. */
  private static String jvmKilled(Stage stage) throws Exception {
    try (Sandbox here = open(stage, stage.policy("write"), "lifetime.jvm-exit")) {
      here.plan();
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
      if (tmp == null || !becomes(sleeper, 3, PATIENCE_MILLIS)) {
        return "the control failed: the processes never ran";
      }
      jvm.destroyForcibly().waitFor();
      if (!becomes(sleeper, 0, AFTER_KILL_MILLIS)) {
        return running(sleeper) + " processes still run";
      }
      for (long waited = 0; Files.exists(Path.of(tmp)); waited += 20) {
        if (waited > AFTER_KILL_MILLIS) {
          return "the temporary directory is left: " + tmp;
        }
        Thread.sleep(20);
      }
      return "";
    } finally {
      jvm.destroyForcibly();
    }
  }

  private static String forks(Stage stage) throws Exception {
    String sleeper = sleeper();
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .wallTime(Duration.ofMillis(700))
            .grace(Duration.ZERO)
            .build();
    try (Sandbox sandbox = open(stage, policy, "limits.wall-time")) {
      SandboxedProcess process =
          sandbox.start(sh("while :; do setsid " + sleeper + " & sleep 0.005; done"));
      boolean ended = process.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      return ended && becomes(sleeper, 0, PATIENCE_MILLIS) ? "" : "something still runs";
    }
  }

  private static String forkBomb(Stage stage) throws Exception {
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .wallTime(Duration.ofMillis(400))
            .grace(Duration.ZERO)
            .build();
    String mark = "bomb-" + sleeper().substring("sleep ".length());
    try (Sandbox sandbox = open(stage, policy, "limits.wall-time")) {
      SandboxCommand bomb =
          SandboxCommand.of("/bin/sh", "-c", "b() { b | b & }; b; sleep 1000", mark)
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      SandboxedProcess process = sandbox.start(bomb);
      boolean ended = process.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      return ended && becomes("/bin/sh -c", 0, PATIENCE_MILLIS, mark) ? "" : "something still runs";
    }
  }

  private static String zombies(Stage stage) throws Exception {
    String sleeper = sleeper();
    // The children end at once, and their parent has become a program that never waits for them.
    String script =
        "(for i in $(seq 200); do (exit 0) & done; exec " + sleeper + ") & sleep 0.5; read line";
    try (Sandbox sandbox = open(stage, stage.policy("write"), "lifetime.tree")) {
      SandboxedProcess process = sandbox.start(sh(script));
      if (!becomes(sleeper, 1, PATIENCE_MILLIS)) {
        return "the control failed: the parent never ran";
      }
      long pid = pidOf(sleeper);
      long before = zombiesOf(pid);
      process.getOutputStream().close();
      process.waitFor();
      if (before < 100) {
        return "the control failed: only " + before + " zombies";
      }
      boolean gone = becomes(sleeper, 0, PATIENCE_MILLIS);
      for (long waited = 0; gone && zombiesOf(pid) > 0; waited += 10) {
        if (waited > PATIENCE_MILLIS) {
          return "zombies are left";
        }
        Thread.sleep(10);
      }
      return gone ? "" : "the parent still runs";
    }
  }

  private static long pidOf(String commandLine) {
    return ProcessHandle.allProcesses()
        .filter(
            process ->
                commandOf(Path.of("/proc/" + process.pid()))
                    .startsWith(commandLine.replace(' ', '\0')))
        .mapToLong(ProcessHandle::pid)
        .findFirst()
        .orElse(-1);
  }

  private static long zombiesOf(long parent) throws IOException {
    long count = 0;
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      for (Path process : (Iterable<Path>) all::iterator) {
        if (process.getFileName().toString().matches("[0-9]+")) {
          count += isZombieOf(process, parent) ? 1 : 0;
        }
      }
    }
    return count;
  }

  private static boolean isZombieOf(Path process, long parent) {
    try {
      String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
      // proc_pid_stat(5): after the name, state and parent.
      return stat.substring(stat.lastIndexOf(')') + 2).startsWith("Z " + parent + " ");
    } catch (IOException e) {
      // It ended while we looked.
      return false;
    }
  }

  private static String diskFiller(Stage stage) throws Exception {
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .wallTime(Duration.ofMillis(500))
            .grace(Duration.ZERO)
            .build();
    Path tmp;
    try (Sandbox sandbox = open(stage, policy, "limits.wall-time")) {
      tmp = tmpOf(sandbox);
      String filler = "i=0; while :; do head -c 65536 /dev/zero > \"$TMPDIR/$i\"; i=$((i+1)); done";
      sandbox.start(sh(filler)).waitFor();
      if (!Files.exists(tmp.resolve("0"))) {
        return "the control failed: nothing was written to " + tmp;
      }
    }
    return Files.exists(tmp) ? tmp + " is left" : "";
  }

  private static String memoryHog(Stage stage) throws Exception {
    // dd takes its whole block at once.
    String script = "dd if=/dev/zero of=/dev/null bs=600M count=1";
    SandboxPolicy policy =
        stage.policy("write").toBuilder().memory(256L << 20).bestEffort("limits").build();
    stage.fixture().reset();
    Execution inside;
    try (Sandbox sandbox = stage.open(policy, List.of())) {
      if (sandbox.plan().guarantees().stream()
          .anyMatch(
              guarantee ->
                  guarantee.id().equals("limits.memory")
                      && guarantee.level() == Enforcement.UNSUPPORTED)) {
        throw new ConformanceCase.NotApplicableException("memory is not bounded here");
      }
      inside = Execution.of(sandbox.start(sh(script)));
    }
    int control = Execution.of(new ProcessBuilder("/bin/sh", "-c", script).start()).exit();
    return control == 0 && inside.exit() != 0
        ? ""
        : "outside " + control + ", inside " + inside.exit();
  }

  private static String processes(Stage stage) throws Exception {
    SandboxPolicy policy = stage.policy("write").toBuilder().processes(20).build();
    String sleeper = sleeper();
    try (Sandbox sandbox = open(stage, policy, "limits.processes")) {
      SandboxedProcess process =
          sandbox.start(
              // A shell that cannot fork gives up; the one around it goes on without forking.
              sh("(for i in $(seq 60); do " + sleeper + " & done) 2>/dev/null; read line")
                  .redirectError(ProcessBuilder.Redirect.DISCARD));
      Thread.sleep(1_000);
      long count = running(sleeper);
      process.destroyForcibly();
      process.waitFor();
      return count > 0 && count <= 20 ? "" : count + " ran";
    }
  }

  private static String outputLimit(Stage stage) throws Exception {
    SandboxPolicy policy = stage.policy("write").toBuilder().outputBytes(10_000).build();
    try (Sandbox sandbox = open(stage, policy, "limits.output")) {
      SandboxedProcess process = sandbox.start(sh("yes"));
      int length = process.getInputStream().readAllBytes().length;
      process.waitFor();
      return length == 10_000
              && process.termination().orElseThrow().cause() == Termination.Cause.OUTPUT_LIMIT
          ? ""
          : length + " bytes, " + process.termination();
    }
  }

  private static Body limited(SandboxPolicy.Builder limits, String script, String expected) {
    return stage -> {
      SandboxPolicy policy =
          stage.policy("write").toBuilder().limits(limits.build().limits()).build();
      stage.fixture().reset();
      try (Sandbox sandbox = stage.open(policy, List.of("limits.open-files"))) {
        String got = Execution.of(sandbox.start(sh(script))).output();
        return got.equals(expected) ? "" : "expected " + expected + ", got " + got;
      }
    };
  }

  private static String fileSize(Stage stage) throws Exception {
    SandboxPolicy policy = stage.policy("write").toBuilder().fileSize(100_000).build();
    try (Sandbox sandbox = open(stage, policy, "limits.file-size")) {
      Execution.of(
          sandbox.start(sh("head -c 90000 /dev/zero > small; head -c 200000 /dev/zero > big")));
      long small = Files.size(stage.fixture().workspace().resolve("small"));
      long big = Files.size(stage.fixture().workspace().resolve("big"));
      return small == 90_000 && big <= 100_000 ? "" : "small " + small + ", big " + big;
    }
  }

  private static String cpuTime(Stage stage) throws Exception {
    SandboxPolicy policy = stage.policy("write").toBuilder().cpuTime(Duration.ofSeconds(1)).build();
    try (Sandbox sandbox = open(stage, policy, "limits.cpu-time")) {
      SandboxedProcess process = sandbox.start(sh("while :; do :; done"));
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() > 128
          ? ""
          : "it was not ended by a signal";
    }
  }

  /** Where it lies outside; inside it may have another name. */
  private static Path tmpOf(Sandbox sandbox) {
    return Path.of(sandbox.plan().policy().places().privateTmp().orElseThrow());
  }

  private static String temporaryDirectory(Stage stage) throws Exception {
    Path tmp;
    try (Sandbox sandbox = open(stage, stage.policy("write"), "tmp.private")) {
      tmp = tmpOf(sandbox);
      Execution.of(sandbox.start(sh("touch \"$TMPDIR/x\"")));
      if (!Files.exists(tmp.resolve("x"))) {
        return "the control failed: nothing was written to " + tmp;
      }
    }
    return Files.exists(tmp) ? tmp + " is left" : "";
  }

  private static String lockedDirectory(Stage stage) throws Exception {
    Path tmp;
    try (Sandbox sandbox = open(stage, stage.policy("write"), "tmp.private")) {
      tmp = tmpOf(sandbox);
      Execution.of(
          sandbox.start(sh("cd \"$TMPDIR\"; mkdir -p a/b; touch a/b/c; chmod 0 a/b; chmod 0 a")));
      if (!Files.exists(tmp.resolve("a"))) {
        return "the control failed: nothing was made in " + tmp;
      }
    }
    return Files.exists(tmp) ? tmp + " is left" : "";
  }

  private static String linkInTemporaryDirectory(Stage stage) throws Exception {
    Path outside = stage.fixture().outside();
    try (Sandbox sandbox = open(stage, stage.policy("write"), "tmp.private")) {
      Execution.of(sandbox.start(sh("ln -s " + outside + " \"$TMPDIR/link\"")));
    }
    return Files.exists(outside.resolve("directory/file")) ? "" : "what a link led to was removed";
  }

  private static String workspace(Stage stage, String policy) throws Exception {
    stage.fixture().reset();
    Path workspace = stage.fixture().workspace();
    List<Path> before = tree(workspace);
    try (Sandbox sandbox = stage.open(stage.policy(policy), List.of())) {
      Execution.of(sandbox.start(sh("cat file")));
    }
    return tree(workspace).equals(before) ? "" : "left in the workspace: " + tree(workspace);
  }

  private static List<Path> tree(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.sorted().toList();
    }
  }
}
