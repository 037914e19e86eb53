package org.ringfence.conformance.macos;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ringfence.Ending;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.event.Violation;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.value.ProcessGrant;
import org.ringfence.spi.HostSystem;

/**
 * Cases of macOS only. Each script runs outside first, where it has to print {@code reached}: an
 * operation that has no effect without a sandbox shows nothing. The shell variables are {@code W},
 * the workspace, {@code O}, a directory outside, and {@code T}, the user's directory of temporary
 * files.
 */
public final class MacScenarios {
  private static final String GROUP = "macos";
  private static final String REACHED = "echo reached";
  private static final String PROFILES = "ringfence-profile-*";
  // The accent is one character in the policy, and two on the disk.
  private static final String COMPOSED = "\u00c9tudes";

  private static final String WATCH =
      "node -e 'const fs = require(\"fs\"), p = process.argv[1];"
          + " fs.watch(p, () => process.exit(0));"
          + " setTimeout(() => fs.writeFileSync(p + \"/changed\", \"x\"), 300);"
          + " setTimeout(() => process.exit(1), 8000)' \"$W\"";

  private MacScenarios() {}

  /** Makes the policy of a case. */
  @FunctionalInterface
  private interface Policy {
    SandboxPolicy of(TestContext there) throws Exception;
  }

  private static Policy named(String name) {
    return there -> there.policy(name);
  }

  /**
   * Adds the cases.
   *
   * @param all the list to extend
   */
  public static void addTo(List<ConformanceCase> all) {
    String read = "files.read";
    denied(
        all,
        "MAC-DATA-VOLUME",
        "a denied file is not read by its name on the data volume",
        read,
        named("carved"),
        "cat \"/System/Volumes/Data$W/secret\"");
    denied(
        all,
        "MAC-CASE",
        "a denied file is not read by its name in capital letters",
        read,
        named("carved"),
        "cat \"$W/SECRET\"");
    denied(
        all,
        "MAC-CASE-ABSENT",
        "a denied file that does not exist yet is not made by its name in capital letters",
        read,
        named("carved"),
        ": >\"$W/ABSENT\" && [ -e \"$W/absent\" ]");
    denied(
        all,
        "MAC-UNICODE",
        "a denied file is not read by either form of an accent in its directory's name",
        read,
        there -> TestContext.write().none(":workspace/" + COMPOSED).build(),
        spelled("cat \"%s/file\"", " || "));
    denied(
        all,
        "MAC-HOOKS-RENAME",
        "a directory of hooks does not come into a submodule's place by a move",
        "files.protected-names",
        named("protected"),
        "mkdir -p \"$W/x/hooks\" && mv \"$W/x\" \"$W/.git/modules/planted\""
            + " && [ -d \"$W/.git/modules/planted/hooks\" ]");
    denied(
        all,
        "MAC-OWN-PROFILE",
        "the profile of a sandbox is not read by its commands",
        read,
        named("write"),
        "cat " + profiles() + "/profile");
    denied(
        all,
        "MAC-OWN-PROFILE-WRITE",
        "the profile of a sandbox is not opened for writing by its commands",
        "files.write",
        named("shared-tmp"),
        "for p in " + profiles() + "/profile; do : >>\"$p\"; done");
    denied(
        all,
        "MAC-OWN-PROFILE-MOVE",
        "the directory with the profile of a sandbox is not moved away by its commands",
        "files.write",
        named("shared-tmp"),
        "for p in " + profiles() + "; do mv \"$p\" \"$p-moved\" && mv \"$p-moved\" \"$p\"; done");
    denied(
        all,
        "MAC-TEMPORARY-OUTSIDE",
        "nothing is made in the user's directory of temporary files",
        "tmp.private",
        named("write"),
        "[ -n \"$T\" ] && f=\"$T/ringfence-conformance-$$\" && : >\"$f\" && rm \"$f\"");
    denied(
        all,
        "MAC-PREFERENCES",
        "preferences of another program are not read",
        read,
        named("minimal"),
        "/usr/bin/defaults read com.apple.dock");
    denied(
        all,
        "MAC-KEYCHAIN",
        "the user's keychains are not listed",
        "process.privileges",
        there -> TestContext.write().network(NetworkMode.FULL).build(),
        "/usr/bin/security list-keychains");
    denied(
        all,
        "MAC-ARGUMENTS",
        "arguments of a program outside are not listed",
        "process.isolation",
        named("write"),
        "/bin/ps -o args= -p " + ProcessHandle.current().pid() + " | grep -q java");
    denied(
        all,
        "MAC-FILE-SIZE",
        "a file does not grow beyond its limit",
        "limits.file-size",
        there -> TestContext.write().fileSize(64 << 10).build(),
        "dd if=/dev/zero of=\"$W/big\" bs=1024 count=100; [ $(wc -c <\"$W/big\") -gt 65536 ]");
    all.add(
        new ConformanceCase(
            "MAC-MEMORY",
            GROUP,
            "a command that keeps more memory than its limit is ended",
            List.of(),
            there -> {
              demandMac(there);
              return kept(there);
            }));
    working(all);
    openedServices(all);
    all.add(
        new ConformanceCase(
                "MAC-DENIAL",
                GROUP,
                "a listener receives the denial of a short command",
                List.of("files.write"),
                there -> {
                  there.fixture().reset();
                  return heard(there);
                })
            .permitting());
  }

