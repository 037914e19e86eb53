package org.ringfence.conformance.scenario;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;

/**
 * Repositories and files that a tool outside would take for the project's own, planted in unusual
 * ways: by a socket's name, or above the workspace.
 */
public final class PlantedRepositoryScenarios {
  private static final List<String> NEEDS = List.of("files.protected-names");
  private static final String BIND =
      "perl -MSocket -e 'umask 0; socket(S, AF_UNIX, SOCK_STREAM, 0);"
          + " bind(S, pack_sockaddr_un($ARGV[0]))' ";
  private static final String PARTS =
      "mkdir docs docs/objects; echo 'ref: refs/heads/main' > docs/HEAD; ";

  private static final int ROUNDS = 1000;
  private static final int HELD_ROUNDS = 100;

  /** Each worker makes its part when it is told to, and says when it has tried. */
  private static final String WHILE_HELD =
      "sub worker { my ($part) = @_;"
          + " pipe(my $orders, my $order); pipe(my $answers, my $answer);"
          + " if (!fork) { close $order; my $at = 0;"
          + " while (sysread($orders, my $byte, 1)) { mkdir \"d$at/$part\"; $at++;"
          + " syswrite($answer, 'x') } exit }"
          + " close $orders; close $answer; return ($order, $answers) }"
          + " my ($n) = @ARGV; my ($one, $first) = worker('HEAD');"
          + " my ($other, $second) = worker('refs');"
          + " for my $at (0 .. $n - 1) {"
          + " open(my $held, '<', \"d$at\") or die; flock($held, 1) or die;"
          + " syswrite($one, 'x'); syswrite($other, 'x');"
          + " mkdir \"d$at/own\"; mkdir \"d$at/own/own\"; flock($held, 8) or die;"
          + " sysread($first, my $a, 1) or die; sysread($second, my $b, 1) or die }";

