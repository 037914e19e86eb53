package org.ringfence.conformance.scenario;

import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.Patience;
import org.ringfence.conformance.stage.TestContext;

/** Behaviour that a sandboxed process shares with any other: a sandbox must not interfere. */
public final class ProcessScenarios {
  private static final String GROUP = "process";
  private static final int LARGE = 3_000_000;
  private static final Patience MANY = Patience.forProcesses(Duration.ofSeconds(30));

  private ProcessScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(all, "PROC-EXIT-0", "exit status 0 is reported", exit("exit 0", 0));
    add(all, "PROC-EXIT-7", "exit status 7 is reported", exit("exit 7", 7));
    add(all, "PROC-EXIT-255", "exit status 255 is reported", exit("exit 255", 255));
    add(all, "PROC-SIGNAL-KILL", "an end by SIGKILL is reported", exit("kill -KILL $$", 128 + 9));
    add(all, "PROC-SIGNAL-TERM", "an end by SIGTERM is reported", exit("kill -TERM $$", 128 + 15));
    add(all, "PROC-STDOUT", "standard output arrives", output("printf 'a\\nb'", "a\nb", ""));
    add(
        all,
        "PROC-STDERR",
        "standard error arrives apart",
        output("echo o; echo e >&2", "o\n", "e\n"));
    add(
        all,
        "PROC-MERGE",
        "standard error is merged into standard output",
        ProcessScenarios::merged);
    add(all, "PROC-STDIN", "standard input reaches the command", ProcessScenarios::input);
    add(
        all,
        "PROC-STDIN-EOF",
        "a command reads the end of its input when the caller closes standard input",
        ProcessScenarios::endOfInput);
    add(all, "PROC-ARGS-EMPTY", "empty arguments arrive", arguments("", "x", ""));
    add(all, "PROC-ARGS-UNICODE", "arguments beyond ASCII arrive", arguments("äöü", "日本語", "😀"));
    add(
        all,
        "PROC-ARGS-QUOTES",
        "quotes, backslashes, blanks and newlines in arguments arrive",
        arguments("a b", "\"", "'", "\\", "$HOME", "`x`", "*", "a\nb", " ", "--"));
    add(all, "PROC-ENV", "a variable set on the command is seen", ProcessScenarios::environment);
    add(
        all,
        "PROC-CWD",
        "a command starts in the working directory that the caller names",
        ProcessScenarios::workingDirectory);
    add(all, "PROC-LARGE-OUTPUT", "3 MB of output arrive whole", ProcessScenarios::largeOutput);
    add(all, "PROC-LARGE-INPUT", "3 MB of input arrive whole", ProcessScenarios::largeInput);
    add(
        all,
        "PROC-REDIRECT",
        "streams are redirected to and from files",
        ProcessScenarios::redirect);
    add(all, "PROC-APPEND", "output is appended to a file", ProcessScenarios::append);
    add(all, "PROC-DISCARD", "output is discarded", ProcessScenarios::discard);
    add(
        all,
        "PROC-NOT-FOUND",
        "a missing program is an error of its type",
        notFound("no-such-program"));
    add(all, "PROC-DIRECTORY", "a directory is no program", notFound("/usr"));
    add(all, "PROC-NOT-EXECUTABLE", "a plain file is no program", notFound("/etc/passwd"));
    add(
        all,
        "PROC-SHELL-SCRIPT",
        "a script without an interpreter line runs",
        ProcessScenarios::script);
    add(all, "PROC-HANDLE", "pid, handle, info and onExit work", ProcessScenarios::handle);
    add(
        all,
        "PROC-PIPELINE",
        "a pipeline of programs works",
        output("echo b a | tr ' ' '\\n' | sort", "a\nb\n", ""));
    add(all, "PROC-UMASK", "the umask is the JVM's", ProcessScenarios::umask);
    add(all, "PROC-FROM-BUILDER", "a ProcessBuilder moves over", ProcessScenarios::fromBuilder);
    add(all, "PROC-MANY", "forty commands from eight threads run", ProcessScenarios::many);
    add(
        all,
        "PROC-BAD-DIRECTORY",
        "a missing directory is refused",
        ProcessScenarios::badDirectory);
  }

  private static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(new ConformanceCase(id, GROUP, title, List.of(), body));
  }

  private static Sandbox open(TestContext stage) throws Exception {
    stage.posix().reset();
    return stage.open(stage.policy("write"), List.of());
  }

  private static SandboxCommand sh(String script) {
    return SandboxCommand.of("/bin/sh", "-c", script);
  }

  private static Outcome expect(Object expected, Object got) {
    return expected.equals(got)
        ? Outcome.passed()
        : Outcome.failed("expected " + expected + ", got " + got);
  }

  private static Body exit(String script, int expected) {
    return stage -> {
      try (Sandbox sandbox = open(stage)) {
        CapturedProcess execution = CapturedProcess.of(sandbox.start(sh(script)));
        int control =
            CapturedProcess.of(new ProcessBuilder("/bin/sh", "-c", script).start()).exit();
        return expect(control, execution.exit()).and(expect(expected, execution.exit()));
      }
    };
  }

  private static Body output(String script, String out, String err) {
    return stage -> {
      try (Sandbox sandbox = open(stage)) {
        CapturedProcess execution = CapturedProcess.of(sandbox.start(sh(script)));
        return expect(out, execution.output()).and(expect(err, execution.error()));
      }
    };
  }

  private static Outcome merged(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      CapturedProcess execution =
          CapturedProcess.of(sandbox.start(sh("echo o; echo e >&2").redirectErrorStream(true)));
      return expect("o\ne\n", execution.output()).and(expect("", execution.error()));
    }
  }

  private static Outcome input(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      Process process = sandbox.start(SandboxCommand.of("cat"));
      process.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
      return expect("hello", CapturedProcess.of(process).output());
    }
  }

  private static Outcome endOfInput(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      Process process = sandbox.start(SandboxCommand.of("cat"));
      process.getOutputStream().close();
      return LifetimeScenarios.PATIENCE.untilEnded(process)
          ? expect(0, process.exitValue())
          : Outcome.failed("cat waits");
    }
  }

  private static Body arguments(String... given) {
    return stage -> {
      try (Sandbox sandbox = open(stage)) {
        String[] command = new String[given.length + 4];
        command[0] = "/bin/sh";
        command[1] = "-c";
        command[2] = "for a in \"$@\"; do printf '%s|' \"$a\"; done";
        command[3] = "sh";
        System.arraycopy(given, 0, command, 4, given.length);
        CapturedProcess execution = CapturedProcess.of(sandbox.start(SandboxCommand.of(command)));
        return expect(String.join("|", given) + "|", execution.output());
      }
    };
  }

  private static Outcome environment(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      CapturedProcess execution =
          CapturedProcess.of(
              sandbox.start(
                  sh("printf '%s' \"$RINGFENCE_X\"").environment("RINGFENCE_X", "a=b c\nd")));
      return expect("a=b c\nd", execution.output());
    }
  }

  private static Outcome workingDirectory(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      Path inner = stage.posix().workspace().resolve("inner");
      String here = CapturedProcess.of(sandbox.start(sh("pwd"))).output();
      String there = CapturedProcess.of(sandbox.start(sh("pwd").directory(inner))).output();
      String relative =
          CapturedProcess.of(sandbox.start(sh("pwd").directory(Path.of("inner")))).output();
      return expect(stage.posix().workspace() + "\n", here)
          .and(expect(inner + "\n", there))
          .and(expect(inner + "\n", relative));
    }
  }

  private static Outcome largeOutput(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      CapturedProcess execution =
          CapturedProcess.of(sandbox.start(sh("head -c " + LARGE + " /dev/zero | tr '\\0' x")));
      return expect(LARGE, execution.output().length());
    }
  }

  private static Outcome largeInput(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      Process process = sandbox.start(SandboxCommand.of("wc", "-c"));
      process.getOutputStream().write(new byte[LARGE]);
      return expect(Integer.toString(LARGE), CapturedProcess.of(process).output().trim());
    }
  }

  private static Outcome redirect(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      // The policy does not apply to the caller's own redirects: they name files outside.
      Path out = stage.posix().outside().resolve("redirected");
      SandboxCommand command =
          SandboxCommand.of("cat")
              .redirectInput(Redirect.from(stage.posix().outside().resolve("file").toFile()))
              .redirectOutput(Redirect.to(out.toFile()));
      int exit = sandbox.start(command).waitFor();
      return expect(0, exit).and(expect("outside", Files.readString(out)));
    }
  }

  private static Outcome append(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      Path out = stage.posix().workspace().resolve("appended");
      for (int i = 0; i < 2; i++) {
        sandbox.start(sh("echo x").redirectOutput(Redirect.appendTo(out.toFile()))).waitFor();
      }
      return expect("x\nx\n", Files.readString(out));
    }
  }

  private static Outcome discard(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      SandboxCommand command =
          sh("echo x; echo y >&2").redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD);
      CapturedProcess execution = CapturedProcess.of(sandbox.start(command));
      return expect("", execution.output() + execution.error()).and(expect(0, execution.exit()));
    }
  }

  private static Body notFound(String program) {
    return stage -> {
      try (Sandbox sandbox = open(stage)) {
        sandbox.start(SandboxCommand.of(program));
        return Outcome.failed("it was started");
      } catch (CommandNotFoundException e) {
        return e.getMessage().contains(program)
            ? Outcome.passed()
            : Outcome.failed("unclear: " + e.getMessage());
      }
    };
  }

  private static Outcome script(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      Path script = stage.posix().workspace().resolve("script");
      Files.writeString(script, "echo \"$1\"\n");
      script.toFile().setExecutable(true);
      CapturedProcess execution =
          CapturedProcess.of(sandbox.start(SandboxCommand.of("./script", "argument")));
      return expect("argument\n", execution.output());
    }
  }

  private static Outcome handle(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      TestContext.onThisSystem(sandbox);
      SandboxedProcess process = sandbox.start(sh("read line; exit 3"));
      Outcome problems =
          expect(true, process.isAlive())
              .and(expect(process.pid(), process.toHandle().pid()))
              .and(expect(Optional.empty(), process.termination()))
              .and(expect(true, process.info().command().isPresent()));
      process.getOutputStream().close();
      var end = process.onExit();
      if (!LifetimeScenarios.PATIENCE.until(end::isDone)) {
        return problems.and(Outcome.failed("onExit does not complete"));
      }
      Process ended = end.get();
      return problems
          .and(expect(3, ended.exitValue()))
          .and(expect(false, process.isAlive()))
          .and(expect(Termination.Cause.EXITED, process.termination().orElseThrow().cause()));
    }
  }

  private static Outcome umask(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      String control =
          CapturedProcess.of(new ProcessBuilder("/bin/sh", "-c", "umask").start()).output();
      return expect(control, CapturedProcess.of(sandbox.start(sh("umask"))).output());
    }
  }

  private static Outcome fromBuilder(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      ProcessBuilder builder =
          new ProcessBuilder("/bin/sh", "-c", "pwd; echo $OWN; echo e >&2")
              .directory(stage.posix().workspace().resolve("inner").toFile())
              .redirectErrorStream(true);
      builder.environment().put("OWN", "kept");
      CapturedProcess execution = CapturedProcess.of(sandbox.start(SandboxCommand.from(builder)));
      return expect(stage.posix().workspace().resolve("inner") + "\nkept\ne\n", execution.output());
    }
  }

  private static Outcome many(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      var pool = java.util.concurrent.Executors.newFixedThreadPool(8);
      try {
        var results = new java.util.ArrayList<java.util.concurrent.Future<Integer>>();
        for (int i = 0; i < 40; i++) {
          int code = i;
          results.add(pool.submit(() -> sandbox.start(sh("exit " + code)).waitFor()));
        }
        Outcome problems = Outcome.passed();
        for (int i = 0; i < results.size(); i++) {
          if (!MANY.until(results.get(i)::isDone)) {
            return problems.and(Outcome.failed("command " + i + " does not end"));
          }
          problems = problems.and(expect(i, results.get(i).get()));
        }
        return problems;
      } finally {
        pool.shutdownNow();
      }
    }
  }

  private static Outcome badDirectory(TestContext stage) throws Exception {
    try (Sandbox sandbox = open(stage)) {
      sandbox.start(sh("true").directory(Path.of("/no/such/directory")));
      return Outcome.failed("it was started");
    } catch (SandboxException e) {
      return e.getMessage().contains("/no/such/directory")
          ? Outcome.passed()
          : Outcome.failed("unclear: " + e.getMessage());
    }
  }
}