  /** Adds the cases of operations that have to succeed. */
  private static void working(List<ConformanceCase> all) {
    allowed(
        all,
        "MAC-OK-DIRECTORY",
        "directories of the workspace are made, moved and removed",
        named("protected"),
        "mkdir -p \"$W/a/b\" && mv \"$W/a\" \"$W/c\" && rmdir \"$W/c/b\" \"$W/c\"");
    allowed(
        all,
        "MAC-OK-UNICODE",
        "a workspace's directory with an accent is written by either form of the name",
        there ->
            SandboxPolicy.builder()
                .rule(":workspace/" + COMPOSED, Access.WRITE, MissingPath.SKIP)
                .build(),
        spelled(": >\"%s/new\" && rm \"%<s/new\"", " && "));
    allowed(
        all,
        "MAC-OK-TEMPORARY",
        "the directory of temporary files that confstr names can be written",
        named("write"),
        "d=$(getconf DARWIN_USER_TEMP_DIR) && mkdir -p \"$d\" && f=\"$d/ringfence-$$\""
            + " && : >\"$f\" && rm \"$f\"");
    allowed(
        all,
        "MAC-OK-JAVA",
        "java of the system starts with the minimal view",
        named("minimal"),
        "/usr/bin/java -version");
    allowed(
        all,
        "MAC-OK-XCRUN",
        "xcrun finds a developer tool",
        named("write"),
        "/usr/bin/xcrun --find git");
    allowed(
        all,
        "MAC-OK-GIT",
        "git shows the status of the workspace's repository",
        named("write"),
        "git -c core.fsmonitor=false -C \"$W\" status --porcelain");
    allowed(all, "MAC-OK-WATCH", "Node hears of a changed file", named("write"), WATCH);
    allowed(
        all,
        "MAC-OK-TREE",
        "a command reads facts about a process that it has started",
        named("write"),
        "sleep 30 & kill -0 $! && kill $!");
    allowed(
        all,
        "MAC-OK-SOCKET",
        "a command listens and connects on a unix socket of its own",
        named("write"),
        "python3 -c 'import os, socket, sys, tempfile; n = tempfile.mkdtemp() + \"/s\";"
            + " s = socket.socket(socket.AF_UNIX); s.bind(n); s.listen(1);"
            + " c = socket.socket(socket.AF_UNIX); c.connect(n); s.accept()'");
    allowed(
        all,
        "MAC-OK-OPENMP",
        "a command makes the shared memory of OpenMP runtimes",
        named("write"),
        "python3 -c 'from multiprocessing.shared_memory import SharedMemory as m;"
            + " m(\"__KMP_REGISTERED_LIB_1\", True, 64).unlink()'");
  }

