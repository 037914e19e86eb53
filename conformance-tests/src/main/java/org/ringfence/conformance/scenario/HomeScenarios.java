package org.ringfence.conformance.scenario;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.PathContext;

/**
 * Tests with a writable home of the caller: no file appears there that a login would read. Names
 * are random, and a case removes its files.
 */
public final class HomeScenarios {
  private static final List<String> NEEDS = List.of("files.protected-names");

  private HomeScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(all, "PN-HOME-FILE", "no dot entry is made in a home directory", "echo x > .NAME");
    add(all, "PN-HOME-MKDIR", "no dot directory is made in a home directory", "mkdir .NAME");
    add(
        all,
        "PN-HOME-MOVE",
        "no file becomes a dot entry of a home directory by being moved",
        "echo x > NAME.file && mv NAME.file .NAME");
    add(
        all,
        "PN-HOME-MOVE-DIRECTORY",
        "no directory becomes a dot entry of a home directory by being moved",
        "mkdir NAME.file && echo x > NAME.file/rc && mv NAME.file .NAME");
    add(
        all,
        "PN-HOME-LINK",
        "no symbolic link is made as a dot entry of a home directory",
        "echo x > NAME.file && ln -s NAME.file .NAME");
    add(
        all,
        "PN-HOME-HARD-LINK",
        "no file gets a second name that is a dot entry of a home directory",
        "echo x > NAME.file && ln NAME.file .NAME");
  }

  private static void add(List<ConformanceCase> all, String id, String title, String script) {
    all.add(
        new ConformanceCase(id, "protected-name", title, NEEDS, stage -> planted(stage, script)));
  }

  private static Outcome planted(TestContext stage, String script) throws Exception {
    Path home = Path.of(PathContext.current(stage.posix().workspace()).home());
    if (!Files.isDirectory(home) || !Files.isWritable(home) || home.getNameCount() == 0) {
      throw NotShownException.skipped("the caller has no home that can be written");
    }
    String name = "ringfence-case-" + UUID.randomUUID();
    Path made = home.resolve("." + name);
    String attack = script.replace("NAME", name);
    try {
      SandboxPolicy policy =
          TestContext.write()
              .write(":home")
              .protectedNames(ProtectedNames.HOOKS_AND_CONFIG)
              .build();
      CapturedProcess inside;
      try (Sandbox sandbox = stage.open(policy, NEEDS)) {
        TestContext.onThisSystem(sandbox);
        String both = "cd \"$0\" && echo x > " + name + " && { " + attack + "; }";
        inside =
            CapturedProcess.of(
                sandbox.start(SandboxCommand.of("/bin/sh", "-c", both, home.toString())));
      }
      if (Files.exists(made, LinkOption.NOFOLLOW_LINKS)) {
        return Outcome.failed("it was made: " + attack);
      }
      if (!Files.exists(home.resolve(name))) {
        return Outcome.failed("nothing is written in the home at all: " + inside.error());
      }
      PosixFixture.deleteTree(home.resolve(name + ".file"));
      Files.deleteIfExists(home.resolve(name + ".file"));
      new ProcessBuilder("/bin/sh", "-c", attack).directory(home.toFile()).start().waitFor();
      return Files.exists(made, LinkOption.NOFOLLOW_LINKS)
          ? Outcome.passed()
          : Outcome.failed("the control made nothing");
    } finally {
      for (String each : List.of("." + name, name, name + ".file")) {
        Path path = home.resolve(each);
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          PosixFixture.deleteTree(path);
        }
        Files.deleteIfExists(path);
      }
    }
  }
}
