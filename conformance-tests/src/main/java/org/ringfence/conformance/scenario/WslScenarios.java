package org.ringfence.conformance.scenario;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
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
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.spi.RemoteBackend;

/**
 * Cases of WSL2 only: the doors back to Windows, and how {@code wsl.exe} reports a command's end.
 * Each denied operation first runs without a sandbox, in the same distribution: where it has no
 * effect there, the case does not apply. Needs only a shell of the distribution, and Perl for
 * sockets.
 */
public final class WslScenarios {
  /** The prefix of the ids of all cases here, and of no other. */
  public static final String PREFIX = "WSL-";

  private static final String GROUP = "wsl";
  private static final List<String> NEEDS = List.of("wsl.doors");

  private WslScenarios() {}

  private static Sandbox open(TestContext there) throws Exception {
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .write(":workspace")
            .protectedNames(ProtectedNames.OFF)
            .network(NetworkMode.FULL)
            .strictness(Strictness.Mode.BEST_EFFORT)
            .build();
    SandboxPlan plan = there.require(policy, NEEDS, there.fixture().workspace());
    if (plan.guarantees().stream().noneMatch(one -> NEEDS.contains(one.id()))) {
      throw NotShownException.notApplicable("commands do not run in a distribution of WSL2");
    }
    return there.open(policy, NEEDS);
  }

  /** Runs a script in the distribution, without a sandbox. */
  private static String outside(TestContext there, String script)
      throws IOException, InterruptedException {
    // Not an argument: some command lines of Windows do not preserve quotes.
    List<String> words = List.of("/bin/sh", "-s");
    List<String> unconfined =
        there
            .backend()
            .extension(RemoteBackend.class)
            .map(remote -> remote.unconfined(words))
            .orElse(words);
    Process shell = new ProcessBuilder(unconfined).start();
    try (OutputStream input = shell.getOutputStream()) {
      input.write(script.getBytes(StandardCharsets.UTF_8));
    }
    return CapturedProcess.of(shell).output();
  }

  /**
   * A way out.
   *
   * @param find a script that prints a line for each such way in the distribution
   * @param knock a script for each, as {@code $p}; succeeds when the way leads out
   */
  private record Door(String find, String knock) implements Body {
    @Override
    public Outcome run(TestContext there) throws Exception {
      try (Sandbox sandbox = open(there)) {
        String own = inside(sandbox, "pwd");
        List<String> found =
            outside(there, find)
                .lines()
                // A path that a rule names is open, with the directories above it.
                .filter(one -> !(own.strip() + "/").startsWith(one + "/"))
                .toList();
        if (found.isEmpty()) {
          throw NotShownException.skipped("this distribution has none");
        }
        String script = script(found);
        List<String> open = opened(outside(there, script));
        if (open.isEmpty()) {
          throw NotShownException.skipped("it leads nowhere without a sandbox, too: " + found);
        }
        String told = inside(sandbox, script);
        if (!told.contains("\nend\n")) {
          return Outcome.failed("the script did not run in the sandbox: " + told);
        }
        return opened(told).isEmpty() ? Outcome.passed() : Outcome.failed("open: " + opened(told));
      }
    }

    private String script(List<String> found) {
      StringBuilder script = new StringBuilder("for p in");
      found.forEach(one -> script.append(" '").append(one.replace("'", "'\\''")).append('\''));
      return script
          .append("; do\n(")
          .append(knock)
          .append(") </dev/null >/dev/null 2>&1 && echo \"open $p\"\ndone\necho; echo end\n")
          .toString();
    }

    private static List<String> opened(String told) {
      return told.lines().filter(line -> line.startsWith("open ")).toList();
    }
  }

  private static String inside(Sandbox sandbox, String script) throws Exception {
    return CapturedProcess.of(sandbox.start(SandboxCommand.of("/bin/sh", "-c", script))).output();
  }

  private static final String CONNECT =
      "perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0)"
          + " && connect(S, sockaddr_un($ARGV[0])) || exit 1' \"$p\"";

