package org.ringfence.conformance.scenario;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.plan.Enforcement;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;

/** Commands that exhaust resources: their limits, and the processes that they leave. */
public final class HostileScenarios {
  private static final int HOLD_SECONDS = 60;
  private static final String GROUP = "lifetime";

  // On a busy machine, ending and reaping some ten thousand processes takes time.
  private static final Patience BOMB_PATIENCE = Patience.forProcesses(Duration.ofSeconds(60));

  // A shell outside that uses as much processor time.
  private static final Patience CPU_PATIENCE =
      new Patience(
          Duration.ofSeconds(20),
          5,
          () ->
              new ProcessBuilder("/bin/sh", "-c", "ulimit -t 1; while :; do :; done")
                  .start()
                  .waitFor());

  private static final int ZOMBIES = 200;

  private HostileScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "LIFE-FORK-BOMB",
        "a fork bomb ends with the wall time",
        List.of("limits.wall-time"),
        HostileScenarios::forkBomb);
    add(
        all,
        "LIFE-ZOMBIES",
        "two hundred zombies end with the command",
        List.of("lifetime.tree"),
        HostileScenarios::zombies);
    add(
        all,
        "LIFE-DISK-FILLER",
        "files that fill the private temporary directory are removed with the directory",
        List.of("tmp.private", "limits.wall-time"),
        HostileScenarios::diskFiller);
    add(
        all,
        "LIMIT-MEMORY-HOG",
        "a process that takes more memory than is allowed fails",
        List.of(),
        HostileScenarios::memoryHog);
    add(
        all,
        "LIMIT-MEMORY-TREE",
        "processes that together take more memory than is allowed are ended, and the end says so",
        List.of("limits.memory"),
        HostileScenarios::memoryOfTree);
    add(
        all,
        "LIMIT-PROCESSES",
        "processes beyond the limit are not started",
        List.of("limits.processes"),
        HostileScenarios::processes);
    add(
        all,
        "LIMIT-OUTPUT",
        "output beyond the limit is cut off",
        List.of("limits.output"),
        HostileScenarios::outputLimit);
    add(
        all,
        "LIMIT-OUTPUT-END",
        "output beyond the limit is reported although the command ends by itself",
        List.of("limits.output"),
        HostileScenarios::outputAtTheEnd);
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
        HostileScenarios::fileSize);
    add(
        all,
        "LIMIT-FILE-SIZE-BY-NAME",
        "a file does not grow beyond the limit by its name, and shrinks by it",
        List.of("limits.file-size"),
        HostileScenarios::fileSizeByName);
    add(
        all,
        "LIMIT-CPU",
        "processor time is bounded",
        List.of("limits.cpu-time"),
        HostileScenarios::cpuTime);
  }

  private static void add(
      List<ConformanceCase> all, String id, String title, List<String> needs, Body body) {
    all.add(new ConformanceCase(id, GROUP, title, needs, body));
  }

  /**
   * A thousand shells that start others for ever. Without a bound they would take every process of
   * the machine from its other users.
   */
  private static final String BOMB =
      "b() { if [ $1 -lt 9 ]; then b $(($1+1)) | b $(($1+1)) &"
          + " else while :; do (exit 0); done; fi; }; b 0; sleep 1000";

  private static Outcome forkBomb(TestContext stage) throws Exception {
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .wallTime(Duration.ofMillis(400))
            .grace(Duration.ZERO)
            .build();
    String mark = "bomb-" + LifetimeScenarios.sleeper().substring("sleep ".length());
    try (Sandbox sandbox = LifetimeScenarios.open(stage, policy, "limits.wall-time")) {
      SandboxCommand bomb =
          SandboxCommand.of("/bin/sh", "-c", BOMB, mark)
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      SandboxedProcess process = sandbox.start(bomb);
      return BOMB_PATIENCE.untilEnded(process) && BOMB_PATIENCE.until(() -> shellsWith(mark) == 0)
          ? Outcome.passed()
          : Outcome.failed("something still runs");
    }
  }

  private static long shellsWith(String word) {
    return ProcessHandle.allProcesses()
        .map(process -> LifetimeScenarios.commandOf(Path.of("/proc/" + process.pid())))
        .filter(line -> line.startsWith("/bin/sh\0-c\0") && line.contains(word))
        .count();
  }

  private static Outcome zombies(TestContext stage) throws Exception {
    String sleeper = LifetimeScenarios.sleeper();
    // The children end at once, and their parent has become a program that never waits for them.
    String script =
        "(for i in $(seq " + ZOMBIES + "); do (exit 0) & done; exec " + sleeper + ") & read line";
    try (Sandbox sandbox = LifetimeScenarios.open(stage, stage.policy("write"), "lifetime.tree")) {
      SandboxedProcess process = sandbox.start(LifetimeScenarios.sh(script));
      if (!LifetimeScenarios.becomes(sleeper, 1)) {
        return Outcome.failed("the control failed: the parent never ran");
      }
      long pid = LifetimeScenarios.pidOf(sleeper);
      // The last of them may be about to end.
      boolean enough = LifetimeScenarios.PATIENCE.until(() -> zombiesOf(pid) >= ZOMBIES);
      long before = zombiesOf(pid);
      process.getOutputStream().close();
      process.waitFor();
      if (!enough) {
        return Outcome.failed("the control failed: only " + before + " zombies");
      }
      if (!LifetimeScenarios.becomes(sleeper, 0)) {
        return Outcome.failed("the parent still runs");
      }
      return LifetimeScenarios.PATIENCE.until(() -> zombiesOf(pid) == 0)
          ? Outcome.passed()
          : Outcome.failed("zombies are left");
    }
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
      // It ended meanwhile.
      return false;
    }
  }

  private static Outcome diskFiller(TestContext stage) throws Exception {
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .wallTime(Duration.ofMillis(1500))
            .grace(Duration.ZERO)
            .build();
    Path tmp;
    try (Sandbox sandbox = LifetimeScenarios.open(stage, policy, "limits.wall-time")) {
      tmp = LifetimeScenarios.tmpOf(sandbox);
      String filler = "i=0; while :; do head -c 65536 /dev/zero > \"$TMPDIR/$i\"; i=$((i+1)); done";
      sandbox.start(LifetimeScenarios.sh(filler)).waitFor();
      if (!Files.exists(tmp.resolve("0"))) {
        return Outcome.failed("the control failed: nothing was written to " + tmp);
      }
    }
    return Files.exists(tmp) ? Outcome.failed(tmp + " is left") : Outcome.passed();
  }

  private static Outcome memoryHog(TestContext stage) throws Exception {
    // dd allocates its whole block at once.
    String script = "dd if=/dev/zero of=/dev/null bs=600M count=1";
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .memory(256L << 20)
            .acceptWeaker(Guarantee.named("limits"))
            .build();
    stage.posix().reset();
    CapturedProcess inside;
    try (Sandbox sandbox = stage.open(policy, List.of())) {
      if (sandbox.plan().guarantees().stream()
          .anyMatch(
              guarantee ->
                  guarantee.id().equals("limits.memory")
                      && guarantee.level() == Enforcement.UNSUPPORTED)) {
        throw NotShownException.notApplicable("memory is not bounded here");
      }
      inside = CapturedProcess.of(sandbox.start(LifetimeScenarios.sh(script)));
    }
    int control = CapturedProcess.of(new ProcessBuilder("/bin/sh", "-c", script).start()).exit();
    return control == 0 && inside.exit() != 0
        ? Outcome.passed()
        : Outcome.failed("outside " + control + ", inside " + inside.exit());
  }

  private static Outcome memoryOfTree(TestContext stage) throws Exception {
    // tail keeps a line until its end, which does not come before the end of the input.
    String holders =
        "for i in $(seq %d); do (head -c 100000000 /dev/zero; sleep %d) | tail -n 1 | wc -c & done;"
            + " wait";
    SandboxPolicy policy = stage.policy("write").toBuilder().memory(256L << 20).build();
    try (Sandbox sandbox = LifetimeScenarios.open(stage, policy, "limits.memory")) {
      CapturedProcess one =
          CapturedProcess.of(sandbox.start(LifetimeScenarios.sh(String.format(holders, 1, 0))));
      if (!one.output().strip().equals("100000000")) {
        return Outcome.failed("the control failed: " + one.output());
      }
      SandboxedProcess six =
          sandbox.start(LifetimeScenarios.sh(String.format(holders, 6, HOLD_SECONDS)));
      CapturedProcess.of(six);
      Termination end = six.termination().orElseThrow();
      long peak = six.usage().orElseThrow().peakMemory().orElse(0);
      return end.cause() == Termination.Cause.MEMORY_LIMIT && peak <= 256L << 20
          ? Outcome.passed()
          : Outcome.failed(end + ", " + peak + " bytes");
    }
  }

  private static Outcome processes(TestContext stage) throws Exception {
    SandboxPolicy policy = stage.policy("write").toBuilder().processes(20).build();
    String sleeper = LifetimeScenarios.sleeper();
    try (Sandbox sandbox = LifetimeScenarios.open(stage, policy, "limits.processes")) {
      SandboxedProcess process =
          sandbox.start(
              // A shell that cannot fork gives up; the one around it goes on without forking.
              LifetimeScenarios.sh(
                      "(for i in $(seq 60); do "
                          + sleeper
                          + " & done) 2>/dev/null; echo; read line")
                  .redirectError(ProcessBuilder.Redirect.DISCARD));
      // A line comes when the inner shell has tried to start them all, or has given up.
      // Its children are shells until they have become the counted program.
      process.getInputStream().read();
      LifetimeScenarios.PATIENCE.until(() -> shellsWith(sleeper) <= 1);
      long count = LifetimeScenarios.running(sleeper);
      process.destroyForcibly();
      process.waitFor();
      return count > 0 && count <= 20 ? Outcome.passed() : Outcome.failed(count + " ran");
    }
  }

  private static Outcome outputLimit(TestContext stage) throws Exception {
    SandboxPolicy policy = stage.policy("write").toBuilder().outputBytes(10_000).build();
    try (Sandbox sandbox = LifetimeScenarios.open(stage, policy, "limits.output")) {
      SandboxedProcess process = sandbox.start(LifetimeScenarios.sh("yes"));
      int length = process.getInputStream().readAllBytes().length;
      process.waitFor();
      return length == 10_000
              && process.termination().orElseThrow().cause() == Termination.Cause.OUTPUT_LIMIT
          ? Outcome.passed()
          : Outcome.failed(length + " bytes, " + process.termination());
    }
  }

  /** No process reads the output, so the bytes are still in transit when the command ends. */
  private static Outcome outputAtTheEnd(TestContext stage) throws Exception {
    SandboxPolicy policy = stage.policy("write").toBuilder().outputBytes(1_000).build();
    try (Sandbox sandbox = LifetimeScenarios.open(stage, policy, "limits.output")) {
      for (int bytes : List.of(1_000, 5_000)) {
        SandboxedProcess process =
            sandbox.start(LifetimeScenarios.sh("yes | head -c " + bytes + "; exit 0"));
        process.waitFor();
        Termination.Cause cause = process.termination().orElseThrow().cause();
        int length = process.getInputStream().readAllBytes().length;
        boolean over = bytes > 1_000;
        if (length != 1_000 || over != (cause == Termination.Cause.OUTPUT_LIMIT)) {
          return Outcome.failed(bytes + " bytes: " + length + " read, " + cause);
        }
      }
      return Outcome.passed();
    }
  }

  private static Body limited(PolicyBuilder limits, String script, String expected) {
    return stage -> {
      SandboxPolicy policy =
          stage.policy("write").toBuilder().limits(limits.build().limits()).build();
      stage.posix().reset();
      try (Sandbox sandbox = stage.open(policy, List.of("limits.open-files"))) {
        String got = CapturedProcess.of(sandbox.start(LifetimeScenarios.sh(script))).output();
        return got.equals(expected)
            ? Outcome.passed()
            : Outcome.failed("expected " + expected + ", got " + got);
      }
    };
  }

  private static Outcome fileSize(TestContext stage) throws Exception {
    SandboxPolicy policy = stage.policy("write").toBuilder().fileSize(100_000).build();
    try (Sandbox sandbox = LifetimeScenarios.open(stage, policy, "limits.file-size")) {
      CapturedProcess.of(
          sandbox.start(
              LifetimeScenarios.sh(
                  "head -c 90000 /dev/zero > small; head -c 200000 /dev/zero > big")));
      long small = Files.size(stage.posix().workspace().resolve("small"));
      long big = Files.size(stage.posix().workspace().resolve("big"));
      return small == 90_000 && big <= 100_000
          ? Outcome.passed()
          : Outcome.failed("small " + small + ", big " + big);
    }
  }

  private static Outcome fileSizeByName(TestContext stage) throws Exception {
    PosixFixture fixture = stage.posix();
    // More than a JVM maps for its own counters.
    SandboxPolicy policy = stage.policy("write").toBuilder().fileSize(100_000).build();
    Path file = fixture.workspace().resolve("sized");
    try (Sandbox sandbox = LifetimeScenarios.open(stage, policy, "limits.file-size")) {
      Files.write(file, new byte[150_000]);
      for (long size : new long[] {200_000, 120_000, 100_000}) {
        List<String> probe =
            fixture.probe(List.of("truncate-to", file.toString(), Long.toString(size)));
        CapturedProcess inside = CapturedProcess.of(sandbox.start(SandboxCommand.of(probe)));
        boolean as = size > 150_000 ? inside.result().equals("DENIED EFBIG") : inside.ok();
        if (!as) {
          return Outcome.failed(size + " bytes: " + inside.result());
        }
      }
    }
    return Files.size(file) == 100_000
        ? Outcome.passed()
        : Outcome.failed("it has " + Files.size(file) + " bytes");
  }

  private static Outcome cpuTime(TestContext stage) throws Exception {
    SandboxPolicy policy = stage.policy("write").toBuilder().cpuTime(Duration.ofSeconds(1)).build();
    try (Sandbox sandbox = LifetimeScenarios.open(stage, policy, "limits.cpu-time")) {
      SandboxedProcess process = sandbox.start(LifetimeScenarios.sh("while :; do :; done"));
      return CPU_PATIENCE.untilEnded(process) && process.exitValue() > 128
          ? Outcome.passed()
          : Outcome.failed("it was not ended by a signal");
    }
  }
}
