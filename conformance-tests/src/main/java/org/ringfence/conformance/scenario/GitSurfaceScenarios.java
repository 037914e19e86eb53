package org.ringfence.conformance.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.Outcome;

/**
 * Files that git outside would later run or read as configuration, reached by other names: a git
 * directory is recognised by its parts, and the target of a protected name is protected too.
 */
public final class GitSurfaceScenarios {
  private static final String LAST_HEAD = "echo 'ref: refs/heads/main' > docs/HEAD";
  private static final String IS_REPOSITORY =
      "git -C docs rev-parse --absolute-git-dir 2>&1; test -e docs/HEAD && test -e docs/objects"
          + " && test -e docs/refs && echo whole";

  private GitSurfaceScenarios() {}

  /**
   * An attack.
   *
   * @param setup the script that prepares the repository, outside; empty for none
   * @param below the sandbox's workspace, relative to the repository
   * @param attack the command's script in its workspace
   * @param watch prints, in the repository, the state that must not change
   */
  record Attack(String setup, String below, String attack, String watch) {
    static Attack on(String setup, String attack, String watch) {
      return new Attack(setup, "", attack, watch);
    }
  }

  public static void addTo(List<ConformanceCase> all) {
    otherNames(all);
    becoming(all);
    links(all);
    configured(all);
    works(
        all,
        "GIT-SEPARATE-COMMIT",
        "a commit succeeds where the git directory has another name",
        "git init -q --separate-git-dir=gitdata .",
        "echo 1 >> a && git commit -qam two");
    works(
        all,
        "GIT-LINKED-COMMIT",
        "a commit succeeds where .git is a link",
        "mv .git store && ln -s store .git",
        "echo 1 >> a && git commit -qam two && git gc --quiet");
    works(
        all,
        "GIT-PUSH-BARE",
        "a push into a bare repository of the workspace succeeds",
        "git clone -q --bare . store",
        "echo 1 >> a && git commit -qam two && git push -q ./store main"
            + " && test $(git -C store rev-parse main) = $(git rev-parse main)");
  }

  private static void otherNames(List<ConformanceCase> all) {
    for (String name : List.of("lfs", "logs", "refs", "objects")) {
      String module = ".git/modules/" + name;
      attack(
          all,
          "GIT-MODULE-" + name.toUpperCase(java.util.Locale.ROOT),
          "cannot configure or hook a submodule called " + name,
          Attack.on(
              "git init -q --bare " + module + "; git init -q --bare .git/modules/a/" + name,
              "for m in .git/modules .git/modules/a; do echo '#' >> $m/"
                  + name
                  + "/config; mkdir -p $m/"
                  + name
                  + "/hooks; echo x > $m/"
                  + name
                  + "/hooks/pre-commit; done",
              "cat .git/modules/"
                  + name
                  + "/config .git/modules/a/"
                  + name
                  + "/config; ls "
                  + module
                  + "/hooks .git/modules/a/"
                  + name
                  + "/hooks"));
    }
    String hook = "mkdir -p %1$s/hooks; echo x > %1$s/hooks/pre-commit; echo '#' >> %1$s/config";
    String seen = "cat %1$s/config; ls %1$s/hooks";
    attack(
        all,
        "GIT-SEPARATE",
        "cannot configure or hook a repository whose git directory has another name",
        Attack.on(
            "git init -q --separate-git-dir=gitdata .",
            String.format(hook, "gitdata"),
            String.format(seen, "gitdata")));
    attack(
        all,
        "GIT-BARE",
        "cannot configure or hook a bare repository",
        Attack.on(
            "git clone -q --bare . store",
            String.format(hook, "store"),
            String.format(seen, "store")));
    attack(
        all,
        "GIT-BARE-RENAMED",
        "cannot configure a bare repository by moving it first",
        Attack.on(
            "git clone -q --bare . deep/store",
            "mv deep moved && echo '#' >> moved/store/config; mv moved deep",
            "cat deep/store/config"));
    attack(
        all,
        "GIT-BARE-STAYS",
        "cannot make a bare repository none, to configure it then",
        Attack.on(
            "git clone -q --bare . store",
            "mv store/HEAD store/H; echo '#' >> store/config; mv store/H store/HEAD",
            "cat store/config; ls store"));
    attack(
        all,
        "GIT-BARE-LINK",
        "cannot replace a part of a bare repository by a link or a directory of its own",
        Attack.on(
            "git clone -q --bare . store; rm -rf store/info store/hooks",
            "mkdir evil; echo '* filter=x' > evil/attributes; ln -s ../evil store/info;"
                + " mv evil store/hooks",
            "ls -l store"));
    attack(
        all,
        "GIT-BARE-MODE",
        "cannot make a hook of a bare repository executable",
        Attack.on(
            "git clone -q --bare . store; mkdir -p store/hooks; echo x > store/hooks/update;"
                + " chmod 644 store/hooks/update",
            "chmod 755 store/hooks/update",
            "ls -l store/hooks/update"));
  }

