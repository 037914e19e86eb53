package org.ringfence.conformance.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.Patience;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.value.InvalidPolicyException;

/** A rule applies to its path whatever a command, or a program outside, puts there. */
public final class ReplacedPathScenarios {
  private static final String GROUP = "root";
  private static final List<String> READ = List.of("files.read");
  private static final long MS_BIND = 4096;
  private static final Patience PATIENCE = Patience.forProcesses(Duration.ofSeconds(60));
  private static final List<String> NAMES = List.of("files.write", "files.protected-names");

  private ReplacedPathScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "ROOT-NEXT-RUN",
        "the next command does not write a directory that a command put in a granted one's place",
        NAMES,
        ReplacedPathScenarios::replacedRoot);
    add(
        all,
        "ROOT-PLANTED-LINK",
        "a rule through a link that a command has made is refused, with the real path",
        List.of("files.write"),
        ReplacedPathScenarios::plantedLink);
    add(
        all,
        "ROOT-USERS-LINK",
        "a rule through a link of the user's in no writable directory grants its target",
        List.of("files.write"),
        ReplacedPathScenarios::usersLink);
    add(
        all,
        "DENIED-REPLACED",
        "a denied file that a program outside replaces during a run is not read",
        READ,
        stage -> duringRun(stage, "cat O/file", "echo NEW > O/new; mv O/new O/file"));
    add(
        all,
        "DENIED-MADE",
        "a denied file that a program outside makes during a run is not read",
        READ,
        stage -> duringRun(stage, "cat O/later; cat O/../outside/later", "echo NEW > O/later"));
    add(
        all,
        "DENIED-DIRECTORY-REPLACED",
        "a file in a denied directory that is replaced during a run is not read",
        READ,
        stage ->
            duringRun(
                stage,
                "cat O/directory/file; cd O/directory && cat file",
                "mv O/directory O/away; mkdir O/directory; echo NEW > O/directory/file"));
    add(
        all,
        "DENIED-LINKED",
        "a denied file made during a run is not read through a link or an open directory above",
        READ,
        stage ->
            duringRun(
                stage,
                "ln -s O/later link; cat link; cat /proc/self/fd/3/later 3< O; cd O; cat ./later",
                "echo NEW > O/later"));
    add(
        all,
        "MOUNT-DENIED",
        "a denied directory is not read where it is mounted a second time",
        READ,
        ReplacedPathScenarios::mountedTwice);
    add(
        all,
        "MOUNT-PROTECTED",
        "a protected path is not written where it is mounted a second time",
        List.of("files.protected-paths"),
        ReplacedPathScenarios::protectedTwice);
    add(
        all,
        "MOUNT-DURING",
        "commands are ended when a denied file is mounted at another path",
        READ,
        ReplacedPathScenarios::mountedDuring);
  }

  private static void add(
      List<ConformanceCase> all, String id, String title, List<String> needs, Body body) {
    all.add(new ConformanceCase(id, GROUP, title, needs, body));
  }

  private static CapturedProcess inside(
      TestContext stage, SandboxPolicy policy, List<String> needs, String script) throws Exception {
    try (Sandbox sandbox = stage.open(policy, needs)) {
      return CapturedProcess.of(sandbox.start(SandboxCommand.of("/bin/sh", "-c", script)));
    }
  }

  private static CapturedProcess outside(TestContext stage, String script) throws Exception {
    return CapturedProcess.of(
        new ProcessBuilder("/bin/sh", "-c", script)
            .directory(stage.posix().workspace().toFile())
            .start());
  }

  private static Outcome replacedRoot(TestContext stage) throws Exception {
    Path granted = stage.posix().outside().resolve("empty");
    Path victim = stage.posix().outside().resolve("directory");
    String swap =
        "rmdir G || mv G ../away || mv -T G inner/away; ln -s V G || ln -sfn V G"
                .replace("G", granted.toString())
                .replace("V", victim.toString())
            + "; echo done";
    String write = "echo owned > " + granted.resolve("file") + "; echo done";
    SandboxPolicy policy = stage.policy("roots");
    stage.posix().reset();
    outside(stage, swap);
    outside(stage, write);
    if (!Files.readString(victim.resolve("file")).startsWith("owned")) {
      return Outcome.failed("the control failed: outside the directory is not replaced");
    }
    stage.posix().reset();
    CapturedProcess first = inside(stage, policy, NAMES, swap);
    CapturedProcess second = inside(stage, policy, NAMES, write);
    if (!first.output().contains("done") || !second.output().contains("done")) {
      return Outcome.failed("the commands did not run: " + first + second);
    }
    return !Files.readString(victim.resolve("file")).equals("nested")
        ? Outcome.failed("a file outside was written")
        : Files.exists(granted.resolve("file"))
            ? Outcome.passed()
            : Outcome.failed("the granted file was not written");
  }

  private static Outcome plantedLink(TestContext stage) throws Exception {
    stage.posix().reset();
    Path workspace = stage.posix().workspace();
    Path victim = stage.posix().outside().resolve("directory");
    SandboxPolicy plain = stage.policy("write");
    SandboxPolicy next = plain.toBuilder().write(":workspace/inner").build();
    try (Sandbox control = stage.open(next, List.of("files.write"))) {
      if (!control.plan().acceptable()) {
        return Outcome.failed("the control failed: a real directory is refused");
      }
    }
    inside(stage, plain, List.of("files.write"), "mv inner away && ln -s " + victim + " inner");
    if (!Files.isSymbolicLink(workspace.resolve("inner"))) {
      return Outcome.failed("the control failed: the command made no link");
    }
    try {
      inside(stage, next, List.of("files.write"), "echo owned > inner/file");
    } catch (InvalidPolicyException e) {
      return e.getMessage().contains(victim.toString())
          ? Outcome.passed()
          : Outcome.failed("the real path is not named: " + e.getMessage());
    }
    return Outcome.failed("the rule was not refused");
  }

  private static Outcome usersLink(TestContext stage) throws Exception {
    stage.posix().reset();
    Path victim = stage.posix().outside().resolve("directory");
    Path link = Files.createSymbolicLink(stage.posix().outside().resolve("by-user"), victim);
    SandboxPolicy policy = stage.policy("write").toBuilder().write(link.toString()).build();
    CapturedProcess execution =
        inside(stage, policy, List.of("files.write"), "echo written > " + link + "/file");
    return Files.readString(victim.resolve("file")).startsWith("written")
        ? Outcome.passed()
        : Outcome.failed("not written: " + execution.error());
  }

  private static SandboxPolicy denying(TestContext stage) {
    Path outside = stage.posix().outside();
    return TestContext.write()
        .none(outside.resolve("file").toString())
        .rule(outside.resolve("later").toString(), Access.NONE, MissingPath.SKIP)
        .none(outside.resolve("directory").toString())
        .build();
  }

  /** Runs a command that reads after a change; O is the directory outside. */
  private static Outcome duringRun(TestContext stage, String read, String change) throws Exception {
    String outside = stage.posix().outside().toString();
    SandboxPolicy policy = denying(stage);
    stage.posix().reset();
    outside(stage, change.replace("O/", outside + "/"));
    String script = read.replace("O/", outside + "/").replace("< O;", "< " + outside + ";");
    script = script.replace("cd O;", "cd " + outside + ";");
    if (!outside(stage, script).output().contains("NEW")) {
      return Outcome.failed("the control failed: nothing is read outside");
    }
    stage.posix().reset();
    try (Sandbox sandbox = stage.open(policy, READ)) {
      Process process = waiting(sandbox, script);
      outside(stage, change.replace("O/", outside + "/"));
      CapturedProcess inside = CapturedProcess.of(process);
      return inside.output().contains("NEW")
          ? Outcome.failed("it was read")
          : inside.output().contains("done")
              ? Outcome.passed()
              : Outcome.failed("the command did not end: " + inside);
    }
  }

  /** Starts a command that runs and waits for its input to end. */
  private static Process waiting(Sandbox sandbox, String script) throws Exception {
    Process process =
        sandbox.start(
            SandboxCommand.of(
                "/bin/sh", "-c", "echo ready; read line; { " + script + "; } 2>&1; echo done"));
    StringBuilder line = new StringBuilder();
    for (int c = process.getInputStream().read(); c >= 0 && c != '\n'; ) {
      line.append((char) c);
      c = process.getInputStream().read();
    }
    if (!line.toString().equals("ready")) {
      throw new IOException("the command did not start: " + line);
    }
    return process;
  }

  private static void mount(Path from, Path to) throws NotShownException {
    long mounted = NativeCalls.call("mount", from.toString(), to.toString(), "none", MS_BIND, null);
    if (mounted < 0) {
      throw NotShownException.skipped(
          "a bind mount cannot be made here: " + NativeCalls.errorName((int) -mounted));
    }
  }

  private static Outcome mountedTwice(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("bind mounts");
    stage.posix().reset();
    Path outside = stage.posix().outside();
    Path alias = outside.resolve("empty");
    String read = "cat " + alias + "/directory/file; echo done";
    Files.createDirectories(outside.resolve("above/directory"));
    Files.writeString(outside.resolve("above/directory/file"), "nested");
    SandboxPolicy policy =
        TestContext.write().none(outside.resolve("above/directory").toString()).build();
    mount(outside.resolve("above"), alias);
    try {
      if (!outside(stage, read).output().contains("nested")) {
        return Outcome.failed("the control failed: it is not mounted");
      }
      CapturedProcess inside = inside(stage, policy, READ, read);
      return inside.output().contains("nested")
          ? Outcome.failed("it was read")
          : inside.output().contains("done")
              ? Outcome.passed()
              : Outcome.failed("the command did not run: " + inside);
    } finally {
      NativeCalls.call("umount", alias.toString());
    }
  }

  private static Outcome protectedTwice(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("bind mounts");
    stage.posix().reset();
    Path workspace = stage.posix().workspace();
    SandboxPolicy policy =
        stage.policy("write").toBuilder().protectedPath(":workspace/kept/open").build();
    Path alias = workspace.resolve("target");
    Path kept = workspace.resolve("kept/open/file");
    String write = "echo written > target/open/file; echo done";
    mount(workspace.resolve("kept"), alias);
    try {
      CapturedProcess inside = inside(stage, policy, List.of("files.protected-paths"), write);
      if (!inside.output().contains("done") || !Files.readString(kept).equals("secret")) {
        return Outcome.failed("it was written, or the command did not run: " + inside);
      }
      outside(stage, write);
      return Files.readString(kept).startsWith("written")
          ? Outcome.passed()
          : Outcome.failed("the control failed");
    } finally {
      NativeCalls.call("umount", alias.toString());
    }
  }

  private static Outcome mountedDuring(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("bind mounts");
    stage.posix().reset();
    Path denied = stage.posix().outside().resolve("directory");
    Path alias = stage.posix().outside().resolve("empty");
    try (Sandbox sandbox = stage.open(denying(stage), READ)) {
      // A distribution has separate mounts, which no mount made here reaches.
      TestContext.onThisSystem(sandbox);
      Process process = waiting(sandbox, "cat " + alias + "/file");
      mount(denied, alias);
      try {
        // No process writes to it: only the mount ends it.
        if (!PATIENCE.untilEnded(process)) {
          return Outcome.failed("the command was not ended");
        }
        CapturedProcess ended = CapturedProcess.of(process);
        return ended.output().contains("done")
            ? Outcome.failed("the command went on: " + ended)
            : Outcome.passed();
      } finally {
        NativeCalls.call("umount", alias.toString());
      }
    }
  }
}
