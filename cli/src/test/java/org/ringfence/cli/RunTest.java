package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.file.TreeRemoval;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** Starts {@code ringfence run} and {@code ringfence learn} in a separate process. */
class RunTest {
  private record Result(int exit, String out, String err) {}

  @TempDir private Path workspace;

  @BeforeEach
  void assumeLandlock() throws Exception {
    var plan =
        Backends.load()
            .byId("landlock")
            .plan(
                EffectivePolicy.of(
                    Presets.load("workspace-write"), PathContext.current(workspace)));
    assumeTrue(
        plan.acceptable(), () -> "refused here: " + plan.availability().reasons() + plan.unmet());
  }

  private ProcessBuilder builder(List<String> flags, String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).directory(workspace.toFile());
  }

  private Result run(String... args) throws Exception {
    return result(builder(List.of(), args));
  }

  private static Result result(ProcessBuilder builder) throws IOException, InterruptedException {
    Path err = Files.createTempFile("run", ".err");
    try {
      Process process = builder.redirectError(err.toFile()).start();
      process.getOutputStream().close();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), out, Files.readString(err));
    } finally {
      Files.delete(err);
    }
  }

  @ParameterizedTest
  @CsvSource({"exit 0, 0", "exit 3, 3", "kill -TERM $$, 143", "kill -KILL $$, 137"})
  void exitCodeIsThatOfTheCommand(String script, int expected) throws Exception {
    assertThat(run("run", "--", "sh", "-c", script).exit()).isEqualTo(expected);
  }

  @Test
  void commandUsesTheCallersStreamsAndWorkspace() throws Exception {
    Result result = run("run", "--", "sh", "-c", "echo out; echo err >&2; echo x > made");
    assertThat(result.out()).isEqualTo("out\n");
    assertThat(result.err()).isEqualTo("err\n");
    assertThat(workspace.resolve("made")).hasContent("x");
  }

  @Test
  void verboseOptionPrintsDenials() throws Exception {
    Path other = Files.createTempDirectory(Path.of("/var/tmp"), "other").toRealPath();
    try {
      Path file = Files.createFile(other.resolve("file"));
      Result result =
          run("run", "--verbose", "--", "sh", "-c", "chmod 777 '" + file + "' 2>/dev/null");
      assertThat(result.err()).contains("denied fchmodat " + file, "to allow it");
      assertThat(result.exit()).isEqualTo(1);
    } finally {
      TreeRemoval.remove(other);
    }
    assertThat(run("run", "--verbose", "--", "sh", "-c", "chmod 777 /etc/hostname 2>&1").err())
        .contains("denied fchmodat /etc/hostname", "a file of the system")
        .doesNotContain("to allow it");
  }

  @Test
  void refusalAndMissingCommandHaveTheirExitCodes() throws Exception {
    Result refused =
        run("run", "--backend", "landlock", "--deny", "/etc", "--", "sh", "-c", "echo started");
    assertThat(refused.exit()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).contains("/etc", "try:").hasLineCount(1);

    Result missing = run("run", "--", "no-such-program");
    assertThat(missing.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(missing.err()).hasLineCount(1);
    assertThat(run("run", "--", "/etc").exit()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void policyIsReadFromStandardInput() throws Exception {
    Path policy = workspace.resolve("policy");
    Files.writeString(policy, "{\"extends\": [\"read-only\"]}");
    ProcessBuilder line =
        builder(List.of(), "run", "-p", "-", "--", "sh", "-c", "cat; touch made")
            .redirectInput(policy.toFile());
    Path err = Files.createTempFile("run", ".err");
    Process process = line.redirectError(err.toFile()).start();
    assertThat(process.getInputStream().readAllBytes()).isEmpty();
    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(Files.readString(err)).contains("made");
    Files.writeString(policy, "{\"files\": {\"defualt\": \"read\"}}");
    process = line.start();
    assertThat(process.waitFor()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(Files.readString(err)).contains("standard input:1", "default");
    Files.delete(err);
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void reportNamesConnectionDeniedByNetworkModeNone(String backend) throws Exception {
    String line = "exec 3<>/dev/tcp/192.0.2.1/80";
    Result result = run("run", "--backend", backend, "--report", "--", "bash", "-c", line);
    assertThat(result.exit()).isNotZero();
    assertThat(result.err()).contains("192.0.2.1").doesNotContain("nothing was denied");
    Result inside = run("run", "--backend", backend, "--report", "--", "true");
    assertThat(inside.err()).contains("nothing was denied");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void workspaceBelowTmpIsReadableUnderReadOnlyPolicy(String backend) throws Exception {
    Files.writeString(workspace.resolve("kept"), "inside");
    String script = "cat kept; touch made";
    Result result =
        run("run", "--backend", backend, "--policy", "read-only", "--", "sh", "-c", script);
    assertThat(result.out()).isEqualTo("inside");
    assertThat(result.exit()).isNotZero();
    assertThat(workspace.resolve("made")).doesNotExist();
  }

  @Test
  void projectPolicyAppliesOnceTrustedAndCommandCannotChangeIt() throws Exception {
    Path file = workspace.resolve(".ringfence/policy.json");
    Files.createDirectories(file.getParent());
    Files.writeString(
        file, "{\"extends\": [\"workspace-write\"], \"environment\": {\"set\": {\"A\": \"b\"}}}");
    String[] line = {
      "run", "--", "sh", "-c", "echo $A; echo x > made; echo {} > .ringfence/policy.json"
    };
    Path state = Files.createTempDirectory("state");
    Result refused = runWithState(state, line);
    assertThat(refused.exit()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused.err()).contains("is not trusted yet", "ringfence policy trust");
    assertThat(workspace.resolve("made")).doesNotExist();
    assertThat(runWithState(state, "policy", "trust", "--yes").out()).contains("trusted: ");
    Result ran = runWithState(state, line);
    assertThat(ran.out()).isEqualTo("b\n");
    assertThat(ran.exit()).isNotZero();
    assertThat(workspace.resolve("made")).hasContent("x");
    assertThat(runWithState(state, "run", "-p", "npm", "--", "sh", "-c", "echo $A").out())
        .isEqualTo("b\n");
    assertThat(runWithState(state, "run", "-p", "read-only", "--", "sh", "-c", "echo $A").out())
        .isEqualTo("\n");
    Files.writeString(file, "{}");
    assertThat(runWithState(state, line).err()).contains("has changed since it was trusted");
    assertThat(runWithState(state, "run", "--no-project-policy", "--", "true").exit()).isZero();
    assertThat(runWithState(state, "policy", "trusted").out()).startsWith("changed  ");
  }

  @Test
  void denialOfFailedCommandIsSummarisedAndCanBeAllowed() throws Exception {
    Path state = Files.createTempDirectory("state");
    Path target = Files.createDirectory(Files.createTempDirectory("elsewhere").resolve("d"));
    String[] line = {"run", "--", "sh", "-c", "chmod 700 " + target + " 2>/dev/null"};
    Result failed = runWithState(state, line);
    assertThat(failed.exit()).isEqualTo(1);
    assertThat(failed.err())
        .isEqualTo("ringfence: 1 operation was denied; run with --report, or: ringfence allow\n");
    assertThat(runWithState(state, "run", "-q", "--", "chmod", "700", target.toString()).err())
        .doesNotContain("ringfence");
    Result unasked = runWithState(state, "allow");
    assertThat(unasked.exit()).isNotZero();
    assertThat(workspace.resolve(".ringfence")).doesNotExist();
    Result allowed = runWithState(state, "allow", "--yes");
    assertThat(allowed.out())
        .contains("the run of 'chmod' that ended at 20", " was denied 1 operation\n")
        .contains("without --report", "+", target.toString(), "written and trusted");
    assertThat(runWithState(state, line).exit()).isZero();
    assertThat(runWithState(state, "allow", "--yes").err())
        .contains("no run in", "was denied something");
    Result succeeded =
        runWithState(state, "run", "--", "sh", "-c", "chmod 700 /etc/hostname; true");
    assertThat(succeeded.err()).doesNotContain("ringfence: 1");
  }

  private Result runWithState(Path state, String... args) throws Exception {
    ProcessBuilder builder = builder(List.of(), args);
    builder.environment().put("XDG_STATE_HOME", state.toString());
    return result(builder);
  }

  @Test
  void cwdOptionSetsTheWorkingDirectory() throws Exception {
    assertThat(run("run", "--cwd", "/usr", "--", "pwd").out()).isEqualTo("/usr\n");
    assertThat(run("run", "--cwd", "/no/such", "--", "pwd").err()).contains("/no/such");
  }

  @Test
  void timeoutEndsTheCommandAndIsReported() throws Exception {
    Result result = run("run", "--timeout", "300ms", "--", "sleep", "60");
    assertThat(result.exit()).isEqualTo(128 + 15);
    assertThat(result.err()).contains("its time was up");
  }

  @Test
  void timeoutFailsTheRunEvenIfTheCommandExitsWithZero() throws Exception {
    String command = "trap 'exit 0' TERM; sleep 60 & wait";
    Result result = run("run", "--timeout", "300ms", "--", "sh", "-c", command);
    assertThat(result.err()).contains("its time was up");
    assertThat(result.exit()).isEqualTo(ExitCode.LIMIT);
  }

  @Test
  void outputLimitCutsInheritedOutput() throws Exception {
    Result result = run("run", "--limit", "output=1000", "--", "yes");
    assertThat(result.out()).hasSize(1000);
    assertThat(result.err()).contains("it wrote more than the limit, output=1000B");
  }

  /** Repeated, because the JVM may halt at any point of its clean-up. */
  @RepeatedTest(8)
  void endingJvmEndsTheCommandAndRemovesItsTmp() throws Exception {
    Process process =
        builder(
                List.of(),
                "run",
                "--",
                "sh",
                "-c",
                "trap 'echo ended; exit 0' TERM; echo $TMPDIR; touch $TMPDIR/x;"
                    + " while :; do sleep 0.02; done")
            .start();
    var lines = process.inputReader();
    Path tmp = Path.of(lines.readLine());
    assertThat(tmp.toString()).contains("/ringfence-");
    process.toHandle().destroy();
    assertThat(lines.readLine()).isEqualTo("ended");
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    for (int i = 0; i < 100 && Files.exists(tmp); i++) {
      Thread.sleep(20);
    }
    assertThat(tmp).doesNotExist();
  }

  @Test
  void jnaLoadFailureIsReportedInOneLine() throws Exception {
    Result result =
        result(
            builder(
                List.of("-Djna.boot.library.path=/nonexistent", "-Djna.nounpack=true"),
                "run",
                "--",
                "true"));
    assertThat(result.exit()).isEqualTo(ExitCode.REFUSED);
    assertThat(result.err()).contains("JNA cannot load", "jna.tmpdir").hasLineCount(1);
  }

  @Test
  void readOnlyPolicyKeepsWorkspaceFiles() throws Exception {
    Path file = Files.writeString(workspace.resolve("mine"), "x");
    Result result = run("run", "--policy", "read-only", "--", "sh", "-c", "echo y > mine; rm mine");
    assertThat(result.exit()).isNotZero();
    assertThat(file).hasContent("x");
  }

  @Test
  void missingWorkspaceIsReportedInOneLine() throws Exception {
    Result result = run("run", "-C", "/nonexistent/x", "--", "true");
    assertThat(result.exit()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(result.err()).contains("/nonexistent/x").hasLineCount(1);
  }

  @Test
  void reportNamesDenialAndItsRemedy() throws Exception {
    Result denied = run("run", "--report", "--", "sh", "-c", "mkdir /usr/new; cat /etc/hostname");
    assertThat(denied.err())
        .contains("mkdir /usr/new by /")
        .contains("only the whole of /usr could be granted")
        .doesNotContain("hostname", "--write /usr");
    Path other = Files.createTempDirectory("other").toRealPath();
    Result named = run("run", "--backend", "landlock", "--report", "--", "mkdir", other + "/new");
    assertThat(named.err()).contains("to allow it: --write " + other);
    Files.delete(other);
    Result nothing = run("run", "--report", "--", "true");
    assertThat(nothing.err()).contains("nothing was denied");
  }

  @Test
  void resultIsWrittenAsJson() throws Exception {
    Path file = workspace.resolve("result.json");
    Path other = Files.createTempDirectory(Path.of("/var/tmp"), "other").toRealPath();
    Result denied =
        run(
            "run",
            "--json",
            file.toString(),
            "--",
            "sh",
            "-c",
            "mkdir " + other + "/new; echo forged > result.json; exit 3");
    Files.delete(other);
    assertThat(denied.exit()).isEqualTo(3);
    assertThat(Files.readString(file))
        .contains("\"exitCode\" : 3", "\"kind\" : \"exited\"", "\"target\" : \"" + other + "/new\"")
        .contains("\"options\" : [ \"--write\", \"" + other + "\" ]")
        .doesNotContain("forged");
    run("run", "--json", file.toString(), "--timeout", "1s", "--", "sleep", "60");
    assertThat(Files.readString(file)).contains("\"kind\" : \"timedOut\"", "\"denials\" : [ ]");
  }

  @Test
  void auditLogHasOneLinePerProgramAndCommandCannotWriteIt() throws Exception {
    Path log = workspace.resolve("audit.jsonl");
    Result result =
        run(
            "run",
            "--audit",
            log.toString(),
            "--audit-mask",
            "user-(\\d+)",
            "--",
            "sh",
            "-c",
            "/bin/echo --token=abc user-7; sh -c 'exit 4'; echo forged >> audit.jsonl");
    assertThat(result.exit()).isNotZero();
    List<String> lines = Files.readAllLines(log);
    assertThat(lines)
        .anyMatch(line -> line.contains("\"/bin/echo\",\"--token=***\",\"user-***\""))
        .anyMatch(line -> line.contains("\"event\":\"denied\"") && line.contains("audit.jsonl"))
        .allMatch(line -> line.startsWith("{\"event\":"))
        .noneMatch(line -> line.contains("abc"));
    assertThat(lines.get(0)).startsWith("{\"event\":\"begun\"").contains("\"argv\":[\"sh\"");
    assertThat(lines.get(lines.size() - 1))
        .startsWith("{\"event\":\"ended\"")
        .contains("\"exitCode\":" + result.exit());
  }

  @Test
  void learnFindsPolicyUnderWhichTheCommandWorks() throws Exception {
    String script = "mkdir -p out && echo 1 > out/made && echo x >> there";
    Files.writeString(workspace.resolve("there"), "");
    Path policy = workspace.getParent().resolve(workspace.getFileName() + "-learned.json");
    try {
      Result learned = run("learn", "-o", policy.toString(), "--", "sh", "-c", script);
      assertThat(learned.exit()).as(learned.err()).isZero();
      assertThat(learned.err())
          .contains("under this policy the command works", "granted: write :workspace");
      assertThat(policy).content().contains("Granted: write :workspace", "\"extends\"");
      Result proof = run("run", "--policy", policy.toString(), "--", "sh", "-c", script);
      assertThat(proof.exit()).as(proof.err()).isZero();
      var tree = JsonText.read(run("learn", "--json", "--", "sh", "-c", "echo x >> there").out());
      assertThat(tree)
          .containsOnlyKeys("exitCode", "runs", "works", "granted", "notGranted", "policy")
          .containsEntry("works", true);
      assertThat(tree.get("granted").toString()).contains("write :workspace/there");
      Result more = run("run", "--policy", policy.toString(), "--", "mkdir", "/usr/new");
      assertThat(more.exit()).isNotZero();
    } finally {
      Files.deleteIfExists(policy);
    }
  }

  @ParameterizedTest
  @CsvSource({"landlock", "bubblewrap"})
  void learnGrantsNoWriteToFilesThatRunLater(String backend) throws Exception {
    var plan =
        Backends.load()
            .byId(backend)
            .plan(
                EffectivePolicy.of(
                    Presets.load("workspace-write"), PathContext.current(workspace)));
    assumeTrue(plan.acceptable(), () -> "not here: " + plan.availability().reasons());
    Path home = Files.createDirectories(workspace.toRealPath().resolve("home"));
    Path project = Files.createDirectories(home.resolve("project"));
    List<Path> kept =
        List.of(
            home.resolve(".bashrc"),
            home.resolve(".ssh/authorized_keys"),
            home.resolve(".config/systemd/user/x.service"),
            project.resolve(".git/hooks/pre-commit"),
            project.resolve(".git/config"),
            project.resolve(".vscode/tasks.json"));
    StringBuilder script = new StringBuilder("echo x >> work;");
    for (Path each : kept) {
      Files.createDirectories(each.getParent());
      Files.writeString(each, each.endsWith("config") ? "[core]\n" : "");
      script.append(" echo bad >> ").append(each).append(';');
    }
    Files.writeString(project.resolve(".git/HEAD"), "ref: refs/heads/main\n");
    Files.createDirectories(project.resolve(".git/objects"));
    Files.createDirectories(project.resolve(".git/refs"));
    Files.writeString(project.resolve("work"), "");
    ProcessBuilder builder =
        builder(
            List.of("-Duser.home=" + home),
            "learn",
            "--backend",
            backend,
            "--",
            "sh",
            "-c",
            script + " true");
    builder.environment().put("HOME", home.toString());
    Result learned = result(builder.directory(project.toFile()));
    assertThat(learned.exit()).as(learned.err()).isZero();
    assertThat(kept)
        .allSatisfy(each -> assertThat(each).as(learned.err()).content().doesNotContain("bad"));
    assertThat(project.resolve("work")).as(learned.err()).hasContent("x");
    assertThat(learned.err())
        .contains("granted: write :workspace/work", "operations stay denied", ".git/hooks")
        .doesNotContain("the command works");
    assertThat(learned.out())
        .contains("\"extends\"", ":workspace/work")
        .doesNotContain(".bashrc\" :", "authorized_keys\" :", "pre-commit\" :");
  }

  @Test
  void learnFindsTheHostsOfAnAllowlist() throws Exception {
    Path policy = workspace.getParent().resolve(workspace.getFileName() + "-hosts.json");
    // No name server answers on this port. The request alone has to put the host into the policy.
    Files.writeString(
        policy,
        "{\"extends\": [\"workspace-write\"], \"network\": {\"mode\": \"allowlist\","
            + " \"dnsServers\": [\"127.0.0.1:9\"]}}");
    try {
      Result learned =
          run(
              "learn",
              "--policy",
              policy.toString(),
              "--",
              "bash",
              "-c",
              "exec 3<>/dev/tcp/unlisted.test/8443");
      assertThat(learned.out()).as(learned.err()).contains("\"unlisted.test:8443\"");
    } finally {
      Files.deleteIfExists(policy);
    }
  }

  @Test
  void reviewLeavesTheWorkspaceUnchangedUntilCommit() throws Exception {
    var plan =
        Backends.load()
            .byId("bubblewrap")
            .plan(
                EffectivePolicy.of(
                    Presets.load("workspace-write"), PathContext.current(workspace)));
    assumeTrue(plan.acceptable(), () -> "no bubblewrap here: " + plan.availability().reasons());
    Path state = Files.createTempDirectory("review-store-");
    try {
      Files.writeString(workspace.resolve("file"), "one\n");
      Result kept =
          runWithReviewStore(
              state, "run", "--review", "--", "sh", "-c", "echo two >> file; echo n > new");
      assertThat(kept.exit()).as(kept.err()).isZero();
      assertThat(kept.err()).contains("M file", "A new", "+two");
      assertThat(workspace.resolve("file")).hasContent("one");
      assertThat(workspace.resolve("new")).doesNotExist();
      String id = runWithReviewStore(state, "review", "list").out().split(" ")[0];
      assertThat(runWithReviewStore(state, "review", "show", id).out()).contains("+two");
      assertThat(runWithReviewStore(state, "review", "commit", id).exit()).isZero();
      assertThat(workspace.resolve("file")).hasContent("one\ntwo");
      assertThat(workspace.resolve("new")).exists();
      assertThat(runWithReviewStore(state, "review", "list").out()).isEqualTo("no reviews\n");
    } finally {
      TreeRemoval.remove(state);
    }
  }

  private Result runWithReviewStore(Path state, String... args) throws Exception {
    ProcessBuilder builder = builder(List.of(), args);
    builder.environment().put("XDG_STATE_HOME", state.toString());
    return result(builder);
  }

  /** Starts an upstream proxy that connects every host to the port {@code target}. */
  private static ServerSocket proxyUpstream(int target, List<String> seen) throws IOException {
    ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    Thread thread =
        new Thread(
            () -> {
              while (!server.isClosed()) {
                try (Socket client = server.accept();
                    Socket host = new Socket("127.0.0.1", target)) {
                  BufferedReader in =
                      new BufferedReader(
                          new InputStreamReader(
                              client.getInputStream(), StandardCharsets.ISO_8859_1));
                  seen.add(in.readLine());
                  while (!in.readLine().isEmpty()) {
                    continue;
                  }
                  client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes());
                  host.getInputStream().transferTo(client.getOutputStream());
                } catch (IOException e) {
                  continue;
                }
              }
            });
    thread.setDaemon(true);
    thread.start();
    return server;
  }

  @Test
  void programWithoutProxySupportReachesAllowedHostThroughUpstreamProxy() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (ServerSocket greeter = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      Thread greeting =
          new Thread(
              () -> {
                while (!greeter.isClosed()) {
                  try (Socket client = greeter.accept()) {
                    client.getOutputStream().write("welcome\n".getBytes());
                  } catch (IOException e) {
                    continue;
                  }
                }
              });
      greeting.setDaemon(true);
      greeting.start();
      try (ServerSocket proxy = proxyUpstream(greeter.getLocalPort(), seen)) {
        for (String host : List.of("repo.test", "evil.test")) {
          ProcessBuilder builder =
              builder(
                  List.of(),
                  "run",
                  "--allow-host",
                  "repo.test:4321",
                  "--",
                  "bash",
                  "-c",
                  "exec 3<>/dev/tcp/" + host + "/4321 && cat <&3");
          builder.environment().put("HTTPS_PROXY", "http://127.0.0.1:" + proxy.getLocalPort());
          Result result = result(builder);
          assertThat(result.out())
              .as(result.err())
              .isEqualTo(host.startsWith("r") ? "welcome\n" : "");
        }
      }
    }
    assertThat(seen).containsExactly("CONNECT repo.test:4321 HTTP/1.1");
  }

  @Test
  void malformedHostIsReportedInOneLine() throws Exception {
    for (String host : List.of("exa mple.org", "example.org.", "0x7f.1", "*.org", "a:70000")) {
      Result result = run("run", "--allow-host", host, "--", "true");
      assertThat(result.exit()).as(host).isEqualTo(125);
      assertThat(result.err().lines()).as(host).hasSize(1);
      assertThat(result.err()).contains(host).contains("use ");
    }
    assertThat(run("run", "--ask", "--tty", "--", "true").err()).contains("--ask");
  }
}