  private static void becoming(List<ConformanceCase> all) {
    String config = "printf '[core]\n\tbare = false\n\tworktree = .\n' > docs/config;";
    becomes(
        all, "CREATE", "by creating HEAD", "mkdir -p docs/objects docs/refs;" + config, LAST_HEAD);
    becomes(
        all,
        "MKDIR",
        "by a directory",
        "mkdir -p docs/objects;" + config + LAST_HEAD,
        "mkdir docs/refs");
    becomes(
        all,
        "RENAME",
        "by renaming",
        "mkdir -p docs/objects docs/refs;" + config + LAST_HEAD.replace("HEAD", "H"),
        "mv docs/H docs/HEAD");
    becomes(
        all,
        "RENAME-DIRECTORY",
        "by renaming a directory",
        "mkdir -p docs/o docs/refs;" + config + LAST_HEAD,
        "mv docs/o docs/objects");
    becomes(
        all,
        "SYMLINK",
        "by a symbolic link",
        "mkdir -p docs/objects docs/r;" + config + LAST_HEAD,
        "ln -s r docs/refs");
    becomes(
        all,
        "LINK",
        "by a hard link",
        "mkdir -p docs/objects docs/refs;" + config + LAST_HEAD.replace("HEAD", "H"),
        "ln docs/H docs/HEAD");
    attack(
        all,
        "GIT-BECOMES-COMMONDIR",
        "no directory becomes a git directory that shares another's configuration",
        Attack.on(
            "mkdir docs",
            "mkdir -p evil/objects evil/refs; echo ../evil > docs/commondir; " + LAST_HEAD,
            "git -C docs rev-parse --absolute-git-dir"));
    attack(
        all,
        "GIT-BECOMES-MOVED",
        "no git directory is moved from a temporary directory into the workspace",
        Attack.on(
            "mkdir docs",
            "rm -rf docs; git init -q --bare $TMPDIR/made/docs && mv $TMPDIR/made/docs . ; true",
            IS_REPOSITORY));
    attack(
        all,
        "GIT-BECOMES-MOVED-DEEP",
        "no protected name is moved from a temporary directory below another one",
        Attack.on(
            "",
            "rm -rf deep; mkdir -p $TMPDIR/deep/x/.vscode && echo x > $TMPDIR/deep/x/.vscode/tasks.json"
                + " && mv $TMPDIR/deep . ; true",
            "ls deep/x/.vscode/tasks.json"));
  }

  private static void becomes(
      List<ConformanceCase> all, String id, String how, String before, String last) {
    attack(
        all,
        "GIT-BECOMES-" + id,
        "no directory becomes a git directory " + how,
        Attack.on("mkdir docs", before + "\n" + last, IS_REPOSITORY));
  }

  private static void links(List<ConformanceCase> all) {
    attack(
        all,
        "LINKED-GIT",
        "cannot write the hooks of a git directory that .git links to",
        Attack.on(
            "mv .git store; ln -s store .git",
            "mkdir -p store/hooks; echo x > store/hooks/pre-commit; echo '#' >> store/config",
            "ls store/hooks; cat store/config"));
    attack(
        all,
        "LINKED-HOOKS",
        "cannot write hooks where .git/hooks links to",
        Attack.on(
            "rm -rf .git/hooks; mkdir -p tools/hooks; ln -s ../tools/hooks .git/hooks",
            "echo x > tools/hooks/pre-commit",
            "ls tools/hooks"));
    attack(
        all,
        "LINKED-HOOK",
        "cannot write a file that a hook links to",
        Attack.on(
            "mkdir -p .git/hooks tools; echo a > tools/check;"
                + " ln -s ../../tools/check .git/hooks/pre-commit",
            "echo x > tools/check; mv tools t; mkdir tools; echo x > tools/check",
            "cat tools/check"));
    for (String name : List.of(".envrc", ".bashrc", ".vscode", ".codex")) {
      boolean directory = name.equals(".vscode") || name.equals(".codex");
      String target = directory ? "conf/file" : "conf";
      attack(
          all,
          "LINKED-" + name.substring(1).toUpperCase(java.util.Locale.ROOT),
          "cannot write the target of " + name + " over another link",
          Attack.on(
              (directory ? "mkdir conf; " : "")
                  + "echo a > "
                  + target
                  + "; ln -s conf between; ln -s between "
                  + name,
              "echo x > "
                  + target
                  + "; echo x > "
                  + name
                  + (directory ? "/file" : "")
                  + "; mkdir -p evil; rm -f between; ln -s evil between",
              "cat " + target + "; readlink between"));
    }
    attack(
        all,
        "LINKED-MISSING",
        "cannot make the target of a protected link",
        Attack.on("ln -s later .envrc", "echo x > later", "cat later"));
  }