  /** Adds a case for each service of macOS that a policy can open. */
  private static void openedServices(List<ConformanceCase> all) {
    opened(
        all,
        "TRUSTD",
        "a root certificate of the system is trusted where the policy opens trustd",
        ProcessGrant.TRUSTD,
        "awk '/BEGIN CERT/ { n++ } n == 1' /etc/ssl/cert.pem >\"$W/root.pem\""
            + " && /usr/bin/security verify-cert -c \"$W/root.pem\"");
    opened(
        all,
        "KEYCHAIN",
        "the user's keychains are listed where the policy opens the keychain",
        ProcessGrant.KEYCHAIN,
        "/usr/bin/security list-keychains");
    opened(
        all,
        "GPU",
        "a program for the graphics processor is compiled where the policy opens it",
        ProcessGrant.GPU,
        "/usr/bin/osascript -l JavaScript -e 'ObjC.import(\"Metal\");"
            + " ObjC.bindFunction(\"MTLCreateSystemDefaultDevice\", [\"id\", []]);"
            + " const d = $.MTLCreateSystemDefaultDevice(); if (d.isNil()) throw 1;"
            + " if (d.newLibraryWithSourceOptionsError(\"kernel void k() {}\", $(), $()).isNil())"
            + " throw 2'");
    opened(
        all,
        "FSEVENTS",
        "Node hears of a changed file where the policy hides another and opens fsevents",
        ProcessGrant.FSEVENTS,
        WATCH);
    opened(
        all, "PS", "ps runs where the policy opens it", ProcessGrant.PS, "/bin/ps -o pid= -p $$");
  }

  /** Adds a case of an operation that succeeds with a grant, and without it does not. */
  private static void opened(
      List<ConformanceCase> all, String id, String title, ProcessGrant grant, String attempt) {
    List<String> needs = List.of("process.mac-services");
    all.add(
        new ConformanceCase(
                "MAC-ALLOW-" + id,
                GROUP,
                title,
                needs,
                there -> {
                  demandMac(there);
                  SandboxPolicy closed = TestContext.write().none(":workspace/secret").build();
                  SandboxPolicy open = closed.toBuilder().allow(grant).build();
                  there.require(open, needs, there.fixture().workspace());
                  Outcome without = tried(there, List.of(), closed, attempt, false);
                  return without instanceof Outcome.Passed
                      ? tried(there, needs, open, attempt, true)
                      : without;
                })
            .permitting());
  }

  /** Returns a script that tries something with each spelling of a name with an accent. */
  private static String spelled(String attempt, String joint) {
    String apart = Normalizer.normalize(COMPOSED, Normalizer.Form.NFD);
    return String.format(attempt, "$W/" + COMPOSED) + joint + String.format(attempt, "$W/" + apart);
  }

  private static String profiles() {
    return "\"$J\"/" + PROFILES;
  }

  private static void denied(
      List<ConformanceCase> all,
      String id,
      String title,
      String needs,
      Policy policy,
      String attempt) {
    add(all, id, title, List.of(needs), policy, attempt, false);
  }

  private static void allowed(
      List<ConformanceCase> all, String id, String title, Policy policy, String attempt) {
    add(all, id, title, List.of(), policy, attempt, true);
  }

  private static void add(
      List<ConformanceCase> all,
      String id,
      String title,
      List<String> needs,
      Policy policy,
      String attempt,
      boolean succeeds) {
    all.add(
        new ConformanceCase(
            id,
            GROUP,
            title,
            needs,
            there -> {
              demandMac(there);
              return tried(there, needs, policy.of(there), attempt, succeeds);
            }));
  }

  private static void demandMac(TestContext there) throws NotShownException {
    if (there.backend().info().system() != HostSystem.MACOS) {
      throw NotShownException.notApplicable("commands do not run under Seatbelt");
    }
  }

