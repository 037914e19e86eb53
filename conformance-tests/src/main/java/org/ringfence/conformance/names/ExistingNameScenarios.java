package org.ringfence.conformance.names;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.event.Violation;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.OwnPlaces;

/**
 * The level {@code existing}: what exists stays as it is, and what a command makes is found at its
 * end. The cases need no git, but for the one about it.
 */
public final class ExistingNameScenarios {
  private static final List<String> NEEDS = List.of("files.protected-names");
  private static final String BEFORE =
      "rm -rf w; mkdir w && cd w && mkdir .vscode a a/.idea && echo 1 | tee .vscode/settings.json"
          + " a/.idea/x .bashrc && ln -s nowhere .envrc";

  private ExistingNameScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "PN-EXISTING-HELD",
        "names that exist are not changed, removed, moved or covered where names are not decided",
        stage ->
            run(
                stage,
                ProtectedNames.EXISTING_REPORT,
                BEFORE,
                "echo x > .vscode/settings.json; echo x > .vscode/tasks.json; rm -rf .vscode; mv .vscode"
                    + " v; rm -f .bashrc; mv -f free .bashrc; echo x > .bashrc; chmod 777 .bashrc"
                    + " .vscode; ln .bashrc b && echo x > b; ln -s ../free .vscode/l; mkdir a/.idea/d;"
                    + " echo free > free; mkdir -p n/.vscode",
                "cat .bashrc .vscode/settings.json a/.idea/x; ls -A .vscode a/.idea | sort -u; cat free",
                "1\n1\n1\n\n.vscode:\na/.idea:\nsettings.json\nx\nfree\n",
                List.of("n/.vscode")));
    add(
        all,
        "PN-EXISTING-MOVED",
        "names that a command makes are moved out of the tree, and no earlier file is lost",
        stage ->
            run(
                stage,
                ProtectedNames.EXISTING,
                BEFORE,
                "mkdir -p n/.vscode l; echo x > n/.vscode/tasks.json; chmod 0 n/.vscode; mv a b; mkdir -p a/.idea; echo x >"
                    + " a/.idea/x; rm .envrc; ln -s /etc .envrc; ln -s ../.vscode l/.vscode; mkdir -p"
                    + " z/.claude z/y/.claude; chmod 0 z/y z; d=$(printf 'q\\377'); mkdir -p \"$d/.idea\";"
                    + " mkdir -p r/objects r/refs r/hooks; touch r/HEAD; echo x > r/hooks/update;"
                    + " (sleep 1000; mkdir .idea) &",
                "cat .bashrc .vscode/settings.json b/.idea/x; readlink .envrc; chmod 700 z z/y;"
                    + " find . -name .vscode -o -name .idea -o -name .claude -o -name hooks | sort;"
                    + " stat -c %a z",
                "1\n1\n1\nnowhere\n./.vscode\n./b/.idea\n700\n",
                List.of(
                    "n/.vscode",
                    "a/.idea",
                    "b/.idea",
                    ".envrc",
                    "l/.vscode",
                    "z/.claude",
                    "z/y/.claude",
                    "r/hooks")));
    add(
        all,
        "PN-EXISTING-HIDDEN",
        "names are moved that a command hides: in closed directories, behind links, in parts of"
            + " repositories",
        stage ->
            run(
                stage,
                ProtectedNames.EXISTING,
                BEFORE + "; mkdir -p r/objects r/refs r/info .hg; echo 1 > r/HEAD",
                "mkdir -p n/.vscode f h evil c/objects c/refs p q g; echo x > n/.vscode/tasks.json;"
                    + " chmod 555 n/.vscode n; echo x > f/.bashrc; chmod 555 f; echo x > h/hgrc;"
                    + " rmdir .hg; ln -s h .hg; mv r/info i; ln -s ../i r/info; ln -s /etc/passwd"
                    + " r/COMMIT_EDITMSG; mkdir r/logs; ln -s ../../.bashrc r/logs/HEAD; echo"
                    + " 'ref: refs/heads/a' > g/HEAD; echo ../c > g/commondir; printf"
                    + " '[core]\\n\\tfsmonitor = evil\\n' > c/config; echo 'gitdir: ../g' > p/.git;"
                    + " ln -s /tmp l; echo 'gitdir: ../l/../evil' > q/.git",
                "cat .bashrc; ls -dA n/.vscode f/.bashrc .hg r/info r/COMMIT_EDITMSG r/logs/HEAD"
                    + " c/config q/.git p/.git; stat -c %a n f",
                "1\np/.git\n555\n555\n",
                List.of(
                    "n/.vscode",
                    "f/.bashrc",
                    ".hg",
                    "r/info",
                    "r/COMMIT_EDITMSG",
                    "r/logs/HEAD",
                    "c/config",
                    "q/.git")));
    add(
        all,
        "PN-EXISTING-GIT",
        "git's everyday work goes on, and programs of a new repository are found",
        stage -> {
          if (!Files.isExecutable(Path.of("/usr/bin/git"))) {
            throw NotShownException.skipped("git is not installed");
          }
          String user = "git config user.name a && git config user.email a@b";
          return run(
              stage,
              ProtectedNames.EXISTING,
              "rm -rf w; git init -q -b main w && cd w && "
                  + user
                  + " && echo 1 > a && git add a && git commit -qm one",
              "echo 2 >> a && git commit -qam two && git checkout -qb s HEAD~1 && echo 3 > c && git add c"
                  + " && git commit -qm s && git rebase -q main && git stash -q; git init -q n && (cd n && "
                  + user
                  + "); git clone -q . k; git init -q -b main e; git -C e config core.fsmonitor evil;"
                  + " echo x > e/.git/hooks/pre-commit; echo x > .git/hooks/update; git config"
                  + " core.fsmonitor evil",
              "git log --format=%s; git -C n config user.name; ls -d e/.git/config e/.git/hooks"
                  + " .git/hooks/update 2> /dev/null; git config core.fsmonitor",
              "s\ntwo\none\na\n",
              List.of("e/.git/config", "e/.git/hooks"));
        });
    add(
        all,
        "PN-EXISTING-INPUT",
        "a directory as input leads nowhere, and the mode of a file as input stays",
        ExistingNameScenarios::input);
  }

  private static void add(
      List<ConformanceCase> all, String id, String title, ConformanceCase.Body body) {
    all.add(new ConformanceCase(id, "protected-name", title, NEEDS, body));
  }

  private static Path prepared(TestContext stage, String script) throws Exception {
    if (!stage.backend().info().id().equals("bubblewrap")) {
      throw NotShownException.notApplicable("the backend mounts no names");
    }
    if (OwnPlaces.state().isEmpty()) {
      throw NotShownException.skipped("this user has no directory of state");
    }
    outside(stage.posix().workspace(), script);
    return stage.posix().workspace().resolve("w");
  }

  private static String outside(Path directory, String script) throws Exception {
    Process shell =
        new ProcessBuilder("/bin/sh", "-c", script)
            .directory(directory.toFile())
            .redirectError(Redirect.DISCARD)
            .start();
    String output = new String(shell.getInputStream().readAllBytes(), "UTF-8");
    shell.waitFor();
    return output;
  }

  private static SandboxPolicy policy(ProtectedNames level) {
    return TestContext.write().protectedNames(level).build();
  }

  private static Outcome run(
      TestContext stage,
      ProtectedNames level,
      String before,
      String script,
      String check,
      String expected,
      List<String> found)
      throws Exception {
    Path workspace = prepared(stage, before);
    List<Violation> told = Collections.synchronizedList(new ArrayList<>());
    try {
      CapturedProcess inside;
      try (Sandbox sandbox =
          stage.open(
              policy(level), NEEDS, workspace, opener -> opener.onDecidedDenial(told::add))) {
        inside = CapturedProcess.of(sandbox.start(SandboxCommand.of("/bin/sh", "-c", script)));
      }
      for (String each : found) {
        Path path = workspace.resolve(each);
        boolean reported =
            told.stream()
                .anyMatch(
                    one ->
                        one.reason() instanceof Reason.FoundName
                            && one.target().equals(path.toString()));
        if (!reported) {
          return Outcome.failed(each + " was not reported: " + told + inside.error());
        }
      }
      String left = outside(workspace, check);
      return left.equals(expected)
          ? Outcome.passed()
          : Outcome.failed("left: " + left + inside.output() + inside.error() + told);
    } finally {
      forget(told);
      outside(workspace, "chmod -R u+rwX .");
      PosixFixture.deleteTree(workspace);
    }
  }

  /** Removes what a case has made the sandbox keep. */
  private static void forget(List<Violation> told) throws IOException {
    for (Violation each : told) {
      String text = each.rule();
      int at = text.indexOf("moved to ");
      if (at >= 0) {
        Path kept = Path.of(text.substring(at + "moved to ".length())).getParent();
        if (Files.isDirectory(kept)) {
          PosixFixture.deleteTree(kept);
        }
      }
    }
  }

  private static Outcome input(TestContext stage) throws Exception {
    Path workspace = prepared(stage, "rm -rf w; mkdir w");
    Path file = Files.writeString(stage.posix().outside().resolve("input"), "read\n");
    outside(file.getParent(), "chmod 640 input");
    try (Sandbox sandbox = stage.open(policy(ProtectedNames.EXISTING), NEEDS, workspace)) {
      SandboxCommand list = SandboxCommand.of("/bin/ls", "/proc/self/fd/0/..");
      try {
        sandbox
            .start(list.redirectInput(Redirect.from(stage.posix().outside().toFile())))
            .waitFor();
        return Outcome.failed("a directory was handed over");
      } catch (SandboxException e) {
        if (!e.getMessage().contains("directory")) {
          return Outcome.failed("refused for another reason: " + e.getMessage());
        }
      }
      CapturedProcess inside =
          CapturedProcess.of(
              sandbox.start(
                  SandboxCommand.of(
                          "/bin/sh",
                          "-c",
                          "cat; chmod 777 /dev/stdin /proc/self/fd/0; touch /dev/stdin")
                      .redirectInput(Redirect.from(file.toFile()))));
      String mode = outside(file.getParent(), "stat -c %a input");
      return inside.output().equals("read\n") && mode.equals("640\n")
          ? Outcome.passed()
          : Outcome.failed("mode " + mode + inside.output() + inside.error());
    } finally {
      Files.deleteIfExists(file);
      PosixFixture.deleteTree(workspace);
    }
  }
}
