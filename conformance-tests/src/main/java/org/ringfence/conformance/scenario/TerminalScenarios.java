package org.ringfence.conformance.scenario;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;

/** Commands with a terminal. */
public final class TerminalScenarios {
  private static final String GROUP = "terminal";
  private static final TerminalSize SIZE = new TerminalSize(40, 100);
  private static final int INTERRUPT = 3;
  private static final int PATIENCE_SECONDS = 30;

  private TerminalScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    prints(
        all,
        "TTY-STREAMS",
        "all three streams of a command with a terminal are that terminal",
        "test -t 0 && test -t 1 && test -t 2 && echo yes",
        "yes");
    prints(
        all,
        "TTY-CONTROLLING",
        "/dev/tty leads to the command's terminal, which controls its session",
        "echo through > /dev/tty",
        "through");
    add(
        all,
        "TTY-BY-NAME",
        "a command opens its terminal for reading by the names of its standard streams",
        withProc(
            printing(
                "exec 3< /dev/stdin && exec 4< /proc/self/fd/1 && exec 5< /dev/tty && echo opened",
                "opened")));
    prints(
        all, "TTY-SIZE", "the terminal has the size that the caller sets", "stty size", "40 100");
    add(
        all,
        "TTY-OWN-SESSION",
        "a command with a terminal leads a session of its own",
        withProc(printing("test \"$(cut -d' ' -f6 /proc/$$/stat)\" = \"$$\" && echo own", "own")));
    add(
        all,
        "TTY-NOT-OURS",
        "the command's terminal is not the terminal of the JVM",
        withProc(
            printing(
                "test \"$(readlink /proc/self/fd/0)\" != \"" + jvmTerminal() + "\" && echo other",
                "other")));
    add(
        all,
        "TTY-RESIZE",
        "a command hears of a new size of its terminal",
        TerminalScenarios::resize);
    add(
        all,
        "TTY-INTERRUPT",
        "Ctrl-C in the terminal interrupts the foreground command",
        TerminalScenarios::interrupt);
    add(
        all,
        "TTY-ECHO",
        "the terminal echoes typed text, and the command reads it",
        TerminalScenarios::echo);
    add(
        all,
        "TTY-HANGUP",
        "the terminal's output ends with the command",
        TerminalScenarios::hangup);
  }

  private static Outcome jvmTerminal() {
    try {
      return Outcome.failed(
          java.nio.file.Files.readSymbolicLink(java.nio.file.Path.of("/proc/self/fd/0"))
              .toString());
    } catch (IOException e) {
      return Outcome.passed();
    }
  }

  private static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(new ConformanceCase(id, GROUP, title, List.of(), body));
  }

  private static void prints(
      List<ConformanceCase> all, String id, String title, String script, String expected) {
    add(all, id, title, printing(script, expected));
  }

  private static Body withProc(Body body) {
    return stage -> {
      NativeCalls.onlyLinux("/proc");
      return body.run(stage);
    };
  }

  private static Body printing(String script, String expected) {
    return stage -> {
      stage.posix().reset();
      try (Sandbox sandbox = stage.open(stage.policy("write"), List.of())) {
        SandboxedProcess process = start(sandbox, script);
        String output = all(process);
        return output.contains(expected)
            ? Outcome.passed()
            : Outcome.failed(
                "expected '" + expected + "', got '" + output + "', " + process.waitFor());
      }
    };
  }

  private static SandboxedProcess start(Sandbox sandbox, String script) throws Exception {
    return sandbox.start(SandboxCommand.of("/bin/sh", "-c", script).terminal(SIZE));
  }

  private static String all(Process process) throws IOException {
    try (InputStream in = process.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String until(InputStream in, String word) throws IOException {
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    for (int c = in.read(); c >= 0; c = in.read()) {
      seen.write(c);
      if (seen.toString(StandardCharsets.UTF_8).endsWith(word)) {
        break;
      }
    }
    return seen.toString(StandardCharsets.UTF_8);
  }

  private static Outcome resize(TestContext stage) throws Exception {
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of())) {
      SandboxedProcess process =
          start(
              sandbox,
              "trap 'stty size; exit 4' WINCH; echo ready; i=0;"
                  + " while [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done");
      until(process.getInputStream(), "ready");
      process.resize(new TerminalSize(33, 77));
      String output = all(process);
      return output.contains("33 77") && process.waitFor() == 4
          ? Outcome.passed()
          : Outcome.failed("got '" + output + "'");
    }
  }

  private static Outcome interrupt(TestContext stage) throws Exception {
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of())) {
      SandboxedProcess process =
          start(
              sandbox,
              "trap 'echo caught; exit 5' INT; echo ready; i=0;"
                  + " while [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done; echo late");
      until(process.getInputStream(), "ready");
      // More than once: a shell loses a signal that comes while it starts a program.
      CapturedProcess.Reading reading = new CapturedProcess.Reading(process.getInputStream());
      while (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
        interrupt(process);
      }
      String output = reading.text();
      return process.exitValue() == 5 && output.contains("caught")
          ? Outcome.passed()
          : Outcome.failed("it was not interrupted: " + output);
    }
  }

  private static void interrupt(SandboxedProcess process) throws IOException, InterruptedException {
    try {
      process.getOutputStream().write(INTERRUPT);
      process.getOutputStream().flush();
    } catch (IOException e) {
      // The command ended after the caller last looked. Its input is closed with it, and its end is
      // reported after its output.
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw e;
      }
    }
  }

  private static Outcome echo(TestContext stage) throws Exception {
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of())) {
      SandboxedProcess process = start(sandbox, "read word; echo got=$word");
      process.getOutputStream().write("typed\n".getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      String output = all(process);
      return output.contains("typed") && output.contains("got=typed")
          ? Outcome.passed()
          : Outcome.failed("got " + output);
    }
  }

  private static Outcome hangup(TestContext stage) throws Exception {
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of())) {
      SandboxedProcess process = start(sandbox, "sleep 1000 & echo done");
      String output = all(process);
      return output.contains("done") && process.waitFor() == 0
          ? Outcome.passed()
          : Outcome.failed("got " + output);
    }
  }
}