  private static void configured(List<ConformanceCase> all) {
    String plant = "mkdir -p hk; echo x > hk/pre-commit";
    String seen = "ls hk";
    hooksPath(
        all,
        "INCLUDED",
        "in an included file",
        Attack.on(
            "git config include.path ../shared; printf '[core]\n\thooksPath = hk\n' > shared;"
                + " mkdir hk",
            "echo '#' >> shared; " + plant,
            "cat shared; " + seen));
    hooksPath(
        all,
        "CONDITION",
        "in a file that a condition includes",
        Attack.on(
            "git config includeIf.onbranch:other.path ../shared;"
                + " printf '[core]\n\thooksPath = hk\n' > shared; mkdir hk",
            "echo '#' >> shared; " + plant,
            "cat shared; " + seen));
    hooksPath(
        all,
        "ONE-LINE",
        "on the line of its section",
        Attack.on("printf '[core] hooksPath = hk\n' >> .git/config", plant, seen));
    hooksPath(
        all,
        "COMMENT",
        "before a comment and with a continued line",
        Attack.on(
            "printf '[CORE]\nHooksPath = \\\n \"h\"k ; hooks\n' >> .git/config", plant, seen));
    hooksPath(
        all,
        "NESTED",
        "in a nested repository",
        Attack.on(
            "git init -q deep/er; git -C deep/er config core.hooksPath hk",
            "cd deep/er; " + plant,
            "ls deep/er/hk"));
    hooksPath(
        all,
        "ABOVE",
        "in a repository above the workspace",
        new Attack("mkdir src; git config core.hooksPath src/hk", "src", plant, "ls src/hk"));
    attack(
        all,
        "GIT-COMMAND-FILE",
        "cannot write a program of the workspace that a setting names",
        Attack.on(
            "mkdir tools; echo a > tools/clean; git config filter.x.clean 'sh tools/clean %f';"
                + " git config core.fsmonitor tools/watch",
            "echo x > tools/clean; echo x > tools/watch", "cat tools/clean; ls tools/watch"));
  }

  private static void hooksPath(List<ConformanceCase> all, String id, String where, Attack attack) {
    attack(
        all, "GIT-HOOKSPATH-" + id, "cannot write hooks whose directory is named " + where, attack);
  }

  static void attack(List<ConformanceCase> all, String id, String title, Attack attack) {
    GitScenarios.add(
        all,
        id,
        title,
        stage -> {
          Path repository = GitScenarios.repository(stage, stage.posix().workspace());
          if (!attack.setup.isEmpty()) {
            outside(repository, attack.setup);
          }
          Path workspace = repository.resolve(attack.below);
          String before = outside(repository, attack.watch);
          GitScenarios.inside(stage, workspace, attack.attack);
          String after = outside(repository, attack.watch);
          if (!after.equals(before)) {
            return Outcome.failed("changed: " + after);
          }
          outside(
              workspace,
              "TMPDIR=$(mktemp -d -p " + stage.posix().outside() + "); " + attack.attack);
          return outside(repository, attack.watch).equals(before)
              ? Outcome.failed("the control changed nothing")
              : Outcome.passed();
        });
  }

  private static void works(
      List<ConformanceCase> all, String id, String title, String setup, String script) {
    GitScenarios.add(
        all,
        id,
        title,
        stage -> {
          Path repository = GitScenarios.repository(stage, stage.posix().workspace());
          outside(repository, setup);
          String before = outside(repository, "git rev-parse main");
          CapturedProcess inside = GitScenarios.inside(stage, repository, script);
          String after = outside(repository, "git rev-parse main");
          return inside.exit() == 0 && !before.equals(after)
              ? Outcome.passed()
              : Outcome.failed("exit " + inside.exit() + ": " + inside.output() + inside.error());
        });
  }

  /** Returns the output of a script, even of a failed one. */
  static String outside(Path directory, String script) throws IOException {
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", script));
    try {
      CapturedProcess run =
          CapturedProcess.of(new ProcessBuilder(command).directory(directory.toFile()).start());
      return run.output();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