  private static Outcome tried(
      TestContext there, List<String> needs, SandboxPolicy policy, String attempt, boolean succeeds)
      throws Exception {
    prepare(there.posix());
    try (Sandbox sandbox = there.open(policy, needs)) {
      // The sandbox has its profile now, which some scripts look for.
      String script = script(there.posix(), attempt);
      String outside = outside(script);
      if (!outside.contains("reached")) {
        throw NotShownException.skipped("it does not succeed outside: " + outside.strip());
      }
      prepare(there.posix());
      CapturedProcess inside =
          CapturedProcess.of(sandbox.start(SandboxCommand.of("/bin/sh", "-c", script)));
      if (!inside.output().contains("end\n")) {
        return Outcome.failed("the script did not run inside: " + inside);
      }
      boolean reached = inside.output().contains("reached");
      return reached == succeeds
          ? Outcome.passed()
          : Outcome.failed(
              (succeeds ? "it does not succeed inside: " : "it succeeds inside: ")
                  + inside.error().strip());
    }
  }

  private static void prepare(PosixFixture fixture) throws IOException {
    fixture.reset();
    Path directory =
        fixture.workspace().resolve(Normalizer.normalize(COMPOSED, Normalizer.Form.NFD));
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("file"), "accent");
  }

  private static String script(PosixFixture fixture, String attempt) throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toRealPath();
    return Stream.of(
            "W='" + fixture.workspace() + "'",
            "O='" + fixture.outside() + "'",
            "J='" + temporary + "'",
            "T='" + outside("getconf DARWIN_USER_TEMP_DIR 2>/dev/null").strip() + "'",
            "if { " + attempt + "; } >/dev/null; then " + REACHED + "; fi",
            "echo end",
            "")
        .collect(Collectors.joining("\n"));
  }

  /** Runs a script without a sandbox, and returns all that it prints. */
  private static String outside(String script) throws IOException {
    Process shell =
        new ProcessBuilder("/bin/sh", "-s")
            .redirectErrorStream(true)
            .directory(Path.of("/").toFile())
            .start();
    try (OutputStream input = shell.getOutputStream()) {
      input.write(script.getBytes(StandardCharsets.UTF_8));
    }
    try {
      return CapturedProcess.of(shell).output();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static Outcome kept(TestContext there) throws Exception {
    String script = "perl -e 'vec($x, 300 << 20, 8) = 1; sleep 3' && " + REACHED;
    if (!outside(script + "\n").contains("reached")) {
      throw NotShownException.skipped("perl does not take the memory outside");
    }
    SandboxPolicy policy = TestContext.write().memory(100L << 20).build();
    try (Sandbox sandbox = there.open(policy, List.of())) {
      Result result = sandbox.command("/bin/sh", "-c", script).run();
      if (result.ending().equals(new Ending.LimitReached(Ending.Limit.MEMORY))) {
        return Outcome.passed();
      }
      return Outcome.failed(
          result.stdout().text().contains("reached")
              ? "it succeeds inside"
              : "another ending: " + result.ending().describe());
    }
  }

  private static Outcome heard(TestContext there) throws Exception {
    demandMac(there);
    Queue<Violation> told = new ConcurrentLinkedQueue<>();
    Path denied = there.posix().outside().resolve("heard");
    try (Sandbox sandbox =
        there.open(
            there.policy("write"),
            List.of("files.write"),
            there.fixture().workspace(),
            opener -> opener.onDenied(told::add))) {
      CapturedProcess.of(sandbox.start(SandboxCommand.of("/bin/sh", "-c", ": >'" + denied + "'")));
    }
    if (Files.exists(denied)) {
      return Outcome.failed("it is not denied");
    }
    if (told.isEmpty()) {
      throw NotShownException.skipped(
          "no denial is reported: this user may not read the system's log");
    }
    return told.stream().anyMatch(each -> each.toString().contains("heard"))
        ? Outcome.passed()
        : Outcome.failed("reported were others: " + told);
  }
}
