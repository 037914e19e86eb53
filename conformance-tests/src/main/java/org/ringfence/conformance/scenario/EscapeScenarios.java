package org.ringfence.conformance.scenario;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntToLongFunction;
import java.util.function.ObjIntConsumer;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.conformance.stage.SandboxHost;
import org.ringfence.conformance.stage.TestContext;

/** Leaks of the JVM that opens the sandbox: its descriptors and its environment. */
public final class EscapeScenarios {
  private static final String GROUP = "escape";
  // Above the descriptors that the probe's own JVM opens, so that the number is unambiguous there.
  private static final int LOWEST_HIGH_DESCRIPTOR = 500;
  private static final int F_DUPFD = 0;
  private static final int O_WRONLY = 1;
  private static final long MS_BIND = 4096;
  // sys/ipc.h and sys/stat.h: IPC_CREAT, IPC_EXCL, a mode of 0600
  private static final int NEW = 03600;
  private static final int IPC_RMID = 0;
  // fcntl.h: O_CREAT, O_RDWR
  private static final int NEW_QUEUE = 0102;
  private static final int MOST_KEYS = 1 << 30;

  private EscapeScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    all.add(
        new ConformanceCase(
            "ESC-DESCRIPTOR",
            GROUP,
            "an open descriptor of the JVM cannot be written to",
            List.of("process.descriptors"),
            EscapeScenarios::descriptor));
    all.add(
        new ConformanceCase(
            "ESC-SECRET",
            GROUP,
            "a variable that looks like a secret is not seen",
            List.of("environment.filtered"),
            EscapeScenarios::secret));
    all.add(
        new ConformanceCase(
            "ESC-CHILD-OF-PARENT",
            GROUP,
            "no process is made a child of the JVM",
            List.of("files.write"),
            EscapeScenarios::childOfParent));
    all.add(
        new ConformanceCase(
            "ESC-THREAD",
            GROUP,
            "no thread of the JVM gives its memory or its environment",
            List.of("process.isolation"),
            EscapeScenarios::thread));
    all.add(
        new ConformanceCase(
            "ESC-SYSV-MEMORY",
            GROUP,
            "System V shared memory of a program outside is not reached",
            List.of("process.kernel-surface"),
            stage ->
                shared(
                    stage,
                    "sysv-memory",
                    key -> NativeCalls.call("shmget", key, 4096L, NEW),
                    (key, id) -> NativeCalls.call("shmctl", id, IPC_RMID, null))));
    all.add(
        new ConformanceCase(
            "ESC-SYSV-MESSAGES",
            GROUP,
            "System V messages of a program outside are not reached",
            List.of("process.kernel-surface"),
            stage ->
                shared(
                    stage,
                    "sysv-messages",
                    key -> NativeCalls.call("msgget", key, NEW),
                    (key, id) -> NativeCalls.call("msgctl", id, IPC_RMID, null))));
    all.add(
        new ConformanceCase(
            "ESC-MQUEUE",
            GROUP,
            "a POSIX message queue of a program outside is not opened",
            List.of("process.kernel-surface"),
            stage ->
                shared(
                    stage,
                    "message-queue",
                    key -> NativeCalls.call("mq_open", queue(key), NEW_QUEUE, 0600, null),
                    (key, id) -> {
                      NativeCalls.call("close", id);
                      NativeCalls.call("mq_unlink", queue(key));
                    })));
    all.add(
        new ConformanceCase(
            "LP-BIND-ALIAS",
            "link-path",
            "a file cannot be created outside through a bind mount of the place",
            List.of("files.write"),
            EscapeScenarios::bindAlias));
  }

  private static String queue(int key) {
    return "/ringfence-probe-" + key;
  }

  /** Makes something that any process of the user finds by its key or its name. */
  private static Outcome shared(
      TestContext stage, String operation, IntToLongFunction make, ObjIntConsumer<Integer> remove)
      throws Exception {
    stage.posix().reset();
    int key = 1 + ThreadLocalRandom.current().nextInt(MOST_KEYS);
    long made = make.applyAsLong(key);
    if (made < 0) {
      throw NotShownException.skipped(
          "it cannot be made here: " + NativeCalls.errorName((int) -made));
    }
    try {
      List<String> probe = stage.posix().probe(List.of(operation, Integer.toString(key)));
      CapturedProcess inside;
      try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("process.kernel-surface"))) {
        inside = CapturedProcess.of(sandbox.start(SandboxCommand.of(probe)));
      }
      if (!inside.denied()) {
        return Outcome.failed("expected to be denied, but: " + inside.result());
      }
      CapturedProcess control = CapturedProcess.of(new ProcessBuilder(probe).start());
      return control.ok()
          ? Outcome.passed()
          : Outcome.failed("the control failed: " + control.result());
    } finally {
      remove.accept(key, (int) made);
    }
  }

  /** Some threads of the JVM may be under the command's own restrictions. */
  private static Outcome thread(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("/proc");
    stage.posix().reset();
    String script =
        "opened=0; for f in /proc/$0/task/*/environ /proc/$0/task/*/mem /proc/$0/task/*/maps"
            + " /proc/$0/task/*/auxv; do true 2>/dev/null <\"$f\" && opened=$((opened + 1)); done;"
            + " echo $opened";
    String own = Long.toString(ProcessHandle.current().pid());
    CapturedProcess inside;
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("process.isolation"))) {
      inside = CapturedProcess.of(sandbox.start(SandboxCommand.of("/bin/sh", "-c", script, own)));
    }
    if (!inside.output().equals("0\n")) {
      return Outcome.failed("expected no opened file, but: " + inside.output() + inside.error());
    }
    // Another process of this user, since this JVM may be running commands of other cases.
    Process other = new ProcessBuilder("/bin/cat").start();
    try {
      CapturedProcess control =
          CapturedProcess.of(
              new ProcessBuilder("/bin/sh", "-c", script, Long.toString(other.pid())).start());
      return control.output().equals("4\n")
          ? Outcome.passed()
          : Outcome.failed("the control failed: " + control.output());
    } finally {
      other.destroy();
    }
  }

  /** CLONE_PARENT with SIGCHLD; the new process ends at once. */
  private static Outcome childOfParent(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("clone");
    stage.posix().reset();
    String script =
        "my $made = syscall("
            + (NativeCalls.X86 ? 56 : 220)
            + ", 0x8011, 0, 0, 0, 0); exit 0 if $made == 0; print $made < 0 ? 'denied' : 'made';";
    List<String> command = List.of("/bin/sh", "-c", "perl -e \"$0\"; true", script);
    CapturedProcess inside;
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("files.write"))) {
      inside = CapturedProcess.of(sandbox.start(SandboxCommand.of(command)));
    }
    if (!inside.output().equals("denied")) {
      return Outcome.failed("expected to be denied, but: " + inside.output() + inside.error());
    }
    CapturedProcess control = CapturedProcess.of(new ProcessBuilder(command).start());
    return control.output().equals("made")
        ? Outcome.passed()
        : Outcome.failed("the control failed: " + control.output());
  }

  private static Outcome bindAlias(TestContext stage) throws Exception {
    stage.posix().reset();
    Path outside = stage.posix().outside();
    Path alias = Files.createDirectory(outside.resolve("alias"));
    Path aliased = outside.resolve("directory");
    NativeCalls.onlyLinux("bind mounts");
    long mounted =
        NativeCalls.call("mount", aliased.toString(), alias.toString(), "none", MS_BIND, null);
    if (mounted < 0) {
      throw NotShownException.skipped(
          "a bind mount cannot be made here: " + NativeCalls.errorName((int) -mounted));
    }
    try {
      List<String> probe = stage.posix().probe(List.of("create", alias.resolve("new").toString()));
      CapturedProcess inside;
      try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("files.write"))) {
        inside = CapturedProcess.of(sandbox.start(SandboxCommand.of(probe)));
      }
      if (!inside.denied() || Files.exists(aliased.resolve("new"))) {
        return Outcome.failed("expected to be denied, but: " + inside.result());
      }
      CapturedProcess control = CapturedProcess.of(new ProcessBuilder(probe).start());
      return control.ok() && Files.exists(aliased.resolve("new"))
          ? Outcome.passed()
          : Outcome.failed("the control failed: " + control.result());
    } finally {
      NativeCalls.call("umount", alias.toString());
    }
  }

  /** Opens a descriptor without close-on-exec, as a native library of the JVM may. */
  private static Outcome descriptor(TestContext stage) throws Exception {
    stage.posix().reset();
    Path file = stage.posix().outside().resolve("file");
    long fd = NativeCalls.call("open", file.toString(), O_WRONLY, 0);
    int high = (int) NativeCalls.call("fcntl", (int) fd, F_DUPFD, LOWEST_HIGH_DESCRIPTOR);
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("process.descriptors"))) {
      List<String> probe = stage.posix().probe(List.of("descriptors", Integer.toString(high)));
      CapturedProcess inside = CapturedProcess.of(sandbox.start(SandboxCommand.of(probe)));
      if (!inside.denied()) {
        return Outcome.failed("expected to be denied, but: " + inside.result());
      }
      if (!Files.readString(file).equals("outside")) {
        return Outcome.failed("something was written");
      }
      return NativeCalls.call("write", high, "x", 1L) == 1
          ? Outcome.passed()
          : Outcome.failed("the control failed: the descriptor is not writable");
    } finally {
      NativeCalls.call("close", high);
      NativeCalls.call("close", (int) fd);
    }
  }

  private static Outcome secret(TestContext stage) throws Exception {
    try (Sandbox here = stage.open(stage.policy("write"), List.of("environment.filtered"))) {
      TestContext.onThisSystem(here);
    }
    ProcessBuilder host = SandboxHost.command(stage, "env");
    host.environment().put("RINGFENCE_TEST_TOKEN", PosixFixture.SECRET);
    host.environment().put("LC_RINGFENCE", "control");
    CapturedProcess execution = CapturedProcess.of(host.start());
    if (!execution.output().contains("LC_RINGFENCE=control")) {
      return Outcome.failed("the control failed: a harmless variable is not inherited");
    }
    return execution.output().contains(PosixFixture.SECRET)
        ? Outcome.failed("the secret is inherited")
        : Outcome.passed();
  }
}