  private PlantedRepositoryScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "GIT-BECOMES-SOCKET",
        "no directory becomes a git directory by a unix socket's name",
        stage -> inWorkspace(stage, PARTS + BIND + "docs/refs", "docs/refs"));
    add(
        all,
        "GIT-BECOMES-TWO",
        "two sandboxes on one workspace do not together make a git directory",
        PlantedRepositoryScenarios::byTwo);
    add(
        all,
        "GIT-BECOMES-HELD",
        "two processes whose calls wait for one lock do not each make a part of a git directory",
        PlantedRepositoryScenarios::whileHeld);
    add(
        all,
        "PN-SOCKET",
        "no unix socket gets a protected name, whether or not connections are decided on",
        stage -> inWorkspace(stage, BIND + ".vscode; " + BIND + ".git", ".vscode", ".git"));
    add(
        all,
        "PN-BEGUN",
        "configuration of a repository is not made in a granted directory whose name begins its",
        PlantedRepositoryScenarios::inBegun);
    above(
        all,
        "GIT-ABOVE-MKDIR",
        "no repository is made above the workspace in a shared temporary directory",
        "mkdir ../.git; git init -q ..",
        ".git");
    above(
        all,
        "GIT-ABOVE-MOVE",
        "no repository is moved above the workspace in a shared temporary directory",
        "mkdir ../other; git init -q ../other/made; mv ../other/made/.git ..;"
            + " ln -s other/made/.git ../.git",
        ".git");
    above(
        all,
        "GIT-ABOVE-PARTS",
        "no directory above the workspace in a shared temporary directory becomes a repository",
        "mkdir ../objects ../r; echo 'ref: refs/heads/main' > ../HEAD; mkdir ../refs;"
            + " mv ../r ../refs; ln -s objects ../refs; "
            + BIND
            + "../refs",
        "refs");
    above(
        all,
        "PN-ABOVE",
        "no configuration is made above the workspace in a shared temporary directory",
        "echo x > ../.envrc; mkdir ../v; mv ../v ../.vscode; echo x > ../f; ln ../f ../.mcp.json",
        ".envrc",
        ".vscode",
        ".mcp.json");
  }

  private static void add(List<ConformanceCase> all, String id, String title, Body body) {
    String group = id.startsWith("GIT") ? "git" : "protected-name";
    all.add(new ConformanceCase(id, group, title, NEEDS, body));
  }

  private static void above(
      List<ConformanceCase> all, String id, String title, String attack, String... watched) {
    add(all, id, title, stage -> inSharedTmp(stage, attack, watched));
  }

  /**
   * Runs the attack with a network whose addresses the supervisor decides on, and with one where it
   * decides on none.
   */
  private static Outcome inWorkspace(TestContext stage, String attack, String... watched)
      throws Exception {
    SandboxPolicy mediated =
        TestContext.write().protectedNames(ProtectedNames.HOOKS_AND_CONFIG).build();
    SandboxPolicy open = mediated.toBuilder().network(NetworkMode.FULL).unixSocket("/").build();
    for (SandboxPolicy policy : List.of(mediated, open)) {
      Path workspace = stage.posix().workspace();
      stage.posix().reset();
      PosixFixture.deleteTree(workspace);
      Files.createDirectory(workspace);
      Outcome fault =
          tried(stage, policy, workspace, workspace, BIND + "plain; " + attack, watched);
      if (!fault.isPassed()) {
        return Outcome.failed("network " + policy.network().mode() + ": " + fault.reason());
      }
    }
    return Outcome.passed();
  }

  /**
   * Two processes take turns through pipes, so that both make their part at the same moment.
   * Outside, every directory becomes a repository that way.
   */
  private static Outcome byTwo(TestContext stage) throws Exception {
    Path workspace = stage.posix().workspace();
    SandboxPolicy policy =
        TestContext.write().protectedNames(ProtectedNames.HOOKS_AND_CONFIG).build();
    stage.posix().reset();
    prepareRounds(workspace, ROUNDS);
    try (Sandbox one = stage.open(policy, NEEDS, workspace);
        Sandbox other = stage.open(policy, NEEDS, workspace)) {
      TestContext.onThisSystem(one);
      SandboxedProcess first = one.start(half("there", "back", "HEAD", 1));
      SandboxedProcess second = other.start(half("back", "there", "refs", 0));
      Outcome fault = both(first, second);
      if (!fault.isPassed()) {
        return fault;
      }
    }
    int became = repositories(workspace);
    if (became > 0) {
      return Outcome.failed(became + " of " + ROUNDS + " directories became git directories");
    }
    if (parts(workspace, "HEAD") == 0 || parts(workspace, "refs") == 0) {
      return Outcome.failed("one of the two made no part at all");
    }
    prepareRounds(workspace, ROUNDS);
    Outcome fault =
        both(
            outside(workspace, half("there", "back", "HEAD", 1)),
            outside(workspace, half("back", "there", "refs", 0)));
    return repositories(workspace) == ROUNDS
        ? fault
        : fault.and(Outcome.failed("the control made no git directories"));
  }

  private static void prepareRounds(Path workspace, int rounds) throws Exception {
    PosixFixture.deleteTree(workspace);
    Files.createDirectory(workspace);
    for (int i = 0; i < rounds; i++) {
      Files.createDirectories(workspace.resolve("d" + i).resolve("objects"));
    }
    Process fifos =
        new ProcessBuilder("mkfifo", "there", "back").directory(workspace.toFile()).start();
    if (fifos.waitFor() != 0) {
      throw NotShownException.skipped("no FIFOs can be made here");
    }
  }

  /**
   * A command holds a directory by a lock while two of its processes each make a part of it. Both
   * calls wait on threads of their own, and are tried again at the same moments: after the lock is
   * given back, two threads of one supervisor decide at once.
   */
  private static Outcome whileHeld(TestContext stage) throws Exception {
    Path workspace = stage.posix().workspace();
    SandboxPolicy policy =
        TestContext.write().protectedNames(ProtectedNames.HOOKS_AND_CONFIG).build();
    SandboxCommand command =
        SandboxCommand.of("perl", "-e", WHILE_HELD, String.valueOf(HELD_ROUNDS));
    stage.posix().reset();
    prepareRounds(workspace, HELD_ROUNDS);
    try (Sandbox sandbox = stage.open(policy, NEEDS, workspace)) {
      TestContext.onThisSystem(sandbox);
      CapturedProcess inside = CapturedProcess.of(sandbox.start(command));
      if (inside.exit() != 0) {
        return Outcome.failed("inside: exit " + inside.exit() + ": " + inside.error());
      }
    }
    int became = repositories(workspace);
    if (became > 0) {
      return Outcome.failed(became + " of " + HELD_ROUNDS + " directories became git directories");
    }
    if (parts(workspace, "HEAD") + parts(workspace, "refs") == 0) {
      return Outcome.failed("no part was made at all");
    }
    prepareRounds(workspace, HELD_ROUNDS);
    CapturedProcess control = CapturedProcess.of(outside(workspace, command));
    return control.exit() == 0 && repositories(workspace) == HELD_ROUNDS
        ? Outcome.passed()
        : Outcome.failed("the control made no git directories: " + control.error());
  }

  private static SandboxCommand half(String out, String in, String part, int first) {
    String open =
        first == 1
            ? "open(O, '>', $o) or die; open(I, '<', $i) or die; "
            : "open(I, '<', $i) or die; open(O, '>', $o) or die; ";
    return SandboxCommand.of(
        "perl",
        "-e",
        "my ($o, $i, $part, $n) = @ARGV; "
            + open
            + "for my $at (0 .. $n - 1) {"
            + " syswrite(O, 'x'); sysread(I, my $byte, 1) or die; mkdir \"d$at/$part\" }",
        out,
        in,
        part,
        String.valueOf(ROUNDS));
  }

  private static Process outside(Path workspace, SandboxCommand command) throws Exception {
    return new ProcessBuilder(command.command()).directory(workspace.toFile()).start();
  }

  private static Outcome both(Process first, Process second) throws Exception {
    CompletableFuture<CapturedProcess> later =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return CapturedProcess.of(second);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    CapturedProcess one = CapturedProcess.of(first);
    CapturedProcess other = later.get();
    return one.exit() == 0 && other.exit() == 0
        ? Outcome.passed()
        : Outcome.failed(
            "exits " + one.exit() + " and " + other.exit() + ": " + one.error() + other.error());
  }

  private static int repositories(Path workspace) {
    return (int)
        IntStream.range(0, ROUNDS)
            .mapToObj(i -> workspace.resolve("d" + i))
            .filter(each -> Files.exists(each.resolve("HEAD")))
            .filter(each -> Files.exists(each.resolve("refs")))
            .count();
  }

  private static int parts(Path workspace, String part) {
    return (int)
        IntStream.range(0, ROUNDS)
            .filter(i -> Files.exists(workspace.resolve("d" + i).resolve(part)))
            .count();
  }

  /**
   * The granted directories belong to tools other than git; the workspace above them is not
   * granted.
   */
  private static Outcome inBegun(TestContext stage) throws Exception {
    Path workspace = stage.posix().workspace();
    stage.posix().reset();
    PosixFixture.deleteTree(workspace);
    Files.createDirectories(workspace.resolve(".hg"));
    Files.createDirectories(workspace.resolve(".jj"));
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .write(":workspace/.hg")
            .write(":workspace/.jj")
            .protectedNames(ProtectedNames.HOOKS_AND_CONFIG)
            .build();
    String attack =
        "cd .hg; mkdir store; echo x > plain; echo x > hgrc; echo x > f;"
            + " mv f hgrc-not-shared; cd ../.jj; mkdir r; echo x > r/config.toml; mv r repo;"
            + " ln -s r repo; mkdir repo; echo x > repo/config.toml";
    return tried(
        stage,
        policy,
        workspace,
        workspace.resolve(".hg"),
        attack,
        "hgrc",
        "hgrc-not-shared",
        "../.jj/repo/config.toml");
  }

  private static Outcome inSharedTmp(TestContext stage, String attack, String... watched)
      throws Exception {
    if (!NativeCalls.LINUX) {
      throw NotShownException.skipped("the case is about /tmp as Linux has it");
    }
    Path top = Files.createTempDirectory(Path.of("/tmp"), "ringfence-above-");
    try {
      Path workspace = Files.createDirectory(top.resolve("project"));
      SandboxPolicy policy =
          TestContext.write()
              .protectedNames(ProtectedNames.HOOKS_AND_CONFIG)
              .tmp(TmpPolicy.SHARED)
              .build();
      String beside =
          "mkdir ../beside; echo x > ../beside/.envrc; git init -q ../beside/made;"
              + " test -e ../beside/made/.git/config && touch ../plain; ";
      return tried(stage, policy, workspace, top, beside + attack, watched);
    } finally {
      PosixFixture.deleteTree(top);
    }
  }

  /** Tests whether an attack makes some names outside, but inside none but {@code plain}. */
  private static Outcome tried(
      TestContext stage,
      SandboxPolicy policy,
      Path workspace,
      Path directory,
      String attack,
      String... watched)
      throws Exception {
    CapturedProcess inside;
    try (Sandbox sandbox = stage.open(policy, NEEDS, workspace)) {
      inside =
          CapturedProcess.of(sandbox.start(SandboxCommand.of("/bin/sh", "-c", attack + "; true")));
    }
    for (String name : watched) {
      if (Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
        return Outcome.failed(name + " was made");
      }
    }
    if (!Files.exists(directory.resolve("plain"))) {
      return Outcome.failed("no other name was made: " + inside.error());
    }
    if (inside.exit() != 0) {
      return Outcome.failed("exit " + inside.exit() + ": " + inside.error());
    }
    CapturedProcess.of(
        new ProcessBuilder("/bin/sh", "-c", attack).directory(workspace.toFile()).start());
    for (String name : watched) {
      if (!Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
        return Outcome.failed("the control failed: " + name + " was not made outside");
      }
    }
    return Outcome.passed();
  }
}
