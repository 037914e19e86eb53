package org.ringfence.conformance.scenario;

import static org.ringfence.conformance.scenario.GitSurfaceScenarios.attack;
import static org.ringfence.conformance.scenario.GitSurfaceScenarios.outside;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.scenario.GitSurfaceScenarios.Attack;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;

/**
 * Git's own changes of configuration and pointers: they are made if they name no program, and no
 * way of writing gets a program in.
 */
public final class GitGuardScenarios {
  private static final Set<String> GUARDED = Set.of("landlock", "bubblewrap", "wsl2");
  private static final String LOCKED = "cp .git/config .git/config.lock; ";
  private static final String RENAMED =
      "mv -f .git/config.lock .git/config; rm -f .git/config.lock";
  private static final String PROGRAM = "[core]\\n\\tfsmonitor = evil\\n";
  private static final String PROGRAMS = "grep -a evil .git/config";

  private GitGuardScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    repositories(all);
    settings(all);
    writing(all);
    contents(all);
    pointers(all);
    hooks(all);
    packages(all);
    data(all);
    GitScenarios.add(
        all,
        "GIT-TRACKED",
        "branches that differ in protected files change whole, and nothing else that is protected",
        GitGuardScenarios::tracked);
  }

  private static void data(List<ConformanceCase> all) {
    attack(
        all,
        "GUARD-LINKS",
        "no link in a git directory leads what git writes there to another file",
        Attack.on(
            "true",
            "rm -f .git/logs/HEAD; ln -s ../hooks/pre-commit .git/logs/HEAD;"
                + " ln -s ../../a l; mv l .git/logs/x; ln -s ../a l; cp -Pl l .git/refs/y;"
                + " mkdir d; ln -s ../../../a d/z; mv d .git/rr-cache; rm -rf .git/logs;"
                + " ln -s ../docs .git/logs",
            "find .git -type l"));
    attack(
        all,
        "GUARD-INDEX",
        "no index makes a checkout write into the git directory, or out of the working tree",
        Attack.on(
            "true",
            "rm -f .git/index.lock; b=$(echo x | git hash-object -w --stdin); cp .git/index old;"
                + " git update-index --add --cacheinfo 100755,$b,-git/hooks/update;"
                + " sed s,-git/hooks,.git/hooks, .git/index > i; cp i j;"
                + " cp old .git/index.lock; exec 3<> .git/index.lock; mv -f .git/index.lock .git/index;"
                + " cat i >&3; ln .git/index k && cat i > k; cat i > .git/index; truncate -s 9 .git/index;"
                + " mv -f i .git/index; ln -f j .git/index; rm -f .git/index; ln j .git/index ||"
                + " cp j .git/index || mv old .git/index;"
                + " cp j .git/index.lock; mv -f .git/index.lock .git/index",
            "grep -ac .git/hooks .git/index; stat -c %s .git/index | grep -x 9"));
    works(
        all,
        "GUARD-INDEX-FORMS",
        "an index of each form is written, as outside",
        "cp a b && git add -N b && git update-index --index-version 4 && cp a c && git add c"
            + " && git update-index --split-index && echo 2 >> a && git add a && git commit -qm s"
            + " && git sparse-checkout set --cone --sparse-index x && git status -s"
            + " && git init -q --object-format=sha256 n && touch n/f && git -C n add f && rm -rf n"
            + " && git init -q --object-format=sha256 o && touch o/f && git -C o add f",
        "git fsck && git -C o ls-files --error-unmatch f && test ! -e n"
            + " && git ls-files --error-unmatch b c");
    attack(
        all,
        "GUARD-REMOTE-FILE",
        "no file defines a remote, which can name a program",
        Attack.on(
            "git clone -q --bare . store",
            "for d in .git store; do mkdir -p $d/remotes $d/branches; echo 'URL: evil::x' > $d/remotes/o;"
                + " echo evil::x > f; cp f $d/branches/p; mv f $d/branches/q; cp $d/HEAD f;"
                + " ln f $d/remotes/r; mkdir e; echo 'URL: evil::x' > e/s; mv e $d/remotes; done",
            "find .git store -path '*/remotes/*' -type f -o -path '*/branches/*' -type f"
                + " | grep -v refs"));
    attack(
        all,
        "GUARD-BARE",
        "a repository whose hooks have a relative path does not become bare",
        Attack.on(
            "git config core.hooksPath .githooks",
            "git config core.bare true; git config core.bare yes; git config core.worktree ../docs",
            "git config core.bare"));
    prepared(
        all,
        "GUARD-POLICY-FILE",
        "a pointer's replacement takes no file of a project's policy away",
        "git worktree add -q w; git worktree add -q v; echo x > w/.ringfence;"
            + " mkdir v/.ringfence; echo x > v/.ringfence/policy.json",
        "cp w/.git p; cp p w/.git; cp v/.git q && cp q v/.git",
        "test $(cat w/.ringfence) = x && test $(cat v/.ringfence/policy.json) = x"
            + " && test $(ls -A v/.ringfence) = policy.json && git -C v status");
  }

  private static void packages(List<ConformanceCase> all) {
    works(
        all,
        "PN-PACKAGE-DATA",
        "an editor's configuration that a package ships is written with the package",
        "mkdir -p node_modules/p/.vscode vendor/q/.idea && echo 1 > node_modules/p/.vscode/settings.json"
            + " && echo 1 > vendor/q/.idea/x && mv node_modules/p node_modules/r",
        "cat node_modules/r/.vscode/settings.json vendor/q/.idea/x");
    attack(
        all,
        "PN-PACKAGE-MOVED",
        "an editor's configuration of a package does not leave the directory of packages",
        Attack.on(
            "mkdir one two; ln -s ../two/.vscode one/.vscode",
            "mkdir -p vendor/p/.vscode node_modules/.vscode deep/target/.idea;"
                + " echo x | tee vendor/p/.vscode/tasks.json node_modules/.vscode/tasks.json"
                + " deep/target/.idea/x; mv vendor/p p; mv node_modules other; mv deep/target deep/t;"
                + " ln vendor/p/.vscode/tasks.json .vscode; ln -s vendor/p/.vscode .vscode;"
                + " cp -r vendor/p q; mkdir two/.vscode",
            "find . -path ./vendor -prune -o -path ./node_modules -prune -o -path ./deep/target"
                + " -prune -o -path './*/.vscode/*' -print -o -path '*/.idea/*' -print"
                + " -o -name .vscode -print | sort"));
    attack(
        all,
        "PN-PACKAGE-GIT",
        "a repository among packages is as protected as any other",
        Attack.on(
            "git init -q vendor/p",
            "git -C vendor/p config core.fsmonitor evil; echo x > vendor/p/.git/hooks/pre-commit;"
                + " echo x > vendor/p/.envrc",
            "grep evil vendor/p/.git/config; ls vendor/p/.git/hooks/pre-commit vendor/p/.envrc"));
  }

  private static void repositories(List<ConformanceCase> all) {
    works(
        all,
        "GUARD-INIT",
        "a repository is made, as outside",
        "git init -q -b main n && git -C n config user.name c && git -C n config user.email c@d"
            + " && git -C n commit -q --allow-empty -m one",
        "git init -q -b main o; git -C o config user.name c; git -C o config user.email c@d;"
            + " diff -r o/.git/config n/.git/config && diff -r o/.git/hooks n/.git/hooks"
            + " && git -C n fsck && test $(stat -c %a n/.git/config) = $(stat -c %a o/.git/config)");
    works(
        all,
        "GUARD-CLONE",
        "a repository is cloned and the clone removed",
        "git clone -q . n && git clone -q . o && rm -rf o && test ! -e o"
            + " && git -C n config remote.origin.url",
        "test $(git -C n rev-parse main) = $(git rev-parse main)");
    works(
        all,
        "GUARD-WORKTREE",
        "a working tree is linked, used and removed",
        "git worktree add -q w -b w && cd w && echo 2 >> a && git commit -qam w && cd .."
            + " && git worktree add -q v -b v && git worktree remove v && git worktree prune",
        "git -C w status && test $(git rev-parse w^) = $(git rev-parse main) && test ! -e v");
    works(
        all,
        "GUARD-WRITTEN-WHOLE",
        "a configuration that is copied or written whole is judged, too, and never lost",
        "git sparse-checkout set x && git worktree add -q w && git -C w config core.sparsecheckout"
            + " && cp .git/config c && printf '[user]\n\tname = whole\n' >> c && cp c .git/config"
            + " && test \"$(git config user.name)\" = whole && printf '"
            + PROGRAM
            + "' >> c && ! cp c .git/config; ! (: > .git/config); true",
        "test -s .git/worktrees/w/config.worktree && test \"$(git config user.name)\" = whole"
            + " && ! "
            + PROGRAMS);
    works(
        all,
        "GUARD-FEW-DESCRIPTORS",
        "a working tree is linked by a command with a low limit on descriptors",
        "ulimit -n 256; git worktree add -q w; ulimit -n 64; git worktree add -q v",
        "git -C w status && git -C v status");
    works(
        all,
        "GUARD-REFUSED-MANY",
        "a process whose configurations were refused many times writes a harmless one",
        "cp .git/config c; perl -e 'sub put { open F, q(>), q(.git/config) or die qq(open: $!);"
            + " print F $_[0]; close F } local $/; open C, q(<), q(c); my $c = <C>;"
            + " put(qq($c\\n[core]\\nfsmonitor = evil\\n)) for 1 .. 40;"
            + " put(qq($c\\n[user]\\nname = last\\n)) or die qq(close: $!)'",
        "git config user.name; git config core.fsmonitor || true");
    works(
        all,
        "GUARD-SUBMODULE",
        "a submodule is added",
        "git -c protocol.file.allow=always submodule --quiet add \"$PWD\" sub"
            + " && git commit -qm sub && git submodule status",
        "git -C sub log --oneline && git submodule status");
  }

  private static void settings(List<ConformanceCase> all) {
    works(
        all,
        "GUARD-SETTINGS",
        "settings that name no program are changed",
        "git remote add up https://example.org/x.git && git remote set-url up git@example.org:x.git"
            + " && git config user.name other && git checkout -qb side && git branch -qu main"
            + " && git branch -m side other && git sparse-checkout set x && git config gc.auto 0"
            + " && git remote add gone ssh://example.org/y && git remote remove gone"
            + " && git config --unset user.email",
        "test \"$(git config user.name)\" = other"
            + " && test $(git config remote.up.url) = git@example.org:x.git"
            + " && test $(git config branch.other.merge) = refs/heads/main"
            + " && test $(git config core.sparsecheckout) = true && ! git config --local user.email");
    works(
        all,
        "GUARD-LFS",
        "the hooks of Git LFS are installed, and no other hook in their place",
        "h() { printf '#!/bin/sh\ncommand -v git-lfs >/dev/null 2>&1 || { echo >&2 \"\\\\nIt is"
            + " gone.\\\\n\"; exit 2; }\n%sgit lfs %s \"$@\"\n' \"$1\" $2 > h; chmod 755 h;"
            + " cp h .git/hooks/$2; }; mkdir -p .git/hooks; ! h '' pre-push"
            + " && git config filter.lfs.process 'git-lfs filter-process' && h '' pre-push"
            + " && h '' post-merge && rm .git/hooks/post-merge && h '' pre-push; e=$?;"
            + " h 'evil;' post-merge; h 'evil;' pre-push; mv h .git/hooks/post-commit;"
            + " ln -s ../h .git/hooks/post-checkout; h '' pre-commit; exit $e",
        "grep -q '^git lfs pre-push' .git/hooks/pre-push && test -x .git/hooks/pre-push"
            + " && ! grep evil .git/hooks/* && test -z \"$(ls .git/hooks | grep -v -e sample -e"
            + " pre-push)\"");
    works(
        all,
        "GUARD-TWO",
        "several processes that change the configuration at once lose nothing",
        "for i in 1 2 3 4 5 6; do (n=0; until git config branch.b$i.description d$i 2>> log; do"
            + " n=$((n+1)); test $n -lt 2000 || exit 1; done) & done; wait",
        "test $(git config --get-regexp 'branch.b.*description' | wc -l) = 6"
            + " && test ! -e .git/config.lock && test ! -e .git/.ringfence");
    StringBuilder programs = new StringBuilder();
    for (String setting :
        new String[] {
          "core.fsmonitor evil",
          "core.hooksPath evil",
          "CORE.HooksPath evil",
          "core.sshCommand evil",
          "core.pager evil",
          "core.editor evil",
          "core.askPass evil",
          "core.gitProxy evil",
          "core.attributesFile evil",
          "core.worktree /evil",
          "core.alternateRefsCommand evil",
          "sequence.editor evil",
          "pager.log evil",
          "alias.st '!evil'",
          "alias.st '-c core.pager=evil log'",
          "diff.external evil",
          "diff.evil.textconv evil",
          "merge.evil.driver evil",
          "filter.evil.clean evil",
          "filter.lfs.process evil",
          "mergetool.evil.cmd evil",
          "include.path evil",
          "includeIf.onbranch:main.path evil",
          "credential.helper evil",
          "credential.https://example.org.helper evil",
          "gpg.program evil",
          "gpg.ssh.defaultKeyCommand evil",
          "remote.evil.url 'ext::evil'",
          "remote.evil.url evil://example.org",
          "remote.evil.url --upload-pack=evil",
          "remote.evil.url ssh://-oProxyCommand=evil/x",
          "remote.evil.url ./evil",
          "remote.evil.uploadpack evil",
          "remote.evil.receivepack evil",
          "remote.evil.vcs evil",
          "branch.main.remote evil",
          "branch.main.pushRemote ext::evil",
          "branch.main.mergeOptions '-s evil'",
          "remote.pushDefault evil",
          "submodule.evil.update '!evil'",
          "submodule.evil.url ext::evil",
          "url.ext::evil.insteadOf https://",
          "protocol.evil.allow always",
          "uploadpack.packObjectsHook evil",
          "trailer.evil.command evil",
          "tar.evil.command evil",
          "sendemail.evil.smtpserver evil",
          "hook.evil.command evil",
          "lfs.customtransfer.evil.path evil",
          "remote.evil.url \"$(printf 'evil::x\\205')\"",
          "remote.evil.url \"$(printf 'evil://x\\205')\"",
          "remote.evil.url file:///usr/%2e%2e/evil",
          "remote.evil.url file://evil/x",
          "remote.evil.url /usr/../evil",
          "core.worktree ../evil/..",
          "unheard.of evil"
        }) {
      programs.append("git config ").append(setting).append("; ");
    }
    attack(
        all,
        "GUARD-PROGRAMS",
        "git config sets nothing that names a program",
        Attack.on("", programs.toString(), PROGRAMS));
    attack(
        all,
        "GUARD-WORKTREE-CONFIG",
        "the configuration of a single working tree names no program either",
        Attack.on(
            "",
            "git config extensions.worktreeConfig true; git config --worktree core.fsmonitor evil",
            "grep evil .git/config.worktree"));
    attack(
        all,
        "GUARD-NEW",
        "the configuration of a new repository names no program",
        Attack.on(
            "",
            "git init -q n; git -C n config core.fsmonitor evil; git -c core.fsmonitor=evil init -q o;"
                + " git clone -q -c core.fsmonitor=evil . p; git clone -q -u evil . q",
            "grep -r evil n/.git/config o/.git/config p/.git/config q/.git/config"));
    attack(
        all,
        "GUARD-TAKEN",
        "a setting that names a program is not taken away",
        Attack.on(
            "git config core.pager less",
            "git config --unset core.pager; rm -f .git/config",
            "git config core.pager"));
    attack(
        all,
        "GUARD-UNDEFINED",
        "no branch names a remote that becomes a path",
        Attack.on(
            "git remote add up https://example.org/x; git config branch.main.remote up;"
                + " git config branch.main.merge refs/heads/main",
            "git config --remove-section remote.up; git remote rename up evil",
            "git config remote.up.url"));
  }

  private static void writing(List<ConformanceCase> all) {
    lock(all, "IN-PLACE", "by writing in place", "printf '" + PROGRAM + "' >> .git/config");
    lock(
        all,
        "ELSEWHERE",
        "by a file from elsewhere",
        "cp .git/config c; printf '"
            + PROGRAM
            + "' >> c; mv -f c .git/config; cp c .git/config;"
            + " cp c .git/config.lock; mv -f .git/config.lock .git/config");
    lock(
        all,
        "LINK",
        "by a link",
        "rm .git/config; printf '"
            + PROGRAM
            + "' > c; ln c .git/config || ln -s ../c .git/config;"
            + " cp -l c .git/config.lock; mv -f .git/config.lock .git/config");
    lock(
        all,
        "KEPT",
        "by a descriptor or a name kept of the lock file",
        LOCKED
            + "printf '[user]\\n\\tname = q\\n' >> .git/config.lock; exec 3>> .git/config.lock;"
            + " ln .git/config.lock kept; mv -f .git/config.lock .git/config; printf '"
            + PROGRAM
            + "' >&3; printf '"
            + PROGRAM
            + "' >> kept");
    attack(
        all,
        "GUARD-RACE",
        "no program gets into the configuration by changing the lock file while it is judged",
        Attack.on(
            "",
            "printf '[user]\\n\\tname = aaaaaaaaaaaaaaaa\\n' > good; printf '"
                + PROGRAM
                + "' > bad; (i=0; while test $i -lt 200; do cat bad 1<> .git/config.lock;"
                + " cat good 1<> .git/config.lock; i=$((i+1)); done) 2>> log & "
                + "i=0; while test $i -lt 60; do cp good .git/config.lock;"
                + " mv -f .git/config.lock .git/config 2>> log; i=$((i+1));"
                + " grep -q evil .git/config && touch raced; done; wait; cp bad .git/config.lock; "
                + RENAMED,
            PROGRAMS + "; ls raced"));
    attack(
        all,
        "GUARD-HUGE",
        "a huge lock file does not become the configuration",
        Attack.on(
            "",
            LOCKED + "truncate -s 2G .git/config.lock; " + RENAMED,
            "find .git/config -size +100M"));
    attack(
        all,
        "GUARD-FIFO",
        "no pipe becomes the configuration, and none holds up the supervisor",
        Attack.on("", "mkfifo .git/config.lock; " + RENAMED, "ls -l .git/config | cut -c 1"));
  }

  private static void lock(List<ConformanceCase> all, String id, String how, String script) {
    attack(
        all,
        "GUARD-" + id,
        "no program gets into the configuration " + how,
        Attack.on("", script, PROGRAMS));
  }

  private static void contents(List<ConformanceCase> all) {
    content(all, "NUL", "after a NUL", "[user]\\n\\tname = a\\000\\n" + PROGRAM);
    content(all, "COMMENT", "beside a comment", "[user] # x\\n" + PROGRAM + "; y\\n");
    content(all, "CONTINUED", "on a continued line", "[user]\\n\\tname = a\\\\\\n evil\\n");
    content(all, "LETTERS", "in other letters", "[CoRe] FSMONITOR=evil\\n");
    content(all, "DOTTED", "in an old form of a section", "[filter.evil]\\n\\tclean = evil\\n");
    content(all, "MARK", "after a byte order mark", "\\357\\273\\277" + PROGRAM);
    content(all, "RETURN", "after a carriage return", "[user]\\r[core]\\r\\tfsmonitor=evil\\n");
    content(
        all, "QUOTED", "in quotes", "[core] \"fsmonitor\" = evil\\n[a \"\\n\"]fsmonitor=evil\\n");
    content(all, "FAULT", "in a faulty file", PROGRAM + "[core\\n");
    content(
        all, "WIDE", "in letters that look alike", "[\\342\\204\\252ore]\\n\\tfsmonitor = evil\\n");
  }

  private static void content(List<ConformanceCase> all, String id, String where, String text) {
    lock(all, id, where, LOCKED + "printf '" + text + "' >> .git/config.lock; " + RENAMED);
  }

  private static void pointers(List<ConformanceCase> all) {
    attack(
        all,
        "GUARD-POINTER",
        "no working tree gets a git directory from elsewhere",
        Attack.on(
            "mkdir s t u v z; git worktree add -q w",
            "git init -q $TMPDIR/evil; printf 'gitdir: %s/.git\\n' $TMPDIR/evil > p; cp p s/.git;"
                + " cat p > t/.git; cp p u/x; mv u/x u/.git; ln p v/.git; ln -s $TMPDIR/evil/.git v/.git;"
                + " printf 'gitdir: %s/y/.git/worktrees/w\\n' \"$PWD\" > q; cp q z/.git;"
                + " printf 'gitdir: ../.git\\n' > q; cp q z/.git; ln -s . y",
            "cat s/.git t/.git u/.git; ls -A v z"));
    attack(
        all,
        "GUARD-POINTER-KEPT",
        "a pointer is not changed through a descriptor kept of it",
        Attack.on(
            "git worktree add -q w",
            "git init -q $TMPDIR/evil; printf 'gitdir: %s/.git\\n' $TMPDIR/evil > p;"
                + " exec 3<> w/.git 4> w/.git; cat p >&3; cat p >&4; exec 3>&- 4>&-; cat w/.git",
            "cat w/.git"));
    attack(
        all,
        "GUARD-COMMON",
        "a linked working tree's git directory shares the configuration of its own repository",
        Attack.on(
            "git worktree add -q w",
            "git init -q $TMPDIR/evil; echo $TMPDIR/evil/.git > p;"
                + " cp p .git/worktrees/w/commondir; cat p > .git/worktrees/w/commondir",
            "cat .git/worktrees/w/commondir"));
    attack(
        all,
        "GUARD-RELATIVE",
        "no working tree is linked in which hooks named by a relative path would be a command's",
        Attack.on(
            "git config core.hooksPath .githooks",
            "rm -rf w; git worktree add -f -f -q -B w w; mkdir -p w/.githooks; echo x > w/.githooks/pre-commit",
            "git -C w rev-parse --git-dir | grep worktrees"));
  }

  private static void hooks(List<ConformanceCase> all) {
    attack(
        all,
        "GUARD-HOOKS",
        "a new repository has no hooks",
        Attack.on(
            "",
            "git init -q n; echo x > n/.git/hooks/pre-commit; cd n/.git/hooks;"
                + " mv pre-push.sample pre-push; ln update.sample update; ln -s x post-commit;"
                + " mkdir post-merge",
            "ls -d n/.git/hooks/* | grep -v sample"));
    attack(
        all,
        "GUARD-HOOKS-DIRECTORY",
        "the hooks of a new repository are no directory from elsewhere",
        Attack.on(
            "",
            "git init -q n; rm -rf n/.git/hooks; mkdir evil; echo x > evil/update;"
                + " mv evil n/.git/hooks || ln -s ../../evil n/.git/hooks",
            "cat n/.git/hooks/update"));
    attack(
        all,
        "GUARD-SAMPLE",
        "an example that a hook links to is not replaced",
        Attack.on(
            "mkdir -p .git/hooks; echo a > .git/hooks/pre-commit.sample;"
                + " ln -s pre-commit.sample .git/hooks/pre-commit",
            "rm .git/hooks/pre-commit.sample; echo x > .git/hooks/pre-commit.sample",
            "cat .git/hooks/pre-commit"));
  }

  private static Outcome tracked(TestContext stage) throws Exception {
    demandGuard(stage);
    Path repository = GitScenarios.repository(stage, stage.posix().workspace());
    outside(
        repository,
        "mkdir .vscode .idea sub; for f in .vscode/settings.json .idea/x sub/.envrc; do echo 1 > $f;"
            + " done; git add .; git commit -qm files; git checkout -qb other;"
            + " echo 2 > .vscode/settings.json; git rm -q .idea/x; git commit -qam other;"
            + " git checkout -q main; echo 1 >> a; git commit -qam main");
    SandboxPolicy policy =
        stage.policy("protected").toBuilder().protectedNames(ProtectedNames.TRACKED).build();
    CapturedProcess inside;
    try (Sandbox sandbox = stage.open(policy, GitScenarios.NEEDS, repository)) {
      inside =
          CapturedProcess.of(
              sandbox.start(
                  SandboxCommand.of(
                      "/bin/sh",
                      "-c",
                      "git checkout -q other && test ! -e .idea/x && git checkout -q main"
                          + " && test $(cat .idea/x) = 1 && git merge -q --no-edit other"
                          + " && git reset -q --hard HEAD~1 && git rebase -q other"
                          + " && echo 3 > .vscode/settings.json && git stash -q && git status"
                          + " --porcelain; e=$?; echo x > .vscode/tasks.json; mv .vscode moved;"
                          + " mv sub moved; echo x > .envrc; echo x > .git/hooks/update;"
                          + " git config core.fsmonitor evil; exit $e")));
    }
    if (inside.exit() != 0 || !inside.output().isEmpty()) {
      return Outcome.failed("exit " + inside.exit() + ": " + inside.output() + inside.error());
    }
    String left =
        outside(
            repository,
            "cat .vscode/settings.json; ls -d .vscode/tasks.json moved/* moved/.e* .envrc .git/hooks/update"
                + " 2> /dev/null; git config core.fsmonitor");
    return left.equals("2\n") ? Outcome.passed() : Outcome.failed("after it: " + left);
  }

  private static void works(
      List<ConformanceCase> all, String id, String title, String script, String check) {
    prepared(all, id, title, "true", script, check);
  }

  private static void prepared(
      List<ConformanceCase> all,
      String id,
      String title,
      String setup,
      String script,
      String check) {
    GitScenarios.add(
        all,
        id,
        title,
        stage -> {
          demandGuard(stage);
          Path repository = GitScenarios.repository(stage, stage.posix().workspace());
          outside(repository, setup);
          CapturedProcess inside = GitScenarios.inside(stage, repository, script);
          if (inside.exit() != 0) {
            return Outcome.failed(
                "exit " + inside.exit() + ": " + inside.output() + inside.error());
          }
          String checked =
              outside(repository, "{ " + check + "; } > log 2>&1 && echo good || cat log");
          return checked.equals("good\n") ? Outcome.passed() : Outcome.failed(checked);
        });
  }

  private static void demandGuard(TestContext stage) throws NotShownException {
    if (!GUARDED.contains(stage.backend().info().id())) {
      throw NotShownException.notApplicable("the backend permits no change of git's configuration");
    }
  }
}
