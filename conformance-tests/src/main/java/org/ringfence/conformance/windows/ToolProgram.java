package org.ringfence.conformance.windows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.conformance.stage.WindowsFixture;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.SandboxPolicy;

/** A common program that has to run inside unless the plan says that it does not. */
enum ToolProgram {
  /** Discards output. */
  NUL("cmd.exe discards output", "cmd.exe with output to NUL", "cmd.exe", "/d", "/c", "echo x>nul"),
  /** An unnamed pipe between two programs. */
  PIPE("two programs share a pipe", "pipe", "cmd.exe", "/d", "/c", "echo x|findstr x"),
  /** A piped child, for which Node makes a named pipe. */
  NODE(
      "Node reads the output of a child",
      "Node",
      "node.exe",
      "-e",
      "const r=require('child_process').spawnSync(process.execPath,['-e','console.log(1)']);"
          + "process.exit(r.status===0&&r.stdout.length>0?0:1)"),
  /** A duplex pipe of {@code multiprocessing} is a named pipe. */
  PYTHON(
      "Python sends over a pipe of its own",
      "Python",
      "python.exe",
      "-c",
      "from multiprocessing import Pipe;import sys;a,b=Pipe();a.send(1);sys.exit(b.recv()-1)"),
  /** Windows PowerShell 5.1. */
  POWERSHELL(
      "PowerShell starts",
      "PowerShell",
      "powershell.exe",
      "-NoProfile",
      "-NonInteractive",
      "-Command",
      "exit 0"),
  /** A repository that belongs to the caller. */
  GIT("Git reads a repository of the caller", "Git", "git.exe", "-C", "${workspace}", "status"),
  /** {@code bash} of Git for Windows. */
  MSYS(
      "MSYS bash runs a pipeline",
      "MSYS",
      "${ProgramFiles}\\Git\\usr\\bin\\bash.exe",
      "-c",
      "echo x | cat >/dev/null"),
  /** The .NET host. */
  DOTNET(".NET starts", ".NET", "dotnet.exe", "--info"),
  /** The JVM of the suite. */
  JAVA("Java starts", "Java", "${java}", "-version");

  private static final int SECONDS = 60;

  private final String title;
  private final String named;
  private final List<String> command;

  /**
   * A program.
   *
   * @param title the property
   * @param named the word by which a plan names the program
   * @param command the command, which exits with 0
   */
  ToolProgram(String title, String named, String... command) {
    this.title = title;
    this.named = named;
    this.command = List.of(command);
  }

  String id() {
    return "WIN-OK-" + name();
  }

  String title() {
    return title;
  }

  private static String filled(WindowsFixture stage, String word) {
    return word.replace("${workspace}", stage.workspace().toString())
        .replace("${ProgramFiles}", String.valueOf(System.getenv("ProgramFiles")))
        .replace("${java}", Path.of(System.getProperty("java.home"), "bin", "java.exe").toString());
  }

  private int code(WindowsFixture stage, List<String> words)
      throws IOException, InterruptedException, NotShownException {
    Process process =
        new ProcessBuilder(words)
            .directory(stage.workspace().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    process.getOutputStream().close();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw NotShownException.skipped("the control does not end: " + words.get(0));
    }
    return process.exitValue();
  }

  private void requireControl(WindowsFixture stage, List<String> words)
      throws InterruptedException, NotShownException {
    try {
      if (this == GIT) {
        code(stage, List.of("git.exe", "-C", stage.workspace().toString(), "init"));
      }
      int code = code(stage, words);
      if (code != 0) {
        throw NotShownException.skipped("the control of " + words.get(0) + " exits with " + code);
      }
    } catch (IOException e) {
      throw NotShownException.skipped("this system has no " + words.get(0));
    }
  }

  Outcome run(TestContext stage) throws Exception {
    WindowsFixture fixture = stage.windows();
    fixture.reset();
    SandboxPolicy policy = stage.policy("write");
    SandboxPlan plan = stage.require(policy, List.of(), fixture.workspace());
    List<String> words = command.stream().map(word -> filled(fixture, word)).toList();
    requireControl(fixture, words);
    String how;
    try (Sandbox sandbox = stage.open(policy, List.of())) {
      how = inside(sandbox, words);
    }
    if (how.isEmpty()) {
      return Outcome.passed();
    }
    for (PlannedGuarantee guarantee : plan.guarantees()) {
      if (guarantee.guarantee() == Guarantee.PROCESS_PROGRAMS
          && guarantee.reason().contains(named)) {
        throw NotShownException.notApplicable("the plan says so: " + how);
      }
    }
    return Outcome.failed("expected to run, but: " + how);
  }

  private static String inside(Sandbox sandbox, List<String> words) throws InterruptedException {
    try {
      Process process = sandbox.start(SandboxCommand.of(words));
      process.getOutputStream().close();
      // Nothing is read: what these commands print fits into the pipes.
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return "it does not end";
      }
      return process.exitValue() == 0
          ? ""
          : "it exits with 0x" + Integer.toHexString(process.exitValue());
    } catch (SandboxException e) {
      return e.getMessage();
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** A file that the plan's rule takes away below a writable root. */
  static Outcome carved(TestContext stage) throws Exception {
    WindowsFixture fixture = stage.windows();
    fixture.reset();
    SandboxPolicy policy =
        stage.policy("write").toBuilder()
            .read(fixture.workspace().resolve("inner").toString())
            .build();
    List<String> needs = List.of("files.write");
    stage.require(policy, needs, fixture.workspace());
    Path taken = fixture.workspace().resolve("inner").resolve("new");
    Path given = fixture.workspace().resolve("given");
    try (Sandbox sandbox = stage.open(policy, needs)) {
      String control = inside(sandbox, List.of("cmd.exe", "/d", "/c", "echo x>\"" + given + "\""));
      if (!Files.exists(given)) {
        return Outcome.failed("the control writes nothing beside it: " + control);
      }
      inside(sandbox, List.of("cmd.exe", "/d", "/c", "echo x>\"" + taken + "\""));
    }
    return Files.exists(taken)
        ? Outcome.failed("expected to be denied, but: OK, it was written")
        : Outcome.passed();
  }

  /** The kernel's redirector, which connects for a command as another user. */
  static Outcome smb(TestContext stage) throws Exception {
    WindowsFixture fixture = stage.windows();
    fixture.reset();
    SandboxPolicy policy = stage.policy("write");
    SandboxPlan plan = stage.require(policy, List.of(), fixture.workspace());
    List<String> words = List.of("net.exe", "view", "\\\\127.0.0.1", "/all");
    PIPE.requireControl(fixture, words);
    try (Sandbox sandbox = stage.open(policy, List.of())) {
      if (!inside(sandbox, words).isEmpty()) {
        return Outcome.passed();
      }
    }
    return plan.guarantees().stream()
            .anyMatch(
                each ->
                    each.guarantee() == Guarantee.NETWORK_EXTERNAL
                        && each.level() == org.ringfence.plan.Enforcement.ENFORCED)
        ? Outcome.failed("expected to be denied, but: OK, a file server answered")
        : Outcome.passed();
  }
}