  /** The mount points of drives, other distributions' files, and the desktop's. */
  private static final String DRIVES =
      "{ sed -n 's/^[^ ]* \\([^ ]*\\) \\(9p\\|drvfs\\|virtiofs\\) .*/\\1/p' /proc/self/mounts;"
          + " for d in /mnt/*; do [ -d \"$d\" ] && echo \"$d\"; done; }"
          + " | grep -v '\\\\\\\\' | sort -u";

  /**
   * Adds the cases. On Linux the backend may use an emulated WSL2.
   *
   * @param all the list to extend
   */
  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "WSL-INTEROP-SOCKET",
        "a socket that starts programs of Windows cannot be connected to",
        new Door("find /run/WSL -type s 2>/dev/null", CONNECT));
    add(
        all,
        "WSL-DESKTOP-SOCKET",
        "a socket of the desktop cannot be connected to",
        new Door("find /mnt/wslg /tmp/.X11-unix -type s 2>/dev/null", CONNECT));
    add(
        all,
        "WSL-ENGINE-SOCKET",
        "a container engine's socket cannot be connected to",
        new Door(
            "for s in /var/run/docker.sock /run/docker.sock /run/podman/podman.sock;"
                + " do [ -S $s ] && echo $s; done",
            CONNECT));
    add(
        all,
        "WSL-MACHINE-SOCKET",
        "a socket to the virtual machine's host cannot be made",
        // AF_VSOCK of linux/socket.h
        new Door("echo vsock", "perl -MSocket -e 'socket(S, 40, SOCK_STREAM, 0) || exit 1'"));
    add(
        all,
        "WSL-DRIVE-READ",
        "no file is seen on a drive of Windows, or where distributions share theirs",
        new Door(
            "for d in $(" + DRIVES + "); do ls -A \"$d\" | head -n 20 | sed \"s|^|$d/|\"; done",
            "[ -e \"$p\" ]"));
    add(
        all,
        "WSL-DRIVE-WRITE",
        "no directory is made on a drive of Windows, or where distributions share theirs",
        new Door(
            DRIVES, "mkdir \"$p/ringfence-conformance\" && rmdir \"$p/ringfence-conformance\""));
    add(
        all,
        "WSL-PROGRAM",
        "a program of Windows cannot be started",
        new Door(
            "for d in $(" + DRIVES + "); do ls -d \"$d\"/[Ww]indows/[Ss]ystem32/cmd.exe; done",
            "\"$p\" /c echo started | grep -q started"));
    add(
        all,
        "WSL-PROGRAM-COPY",
        "a program of Windows that lies in the workspace cannot be started",
        WslScenarios::copiedProgram);
    add(
        all,
        "WSL-INIT",
        "the program that starts those of Windows cannot be read",
        new Door("[ -s /init ] && echo /init", "[ -s \"$p\" ]"));
    add(
        all,
        "WSL-VARIABLE",
        "no variable leads to Windows",
        new Door(
            "for v in WSL_INTEROP WSLENV; do env | grep -q \"^$v=.\" && echo $v; done",
            "env | grep -q \"^$p=.\""));
    add(
        all,
        "WSL-PATH",
        "programs are not looked for on drives of Windows",
        new Door(
            "IFS=:; for d in $PATH; do case $d in /mnt/*) echo \"$d\" ;; esac; done",
            "case :$PATH: in *\":$p:\"*) ;; *) exit 1 ;; esac"));
    add(all, "WSL-EXIT-CODE", "a command's exit code arrives unchanged", WslScenarios::exitCodes);
    add(all, "WSL-SIGNAL", "the signal that ended a command is reported", WslScenarios::signal);
    add(
        all,
        "WSL-TREE",
        "processes that a command has left behind end with the command when its time is up",
        WslScenarios::tree);
  }

  private static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(
        new ConformanceCase(
            id,
            GROUP,
            title,
            NEEDS,
            there -> {
              there.fixture().reset();
              return body.run(there);
            }));
  }

  /** The handler of such programs belongs to the kernel, and has its interpreter open already. */
  private static Outcome copiedProgram(TestContext there) throws Exception {
    try (Sandbox sandbox = open(there)) {
      String bytes =
          outside(
              there,
              "for d in $("
                  + DRIVES
                  + "); do base64 \"$d\"/[Ww]indows/[Ss]ystem32/cmd.exe 2>/dev/null && break; done");
      byte[] program;
      try (var decoded =
          Base64.getMimeDecoder()
              .wrap(new ByteArrayInputStream(bytes.getBytes(StandardCharsets.US_ASCII)))) {
        program = decoded.readAllBytes();
      }
      if (program.length < 2 || program[0] != 'M' || program[1] != 'Z') {
        throw NotShownException.skipped("no drive has a program of Windows");
      }
      String name = "copied-" + ThreadLocalRandom.current().nextInt(1 << 30) + ".exe";
      Path copy = there.fixture().workspace().resolve(name);
      Files.write(copy, program);
      try {
        String script =
            "cd '" + inside(sandbox, "pwd").strip() + "' && chmod u+x " + name + "; ./" + name;
        script += " /c echo started </dev/null; echo end";
        String control = outside(there, script);
        if (!control.contains("started")) {
          throw NotShownException.skipped("it does not start without a sandbox, too");
        }
        String told = inside(sandbox, script);
        return told.contains("end") && !told.contains("started")
            ? Outcome.passed()
            : Outcome.failed("it said " + told);
      } finally {
        Files.delete(copy);
      }
    }
  }

  private static Outcome exitCodes(TestContext there) throws Exception {
    try (Sandbox sandbox = open(there)) {
      // wsl.exe turns exit codes of 67 and 87 into errors.
      for (int code : new int[] {0, 1, 67, 87, 126, 127, 255}) {
        SandboxedProcess process =
            sandbox.start(SandboxCommand.of("/bin/sh", "-c", "exit " + code));
        CapturedProcess execution = CapturedProcess.of(process);
        if (execution.exit() != code || !execution.output().isEmpty()) {
          return Outcome.failed(code + " is reported as " + execution);
        }
      }
      return Outcome.passed();
    }
  }

  private static Outcome signal(TestContext there) throws Exception {
    try (Sandbox sandbox = open(there)) {
      SandboxedProcess process = sandbox.start(SandboxCommand.of("/bin/sh", "-c", "kill -9 $$"));
      CapturedProcess execution = CapturedProcess.of(process);
      Termination told = process.termination().orElseThrow();
      Termination expected = new Termination(Termination.Cause.SIGNALED, 128 + 9, 9);
      return told.equals(expected) && execution.exit() == 128 + 9
          ? Outcome.passed()
          : Outcome.failed(told.toString());
    }
  }

  private static Outcome tree(TestContext there) throws Exception {
    String sleeper = LifetimeScenarios.sleeper();
    try (Sandbox sandbox = open(there)) {
      SandboxedProcess process =
          sandbox.start(
              SandboxCommand.of(
                      "/bin/sh", "-c", "setsid " + sleeper + " & (" + sleeper + " &) ; " + sleeper)
                  .timeout(Duration.ofSeconds(5)));
      if (!becomes(there, sleeper, 3)) {
        process.destroyForcibly();
        return Outcome.failed("the control failed: the processes are not seen in the distribution");
      }
      process.waitFor();
      Termination.Cause cause = process.termination().orElseThrow().cause();
      if (cause != Termination.Cause.TIMED_OUT) {
        return Outcome.failed("it ended otherwise: " + cause);
      }
      return becomes(there, sleeper, 0) ? Outcome.passed() : Outcome.failed("something still runs");
    }
  }

  private static boolean becomes(TestContext there, String sleeper, int count) throws Exception {
    String script =
        "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f 2>/dev/null; echo; done"
            + " | grep -c '^"
            + sleeper
            + " $'";
    // Each check starts a command in the distribution, as does the awaited event.
    return new Patience(Duration.ofSeconds(10), 100, () -> outside(there, ":"))
        .until(() -> outside(there, script).strip().equals(Integer.toString(count)));
  }
}
