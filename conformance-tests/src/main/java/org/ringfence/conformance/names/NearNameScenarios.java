package org.ringfence.conformance.names;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;

/**
 * What the supervisor reads again for every call that names an entry of a directory: the caller's
 * mask, the directory's path, and the entry itself.
 */
public final class NearNameScenarios {
  private static final List<String> NAMES = List.of("files.protected-names");
  private static final String MASKS =
      "cd inner; umask 022; echo > a; mkdir b; (umask 077; echo > c; mkdir d; (umask 0; echo > e));"
          + " echo > f; umask 07; mkdir g; mkfifo h; echo > i; stat -c '%n %a' a b c d e f g h i";
  private static final String CHANGES =
      "touch new; mkdir made; mv present moved; rm gone; rmdir empty; ln -s x link; ln kept hard;"
          + " chmod 700 kept; echo more >> kept; mkfifo pipe";
  private static final String TARGET = ".git/hooks/pre-push";
  private static final String TURNS =
      "i=0; while [ $i -lt 60 ]; do ln -sf ../"
          + TARGET
          + " inner/x; rm -f inner/x; i=$((i + 1)); done";
  private static final String WRITES =
      "i=0; while [ $i -lt 500 ]; do echo written > inner/x; echo written >> inner/x;"
          + " i=$((i + 1)); done";

  private NearNameScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "SV-UMASK-EACH",
        "each new object has the mode that the umask of its maker gives it at that moment",
        NearNameScenarios::masks);
    add(
        all,
        "SV-MOVED-DIRECTORY",
        "a working directory that a program outside moves to a protected name is protected",
        NearNameScenarios::moved);
    add(
        all,
        "SV-RACE-CREATE",
        "a file whose name becomes a link while it is made is not made where the link leads",
        NearNameScenarios::turned);
  }

  private static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(
        new ConformanceCase(
            id,
            "supervisor",
            title,
            NAMES,
            stage -> {
              NativeCalls.onlyLinux("a supervisor of system calls");
              stage.posix().reset();
              Outcome result = body.run(stage);
              stage.posix().reset();
              return result;
            }));
  }

  private static Outcome masks(TestContext stage) throws Exception {
    String outside = outside(stage, MASKS);
    if (outside.lines().count() != 9) {
      return Outcome.failed("the control failed: " + outside);
    }
    stage.posix().reset();
    try (Sandbox sandbox = stage.open(stage.policy("protected"), NAMES)) {
      CapturedProcess inside = CapturedProcess.of(sandbox.start(shell(MASKS)));
      return inside.output().equals(outside)
          ? Outcome.passed()
          : Outcome.failed("not " + outside + " but " + inside);
    }
  }

  private static Outcome moved(TestContext stage) throws Exception {
    String free = changed(stage, "elsewhere");
    if (!free.equals("[hard, kept, link, made, moved, new, pipe] rwx------ 10")) {
      return Outcome.failed("the control failed: " + free);
    }
    stage.posix().reset();
    String kept = changed(stage, ".vscode");
    return kept.equals("[empty, gone, kept, present] rw-r--r-- 5")
        ? Outcome.passed()
        : Outcome.failed("it was changed: " + kept);
  }

  /** Returns what a command leaves in its working directory after that has got another name. */
  private static String changed(TestContext stage, String name) throws Exception {
    Path directory = Files.createDirectory(stage.posix().workspace().resolve("working"));
    for (String file : List.of("present", "gone", "kept")) {
      Path made = Files.writeString(directory.resolve(file), "some\n");
      Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-r--r--"));
    }
    Files.createDirectory(directory.resolve("empty"));
    Path moved = stage.posix().workspace().resolve(name);
    try (Sandbox sandbox = stage.open(stage.policy("protected"), NAMES)) {
      // The supervisor has seen the directory under its first name.
      String begin = "cd working; echo > first; rm first; echo ready; read line; ";
      Process process = sandbox.start(shell(begin + "{ " + CHANGES + "; } 2>&1; echo done"));
      awaitReady(process);
      Files.move(directory, moved);
      CapturedProcess ended = CapturedProcess.of(process);
      if (!ended.output().contains("done")) {
        return "the command did not end: " + ended;
      }
    }
    try (Stream<Path> entries = Files.list(moved)) {
      TreeSet<String> names = new TreeSet<>();
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
      Path file = moved.resolve("kept");
      return names
          + " "
          + PosixFilePermissions.toString(Files.getPosixFilePermissions(file))
          + " "
          + Files.size(file);
    }
  }

  private static void awaitReady(Process process) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = process.getInputStream().read(); c >= 0 && c != '\n'; ) {
      line.append((char) c);
      c = process.getInputStream().read();
    }
    if (!line.toString().equals("ready")) {
      throw new IOException("the command did not start: " + line);
    }
  }

  private static Outcome turned(TestContext stage) throws Exception {
    String both = "(" + TURNS + ") 2>/dev/null & (" + WRITES + ") 2>/dev/null; wait; echo done";
    Path target = stage.posix().workspace().resolve(TARGET);
    outside(stage, "ln -s ../" + TARGET + " inner/x; " + WRITES);
    if (!Files.exists(target)) {
      return Outcome.failed("the control failed: no link was followed outside");
    }
    stage.posix().reset();
    try (Sandbox sandbox = stage.open(stage.policy("protected"), NAMES)) {
      CapturedProcess inside = CapturedProcess.of(sandbox.start(shell(both)));
      return !inside.output().contains("done")
          ? Outcome.failed("the command did not end: " + inside)
          : Files.exists(target) ? Outcome.failed("a hook was made") : Outcome.passed();
    }
  }

  private static SandboxCommand shell(String script) {
    return SandboxCommand.of("/bin/sh", "-c", script);
  }

  private static String outside(TestContext stage, String script) throws Exception {
    return CapturedProcess.of(
            new ProcessBuilder("/bin/sh", "-c", script)
                .directory(stage.posix().workspace().toFile())
                .start())
        .output();
  }
}
