package org.ringfence.conformance.scenario;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;

/**
 * Files that the JVM opens and executes on the user's behalf where commands have written before.
 */
public final class OwnFileScenarios {
  private static final String GROUP = "own-files";

  private OwnFileScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    all.add(
        new ConformanceCase(
            "OWN-REDIRECT-LINK",
            GROUP,
            "output that is redirected to a file does not go through a link that a command has"
                + " planted",
            List.of("files.write"),
            OwnFileScenarios::redirectedThroughLink));
    all.add(
        new ConformanceCase(
            "OWN-REDIRECT-FIFO",
            GROUP,
            "a FIFO that a command has planted holds up no redirection",
            List.of("files.write"),
            OwnFileScenarios::redirectedToFifo));
    all.add(
        new ConformanceCase(
            "OWN-PROTECTED-LINK",
            GROUP,
            "a link on the way of a protected path is not replaced",
            List.of("files.protected-paths"),
            OwnFileScenarios::protectedOverLink));
    all.add(
        new ConformanceCase(
            "OWN-CODE-LINK",
            GROUP,
            "a link on the way of code that the JVM runs is not replaced, and code that it would"
                + " find later is not made",
            List.of("files.protected-paths"),
            OwnFileScenarios::codeOverLink));
    all.add(
        new ConformanceCase(
                "OWN-INTERPRETER",
                GROUP,
                "a program whose interpreter is missing, or goes round, is said not to be executable",
                List.of("files.write"),
                OwnFileScenarios::interpreters)
            .permitting());
  }

  private static void run(Sandbox sandbox, String script) throws Exception {
    int exit = sandbox.start(SandboxCommand.of("/bin/sh", "-c", script)).waitFor();
    if (exit != 0) {
      throw new IOException("'" + script + "' ends with " + exit);
    }
  }

  private static String redirected(Sandbox sandbox, Path file) throws Exception {
    try {
      sandbox
          .start(
              SandboxCommand.of("/bin/echo", "written")
                  .redirectOutput(ProcessBuilder.Redirect.to(file.toFile())))
          .waitFor();
      return "";
    } catch (SandboxException e) {
      return e.getMessage();
    }
  }

  private static Outcome redirectedThroughLink(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("redirections by descriptor");
    stage.posix().reset();
    Path workspace = stage.posix().workspace();
    Path outside = stage.posix().outside().resolve("file");
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("files.write"))) {
      TestContext.onThisSystem(sandbox);
      run(
          sandbox,
          "ln -s '" + outside + "' planted; ln -s '" + outside.getParent() + "' directory");
      for (String name : List.of("planted", "directory/file")) {
        String said = redirected(sandbox, workspace.resolve(name));
        if (!said.contains("symbolic link")) {
          return Outcome.failed(name + " is opened: " + said);
        }
      }
      if (!Files.readString(outside).equals("outside")) {
        return Outcome.failed("the file outside is written");
      }
      String said = redirected(sandbox, workspace.resolve("plain"));
      return said.isEmpty() && Files.readString(workspace.resolve("plain")).equals("written\n")
          ? Outcome.passed()
          : Outcome.failed("the control failed: " + said);
    }
  }

  private static Outcome redirectedToFifo(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("redirections by descriptor");
    stage.posix().reset();
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("files.write"))) {
      TestContext.onThisSystem(sandbox);
      run(sandbox, "mkfifo planted");
      String said = redirected(sandbox, stage.posix().workspace().resolve("planted"));
      if (!said.contains("not a regular file")) {
        return Outcome.failed("it is opened: " + said);
      }
      run(sandbox, "rm planted; : >planted");
      String plain = redirected(sandbox, stage.posix().workspace().resolve("planted"));
      return plain.isEmpty() ? Outcome.passed() : Outcome.failed("the control failed: " + plain);
    }
  }

  private static Outcome protectedOverLink(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("links that a plan looks at");
    stage.posix().reset();
    Path workspace = stage.posix().workspace();
    Files.createDirectory(workspace.resolve("real"));
    Files.writeString(workspace.resolve("real/policy.json"), "{}");
    Files.createSymbolicLink(workspace.resolve("way"), Path.of("real"));
    Files.createSymbolicLink(workspace.resolve("other"), Path.of("real"));
    try (Sandbox sandbox =
        stage.open(
            TestContext.write().protectedPath(":workspace/way/policy.json").build(),
            List.of("files.protected-paths"))) {
      TestContext.onThisSystem(sandbox);
      run(sandbox, "! rm way; ! mv way gone; ! ln -sfn /tmp way; ! echo >>real/policy.json");
      if (!Files.isSymbolicLink(workspace.resolve("way"))
          || !Files.readString(workspace.resolve("real/policy.json")).equals("{}")) {
        return Outcome.failed("the link or its target is changed");
      }
      run(sandbox, "rm other");
      return Outcome.passed();
    }
  }

  private static Outcome codeOverLink(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("locations of code, which are protected where paths are POSIX");
    stage.posix().reset();
    Path workspace = stage.posix().workspace();
    Files.createDirectory(workspace.resolve("store"));
    Files.writeString(workspace.resolve("store/code.jar"), "code");
    Files.createSymbolicLink(workspace.resolve("way"), Path.of("store"));
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    URL[] code = {
      workspace.resolve("way/code.jar").toUri().toURL(),
      workspace.resolve("later.jar").toUri().toURL()
    };
    try (URLClassLoader loader = new URLClassLoader(code, before)) {
      thread.setContextClassLoader(loader);
      try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("files.protected-paths"))) {
        TestContext.onThisSystem(sandbox);
        run(
            sandbox,
            "ln -s store free && rm free && ! rm way && ! mv way gone && ! ln -sfn /tmp way"
                + " && ! echo >>way/code.jar && ! mv store gone && : >other && ! touch later.jar"
                + " && ! mv other later.jar && ! ln other later.jar && ! ln -s other later.jar");
      }
    } finally {
      thread.setContextClassLoader(before);
    }
    return Files.readSymbolicLink(workspace.resolve("way")).equals(Path.of("store"))
            && Files.readString(workspace.resolve("store/code.jar")).equals("code")
            && !Files.exists(workspace.resolve("later.jar"), LinkOption.NOFOLLOW_LINKS)
        ? Outcome.passed()
        : Outcome.failed("the link, its target or the missing file is changed");
  }

  private static Outcome interpreters(TestContext stage) throws Exception {
    NativeCalls.onlyLinux("interpreters of scripts");
    stage.posix().reset();
    Path workspace = stage.posix().workspace();
    script(workspace.resolve("missing"), "/nowhere/sh");
    script(workspace.resolve("round"), workspace.resolve("round").toString());
    script(workspace.resolve("behind"), workspace.resolve("missing").toString());
    script(workspace.resolve("good"), "/bin/sh");
    script(workspace.resolve("nested"), workspace.resolve("good") + " -e");
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("files.write"))) {
      TestContext.onThisSystem(sandbox);
      for (String name : List.of("missing", "round", "behind")) {
        try {
          int exit = sandbox.start(SandboxCommand.of("./" + name)).waitFor();
          return Outcome.failed(name + " is started, and ends with " + exit);
        } catch (CommandNotFoundException e) {
          continue;
        }
      }
      for (String name : List.of("good", "nested")) {
        int exit = sandbox.start(SandboxCommand.of("./" + name)).waitFor();
        if (exit != 0) {
          return Outcome.failed("the control failed: " + name + " ends with " + exit);
        }
      }
      return Outcome.passed();
    }
  }

  private static void script(Path file, String interpreter) throws IOException {
    Files.writeString(file, "#!" + interpreter + "\nexit 0\n");
    file.toFile().setExecutable(true, false);
  }
}
