package org.ringfence.conformance;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.ConformanceCase.Body;
import org.ringfence.policy.InvalidPolicyException;
import org.ringfence.policy.SandboxPolicy;

/** A rule holds for its path whatever a command, or a program outside, puts there. */
final class ReplacedPathScenarios {
  private static final String GROUP = "root";
  private static final List<String> NAMES = List.of("files.write", "files.protected-names");

  private ReplacedPathScenarios() {}

  static void addTo(Map<ConformanceCase, Body> all) {
    add(
        all,
        "ROOT-NEXT-RUN",
        "what a command puts in a granted directory's place is not written by the next one",
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
        "a rule through a link of the user's in no writable directory grants what it leads to",
        List.of("files.write"),
        ReplacedPathScenarios::usersLink);
  }

  private static void add(
      Map<ConformanceCase, Body> all, String id, String title, List<String> needs, Body body) {
    all.put(new ConformanceCase(id, GROUP, title, needs), body);
  }

  private static Execution inside(
      Stage stage, SandboxPolicy policy, List<String> needs, String script) throws Exception {
    try (Sandbox sandbox = stage.open(policy, needs)) {
      return Execution.of(sandbox.start(SandboxCommand.of("/bin/sh", "-c", script)));
    }
  }

  private static Execution outside(Stage stage, String script) throws Exception {
    return Execution.of(
        new ProcessBuilder("/bin/sh", "-c", script)
            .directory(stage.fixture().workspace().toFile())
            .start());
  }

  private static String replacedRoot(Stage stage) throws Exception {
    Path granted = stage.fixture().outside().resolve("empty");
    Path victim = stage.fixture().outside().resolve("directory");
    String swap =
        "rmdir G || mv G ../away || mv -T G inner/away; ln -s V G || ln -sfn V G"
                .replace("G", granted.toString())
                .replace("V", victim.toString())
            + "; echo done";
    String write = "echo owned > " + granted.resolve("file") + "; echo done";
    SandboxPolicy policy = stage.policy("roots");
    stage.fixture().reset();
    outside(stage, swap);
    outside(stage, write);
    if (!Files.readString(victim.resolve("file")).startsWith("owned")) {
      return "the control failed: outside the directory is not replaced";
    }
    stage.fixture().reset();
    Execution first = inside(stage, policy, NAMES, swap);
    Execution second = inside(stage, policy, NAMES, write);
    if (!first.output().contains("done") || !second.output().contains("done")) {
      return "the commands did not run: " + first + second;
    }
    return !Files.readString(victim.resolve("file")).equals("nested")
        ? "a file outside was written"
        : Files.exists(granted.resolve("file")) ? "" : "what is granted was not written";
  }

  private static String plantedLink(Stage stage) throws Exception {
    stage.fixture().reset();
    Path workspace = stage.fixture().workspace();
    Path victim = stage.fixture().outside().resolve("directory");
    SandboxPolicy plain = stage.policy("write");
    SandboxPolicy next = plain.toBuilder().write(":workspace/inner").build();
    try (Sandbox control = stage.open(next, List.of("files.write"))) {
      if (!control.plan().acceptable()) {
        return "the control failed: a real directory is refused";
      }
    }
    inside(stage, plain, List.of("files.write"), "mv inner away && ln -s " + victim + " inner");
    if (!Files.isSymbolicLink(workspace.resolve("inner"))) {
      return "the control failed: the command made no link";
    }
    try {
      inside(stage, next, List.of("files.write"), "echo owned > inner/file");
    } catch (InvalidPolicyException e) {
      return e.getMessage().contains(victim.toString())
          ? ""
          : "the real path is not named: " + e.getMessage();
    }
    return "the rule was not refused";
  }

  private static String usersLink(Stage stage) throws Exception {
    stage.fixture().reset();
    Path victim = stage.fixture().outside().resolve("directory");
    Path link = Files.createSymbolicLink(stage.fixture().outside().resolve("by-user"), victim);
    SandboxPolicy policy = stage.policy("write").toBuilder().write(link.toString()).build();
    Execution execution =
        inside(stage, policy, List.of("files.write"), "echo written > " + link + "/file");
    return Files.readString(victim.resolve("file")).startsWith("written")
        ? ""
        : "not written: " + execution.error();
  }
}
