package org.ringfence.conformance.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.conformance.stage.TestContext;

/**
 * Real git in a workspace whose git configuration is protected: normal work succeeds, planting
 * fails.
 */
public final class GitScenarios {
  private static final String GROUP = "git";
  static final List<String> NEEDS = List.of("files.protected-names");
  private static final Path GIT = Path.of("/usr/bin/git");

  private GitScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    works(all, "GIT-COMMIT", "a commit succeeds", "echo 1 >> a && git add a && git commit -qm two");
    works(
        all,
        "GIT-BRANCH",
        "branches are made, merged and deleted",
        "git checkout -qb side && echo 1 >> b && git add b && git commit -qm side"
            + " && git checkout -q main && echo 1 >> a && git commit -qam main"
            + " && git merge -q --no-edit side && git branch -d side && git tag v1");
    works(
        all,
        "GIT-REBASE",
        "a rebase succeeds",
        "git checkout -qb side && echo 1 >> b && git add b && git commit -qm side"
            + " && git checkout -q main && echo 1 >> a && git commit -qam main"
            + " && git rebase -q main side");
    works(
        all,
        "GIT-REBASE-CONFLICT",
        "a rebase with a conflict is resolved",
        "git checkout -qb side && echo s > a && git commit -qam side"
            + " && git checkout -q main && echo m > a && git commit -qam main"
            + " && ! git rebase -q main side && echo x > a && git add a"
            + " && GIT_EDITOR=true git rebase --continue");
    works(
        all,
        "GIT-STASH",
        "a stash is made and applied",
        "echo 1 >> a && git stash -q && git stash pop -q && git commit -qam s");
    works(
        all, "GIT-GC", "objects are packed", "echo 1 >> a && git commit -qam g && git gc --quiet");
    add(all, "GIT-WORKTREE", "a commit in a linked worktree succeeds", GitScenarios::worktree);
    add(all, "GIT-SUBMODULE", "a commit in a submodule succeeds", GitScenarios::submodule);
    fails(
        all,
        "GIT-CONFIG",
        "git config cannot set a key that names a program",
        "git config core.fsmonitor ./evil",
        ".git/config");
    fails(
        all,
        "GIT-WIPE",
        "the repository cannot be deleted and made again with a hook",
        "rm -rf .git; mkdir -p .git/hooks; echo x > .git/hooks/pre-commit",
        ".git/hooks/pre-commit");
    add(
        all,
        "GIT-FORGED-POINTER",
        "a pointer file that names a directory outside grants nothing",
        GitScenarios::forged);
  }

  static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(new ConformanceCase(id, GROUP, title, NEEDS, body));
  }

  private static void works(List<ConformanceCase> all, String id, String title, String script) {
    all.add(
        new ConformanceCase(
                id,
                GROUP,
                title,
                NEEDS,
                stage -> {
                  Path repository = repository(stage, stage.posix().workspace());
                  String before = git(repository, "rev-parse", "main", "HEAD");
                  CapturedProcess inside = inside(stage, repository, script);
                  String after = git(repository, "rev-parse", "main", "HEAD");
                  return inside.exit() == 0 && !before.equals(after)
                      ? Outcome.passed()
                      : Outcome.failed(
                          "exit " + inside.exit() + ": " + inside.output() + inside.error());
                })
            .permitting());
  }

  private static void fails(
      List<ConformanceCase> all, String id, String title, String script, String watched) {
    add(
        all,
        id,
        title,
        stage -> {
          Path repository = repository(stage, stage.posix().workspace());
          Path file = repository.resolve(watched);
          String before = contentOf(file);
          inside(stage, repository, script);
          if (!contentOf(file).equals(before)) {
            return Outcome.failed(watched + " has changed");
          }
          new ProcessBuilder("/bin/sh", "-c", script)
              .directory(repository.toFile())
              .start()
              .waitFor();
          return contentOf(file).equals(before)
              ? Outcome.failed("the control changed nothing")
              : Outcome.passed();
        });
  }

  private static String contentOf(Path file) throws IOException {
    return Files.isDirectory(file)
        ? "directory"
        : Files.exists(file) ? Files.readString(file) : "missing";
  }

  /** Makes {@code root} a repository with one commit, and lays out everything else as usual. */
  static Path repository(TestContext stage, Path root) throws Exception {
    if (!Files.isExecutable(GIT)) {
      throw NotShownException.skipped("git is not installed");
    }
    stage.posix().reset();
    PosixFixture.deleteTree(stage.posix().workspace());
    PosixFixture.copyTree(template(stage), root);
    Files.createDirectories(root.resolve("inner"));
    return root;
  }

  /** Returns a repository that no case changes; git makes it once for each fixture. */
  private static Path template(TestContext stage) throws Exception {
    Path template = stage.posix().library().resolveSibling("template");
    if (!Files.exists(template)) {
      Path made = template.resolveSibling("template-in-work");
      PosixFixture.deleteTree(made);
      Files.createDirectory(made);
      git(made, "init", "-q", "-b", "main");
      commit(made);
      Files.move(made, template);
    }
    return template;
  }

  private static void commit(Path root) throws Exception {
    git(root, "config", "user.name", "Case");
    git(root, "config", "user.email", "case@example.org");
    Files.writeString(root.resolve("a"), "one\n");
    git(root, "add", "a");
    git(root, "commit", "-qm", "one");
  }

  private static String git(Path directory, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of(GIT.toString(), "-c", "protocol.file.allow=always"));
    command.addAll(List.of(arguments));
    CapturedProcess execution =
        CapturedProcess.of(new ProcessBuilder(command).directory(directory.toFile()).start());
    if (execution.exit() != 0) {
      throw new IOException(command + ": " + execution.error());
    }
    return execution.output();
  }

  static CapturedProcess inside(TestContext stage, Path workspace, String script) throws Exception {
    try (Sandbox sandbox = stage.open(stage.policy("protected"), NEEDS, workspace)) {
      return CapturedProcess.of(sandbox.start(SandboxCommand.of("/bin/sh", "-c", script)));
    }
  }

  private static Outcome worktree(TestContext stage) throws Exception {
    Path main = repository(stage, stage.posix().outside().resolve("main"));
    Path linked = stage.posix().workspace();
    git(main, "worktree", "add", "-q", linked.toString(), "-b", "linked");
    String config = Files.readString(main.resolve(".git/config"));
    CapturedProcess inside =
        inside(
            stage,
            linked,
            "echo 1 >> a && git commit -qam linked; e=$?; echo x >> "
                + main
                + "/.git/config;"
                + " echo x >> "
                + main
                + "/a; echo ../evil > $(git rev-parse --git-dir)/commondir;"
                + " exit $e");
    String problems =
        inside.exit() == 0 ? "" : "exit " + inside.exit() + ": " + inside.error() + "; ";
    if (!Files.readString(main.resolve(".git/config")).equals(config)) {
      problems += "the common configuration has changed; ";
    }
    if (!Files.readString(main.resolve("a")).equals("one\n")) {
      problems += "the main working tree has changed; ";
    }
    if (!git(main, "log", "--format=%s", "-1", "linked").equals("linked\n")) {
      problems += "there is no commit";
    }
    return problems.isEmpty() ? Outcome.passed() : Outcome.failed(problems);
  }

  private static Outcome submodule(TestContext stage) throws Exception {
    Path library = stage.posix().outside().resolve("library");
    Path workspace = repository(stage, stage.posix().workspace());
    PosixFixture.copyTree(template(stage), library);
    git(workspace, "submodule", "--quiet", "add", library.toString(), "sub");
    git(workspace, "commit", "-qm", "submodule");
    git(workspace.resolve("sub"), "config", "user.name", "Case");
    git(workspace.resolve("sub"), "config", "user.email", "case@example.org");
    CapturedProcess inside =
        inside(
            stage,
            workspace,
            "cd sub && echo 1 >> a && git commit -qam inner && cd .. && git commit -qam outer");
    return inside.exit() == 0
        ? Outcome.passed()
        : Outcome.failed("exit " + inside.exit() + ": " + inside.error());
  }

  private static Outcome forged(TestContext stage) throws Exception {
    stage.posix().reset();
    Path workspace = stage.posix().workspace();
    Path outside = stage.posix().outside();
    PosixFixture.deleteTree(workspace.resolve(".git"));
    Files.writeString(workspace.resolve(".git"), "gitdir: " + outside + "\n");
    Files.writeString(outside.resolve("commondir"), ".\n");
    Files.writeString(outside.resolve("gitdir"), "/elsewhere/.git\n");
    inside(stage, workspace, "echo x > " + outside + "/planted");
    return Files.exists(outside.resolve("planted"))
        ? Outcome.failed("the directory outside was written")
        : Outcome.passed();
  }
}
