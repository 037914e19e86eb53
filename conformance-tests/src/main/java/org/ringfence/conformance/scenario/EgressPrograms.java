package org.ringfence.conformance.scenario;

import static org.ringfence.conformance.stage.OutsideWorld.ALLOWED;
import static org.ringfence.conformance.stage.OutsideWorld.FORBIDDEN;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.HostServers;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;

/**
 * Real programs under an allowlist, without proxy settings; and the listeners of their attempts.
 */
public final class EgressPrograms {
  private static final String PYTHON =
      "import urllib.request as r; print(r.urlopen('http://%s:%d/', timeout=5).read().decode())";
  private static final String INHERITED =
      "import socket,subprocess,sys; s=socket.socket(); s.set_inheritable(True);"
          + " sys.exit(subprocess.call([sys.executable,'-c','import socket,sys;"
          + " socket.socket(fileno=int(sys.argv[1])).connect((sys.argv[2],int(sys.argv[3])));"
          + " print(\"welcome\")',str(s.fileno()),'%s','%d'],close_fds=False))";
  // An alarm ends a connection that is not established: the server's queue is full.
  private static final String INTERRUPTED =
      "import socket,signal,time\n"
          + "class Alarm(Exception): pass\n"
          + "def ring(*a): raise Alarm()\n"
          + "signal.signal(signal.SIGALRM, ring)\n"
          + "s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(0)\n"
          + "signal.setitimer(signal.ITIMER_REAL, 1)\n"
          + "k=[]\n"
          + "try:\n"
          + "  for i in range(9):\n"
          + "    c=socket.socket(); k.append(c); c.connect(s.getsockname())\n"
          + "except Alarm: print('welcome')\n";
  private static final String C_CLIENT =
      """
      #include <arpa/inet.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <unistd.h>
      int main(int argc, char **argv) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
        inet_pton(AF_INET, "127.0.0.53", &to.sin_addr);
        char q[256] = {1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, a[512];
        int n = 12;
        for (char *l = strtok(argv[1], "."); l; l = strtok(0, ".")) {
          q[n++] = strlen(l);
          memcpy(q + n, l, strlen(l));
          n += strlen(l);
        }
        q[n++] = 0; q[n++] = 0; q[n++] = 1; q[n++] = 0; q[n++] = 1;
        int u = socket(AF_INET, SOCK_DGRAM, 0);
        if (sendto(u, q, n, 0, (struct sockaddr *)&to, sizeof to) < 0) return 2;
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        int got = recvfrom(u, a, sizeof a, 0, (struct sockaddr *)&from, &length);
        if (got < 16 || (a[3] & 15) || !a[7]) return 3;
        if (from.sin_addr.s_addr != to.sin_addr.s_addr || from.sin_port != to.sin_port) return 4;
        to.sin_port = htons(atoi(argv[2]));
        if (argc > 3) inet_pton(AF_INET, argv[3], &to.sin_addr);
        else memcpy(&to.sin_addr, a + got - 4, 4);
        int s = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(s, (struct sockaddr *)&to, sizeof to) < 0) return 5;
        const char *get = "GET / HTTP/1.0\\r\\n\\r\\n";
        if (write(s, get, strlen(get)) < 0) return 6;
        while ((got = read(s, a, sizeof a)) > 0) fwrite(a, 1, got, stdout);
        return 0;
      }
      """;

  private EgressPrograms() {}

  public static void addTo(List<ConformanceCase> all) {
    program(all, "CURL", "/usr/bin/curl", host -> curl(host));
    program(all, "PYTHON", "/usr/bin/python3", host -> python(PYTHON, host));
    EgressScenarios.add(
        all,
        "PYTHON-INHERITED",
        "a socket that a child of Python inherits works",
        EgressPrograms::inherited);
    EgressScenarios.add(
        all, "INTERRUPTED", "a signal ends the wait for a connection", EgressPrograms::interrupted);
    EgressScenarios.add(
        all,
        "C-STATIC",
        "a static C program that asks the name server itself reaches allowed hosts alone",
        EgressPrograms::staticClient);
    EgressScenarios.add(all, "GIT", "git clones over HTTP", EgressPrograms::git);
    EgressScenarios.add(all, "NPM", "npm installs from a registry", EgressPrograms::npm);
    EgressScenarios.add(
        all,
        "KILLED",
        "a client that is killed while it waits leaves nothing behind",
        EgressPrograms::killed);
    EgressScenarios.add(
        all,
        "ASK-ONCE",
        "a host that a hook allows once is asked about again",
        stage -> asking(stage, "allowlist", HostVerdict.ALLOW_ONCE));
    EgressScenarios.add(
        all,
        "ASK-SANDBOX",
        "a host that a hook allows for the sandbox is asked about once",
        stage -> asking(stage, "allowlist", HostVerdict.ALLOW_FOR_SANDBOX));
    EgressScenarios.add(
        all,
        "ASK-DENY",
        "a host that a hook denies cannot be connected to",
        stage -> asking(stage, "allowlist", HostVerdict.DENY));
    EgressScenarios.add(
        all,
        "ASK-SILENT",
        "a host cannot be connected to when the hook does not answer",
        stage -> asking(stage, "allowlist", null));
    EgressScenarios.add(
        all,
        "ASK-RELAYED",
        "a hook is asked once about a connection that is relayed",
        stage -> asking(stage, "server-name", HostVerdict.ALLOW_ONCE));
    EgressScenarios.add(
        all, "RECORDS", "decisions on connections are recorded", EgressPrograms::records);
    all.add(
        new ConformanceCase(
            "EGRESS-PUBLISH",
            EgressScenarios.GROUP,
            "a port of the sandbox is published under its own number",
            List.of("network.publish"),
            stage -> published(stage, false)));
    all.add(
        new ConformanceCase(
            "EGRESS-PUBLISH-OTHER",
            EgressScenarios.GROUP,
            "a port of the sandbox is published under another number",
            List.of("network.publish"),
            stage -> published(stage, true)));
  }

  private interface Commands {
    List<String> toVisit(String host);
  }

  private static List<String> curl(String host) {
    return List.of("/usr/bin/curl", "-sS", "-m", "10", "http://" + host + ":${web}/");
  }

  private static List<String> python(String script, String host) {
    return List.of("/usr/bin/python3", "-c", script.replace("%s", host).replace("%d", "${web}"));
  }

  /** Runs a program, which reaches an allowed host, and where allowed the other one too. */
  private static void program(
      List<ConformanceCase> all, String id, String path, Commands commands) {
    EgressScenarios.add(
        all,
        id,
        path + " reaches allowed hosts alone",
        stage -> {
          needs(path);
          return visits(stage, commands);
        });
  }

  private static void needs(String path) throws NotShownException {
    if (!Files.isExecutable(Path.of(path))) {
      throw NotShownException.skipped("there is no " + path);
    }
  }

  private static Outcome visits(TestContext stage, Commands commands) throws Exception {
    stage.posix().world().forget();
    CapturedProcess allowed = run(stage, "allowlist", commands.toVisit("repo.test"));
    if (!welcomed(allowed)) {
      return Outcome.failed(
          "expected to reach the allowed host: " + allowed.output() + allowed.error());
    }
    CapturedProcess control = run(stage, "every-test-host", commands.toVisit("forbidden.test"));
    if (!welcomed(control)) {
      return Outcome.failed("the control was to succeed: " + control.output() + control.error());
    }
    stage.posix().world().forget();
    for (String host : List.of("forbidden.test", FORBIDDEN)) {
      CapturedProcess denied = run(stage, "allowlist", commands.toVisit(host));
      if (welcomed(denied)) {
        return Outcome.failed(host + " was reached");
      }
    }
    return EgressScenarios.strangers(stage);
  }

  private static boolean welcomed(CapturedProcess execution) {
    return execution.exit() == 0 && execution.output().contains("welcome");
  }

  private static CapturedProcess run(TestContext stage, String policy, List<String> command)
      throws Exception {
    return EgressScenarios.inside(
        stage, stage.policy(policy), command.stream().map(stage.posix()::expand).toList());
  }

  private static Outcome inherited(TestContext stage) throws Exception {
    needs("/usr/bin/python3");
    CapturedProcess control = run(stage, "every-test-host", python(INHERITED, FORBIDDEN));
    if (!welcomed(control)) {
      return Outcome.failed("the control was to succeed: " + control.error());
    }
    stage.posix().world().forget();
    CapturedProcess denied = run(stage, "allowlist", python(INHERITED, FORBIDDEN));
    return welcomed(denied)
        ? Outcome.failed("the child reached it")
        : EgressScenarios.strangers(stage);
  }

  private static Outcome interrupted(TestContext stage) throws Exception {
    needs("/usr/bin/python3");
    CapturedProcess inside = run(stage, "allowlist", python(INTERRUPTED, ""));
    return welcomed(inside)
        ? Outcome.passed()
        : Outcome.failed("it was not interrupted: " + inside.error());
  }

  private static Outcome staticClient(TestContext stage) throws Exception {
    needs("/usr/bin/gcc");
    Path directory = stage.posix().library();
    Path source = directory.resolve("client.c");
    Path binary = directory.resolve("client");
    Files.writeString(source, C_CLIENT);
    CapturedProcess built =
        CapturedProcess.of(
            new ProcessBuilder(
                    "/usr/bin/gcc", "-static", "-O1", "-o", binary.toString(), source.toString())
                .start());
    if (built.exit() != 0) {
      throw NotShownException.skipped("no static C program can be built: " + built.error());
    }
    Outcome failure =
        visits(stage, host -> List.of(binary.toString(), name(host), "${web}", addressOf(host)));
    if (!failure.isPassed()) {
      return failure;
    }
    CapturedProcess direct =
        run(stage, "allowlist", List.of(binary.toString(), "repo.test", "${web}", FORBIDDEN));
    return direct.exit() == 5
        ? Outcome.passed()
        : Outcome.failed("expected connect to fail, but it ended with " + direct.exit());
  }

  private static String name(String host) {
    return host.equals(FORBIDDEN) ? "repo.test" : host;
  }

  private static String addressOf(String host) {
    return host.equals("repo.test") ? ALLOWED : FORBIDDEN;
  }

  private static void commands(Path directory, String... command)
      throws IOException, InterruptedException, NotShownException {
    CapturedProcess done =
        CapturedProcess.of(new ProcessBuilder(command).directory(directory.toFile()).start());
    if (done.exit() != 0) {
      throw NotShownException.skipped(String.join(" ", command) + ": " + done.error());
    }
  }

  private static Outcome git(TestContext stage) throws Exception {
    needs("/usr/bin/git");
    Path served = stage.posix().worldFiles().resolve("project.git");
    if (!Files.exists(served)) {
      Path work = Files.createDirectory(stage.posix().library().resolve("project"));
      commands(work, "git", "init", "-q", "-b", "main", ".");
      Files.writeString(work.resolve("README"), "welcome\n");
      commands(work, "git", "add", ".");
      commands(
          work, "git", "-c", "user.name=n", "-c", "user.email=e@test", "commit", "-q", "-m", "one");
      commands(work, "git", "clone", "-q", "--bare", ".", served.toString());
      commands(served, "git", "update-server-info");
    }
    return visits(
        stage,
        host ->
            List.of(
                "/bin/sh",
                "-c",
                "rm -rf clone && git clone -q http://"
                    + host
                    + ":${web}/project.git clone && cat clone/README"));
  }

  private static Outcome npm(TestContext stage) throws Exception {
    needs("/usr/bin/npm");
    Path served = stage.posix().worldFiles();
    Path work = stage.posix().library().resolve("left");
    if (!Files.exists(work)) {
      Files.createDirectory(work);
      Files.writeString(
          work.resolve("package.json"),
          """
          {"name":"left","version":"1.0.0","main":"i.js"}
          """);
      Files.writeString(work.resolve("i.js"), "module.exports='welcome'\n");
      commands(work, "/usr/bin/npm", "pack", "--silent", "--cache", work.resolve("c").toString());
      Files.createDirectories(served.resolve("packages"));
      try (Stream<Path> packed = Files.list(work)) {
        Path archive =
            packed.filter(file -> file.toString().endsWith(".tgz")).findFirst().orElseThrow();
        Files.copy(archive, served.resolve("packages/left.tgz"));
      }
    }
    return visits(
        stage,
        host -> {
          describe(stage, served, host);
          return List.of(
              "/bin/sh",
              "-c",
              "rm -rf npm && mkdir npm && cd npm && echo '{}' > package.json"
                  + " && npm install --silent --no-audit --no-fund --fetch-retries=0"
                  + " --cache \"$TMPDIR/npm\" --registry http://"
                  + host
                  + ":${web}/ left && node -p \"require('left')\"");
        });
  }

  /**
   * Writes the registry's description of the package: its location depends on the registry's name.
   */
  private static void describe(TestContext stage, Path served, String host) {
    try {
      byte[] hash =
          java.security.MessageDigest.getInstance("SHA-512")
              .digest(Files.readAllBytes(served.resolve("packages/left.tgz")));
      Files.writeString(
          served.resolve("left"),
          stage
              .posix()
              .expand(
                  """
                  {"name":"left","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{
                  "name":"left","version":"1.0.0","main":"i.js","dist":{
                  "tarball":"http://HOST:${web}/packages/left.tgz","integrity":"sha512-HASH"}}}}
                  """)
              .replace("HOST", host)
              .replace("HASH", Base64.getEncoder().encodeToString(hash)));
    } catch (IOException | java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The supervisor continues after clients that were killed in their calls. */
  private static Outcome killed(TestContext stage) throws Exception {
    needs("/usr/bin/python3");
    List<String> waiting =
        python(INTERRUPTED.replace("signal.setitimer(signal.ITIMER_REAL, 1)", "print('go')"), "");
    try (Sandbox sandbox = stage.open(stage.policy("allowlist"), EgressScenarios.NEEDS)) {
      List<Process> processes = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        processes.add(sandbox.start(SandboxCommand.of(waiting)));
      }
      TimeUnit.MILLISECONDS.sleep(700);
      for (Process process : processes) {
        process.destroyForcibly();
        process.waitFor();
      }
      List<String> visit = stage.posix().probe(List.of("visit", "repo.test", "${web}"));
      CapturedProcess after = CapturedProcess.of(sandbox.start(SandboxCommand.of(visit)));
      return after.ok()
          ? Outcome.passed()
          : Outcome.failed("expected to succeed, but: " + after.result());
    }
  }

  /** Decides as configured, or not at all. */
  private static final class Decider {
    private final HostVerdict verdict;
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<ConnectionRecord> records = new CopyOnWriteArrayList<>();

    private Decider(HostVerdict verdict) {
      this.verdict = verdict;
    }

    private Sandbox.Opener hooks(Sandbox.Opener opener) {
      return opener.onUnlistedHost(this::decide, timeout()).onConnection(records::add);
    }

    private HostVerdict decide(HostRequest request) {
      asked.add(request.host() + ":" + request.port());
      if (verdict == null) {
        try {
          TimeUnit.MINUTES.sleep(5);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        return HostVerdict.ALLOW_FOR_SANDBOX;
      }
      return verdict;
    }

    private Duration timeout() {
      return verdict == null ? Duration.ofMillis(300) : Duration.ofSeconds(20);
    }
  }

  private static Outcome asking(TestContext stage, String policy, HostVerdict verdict)
      throws Exception {
    Decider decider = new Decider(verdict);
    boolean allows = verdict == HostVerdict.ALLOW_ONCE || verdict == HostVerdict.ALLOW_FOR_SANDBOX;
    boolean remembered = verdict == HostVerdict.ALLOW_FOR_SANDBOX || verdict == HostVerdict.DENY;
    List<String> visit = stage.posix().probe(List.of("visit", "unlisted.test", "${web}"));
    stage.posix().world().forget();
    try (Sandbox sandbox =
        stage.open(
            stage.policy(policy),
            EgressScenarios.NEEDS,
            stage.posix().workspace(),
            decider::hooks)) {
      for (int i = 0; i < 2; i++) {
        CapturedProcess inside = CapturedProcess.of(sandbox.start(SandboxCommand.of(visit)));
        if (inside.ok() != allows) {
          return Outcome.failed("the listener said " + verdict + ", but: " + inside.result());
        }
      }
    }
    String host = stage.posix().expand("unlisted.test:${web}");
    List<String> expected = remembered ? List.of(host) : List.of(host, host);
    if (!decider.asked.equals(expected)) {
      return Outcome.failed("it was asked about " + decider.asked);
    }
    boolean lookedUp = stage.posix().world().asked().contains("unlisted.test");
    return lookedUp == allows
        ? Outcome.passed()
        : Outcome.failed("the name was looked up: " + lookedUp);
  }

  private static Outcome records(TestContext stage) throws Exception {
    Decider decider = new Decider(HostVerdict.DENY);
    try (Sandbox sandbox =
        stage.open(
            stage.policy("allowlist"),
            EgressScenarios.NEEDS,
            stage.posix().workspace(),
            decider::hooks)) {
      for (String host : List.of("repo.test", "unlisted.test")) {
        List<String> visit = stage.posix().probe(List.of("visit", host, "${web}"));
        CapturedProcess.of(sandbox.start(SandboxCommand.of(visit)));
      }
    }
    int port = stage.posix().world().port();
    boolean allowed =
        decider.records.stream()
            .anyMatch(
                record ->
                    record.allowed()
                        && record.host().equals("repo.test")
                        && record.address().equals(ALLOWED)
                        && record.port() == port
                        && record.rule().equals("network.allow repo.test:" + port)
                        && record.executable().endsWith("/java"));
    boolean denied =
        decider.records.stream()
            .anyMatch(
                record ->
                    !record.allowed()
                        && record.host().equals("unlisted.test")
                        && record.port() == port);
    return allowed && denied
        ? Outcome.passed()
        : Outcome.failed("recorded were " + decider.records);
  }

  private static Outcome published(TestContext stage, boolean otherNumber) throws Exception {
    int inner = HostServers.freePort();
    int outer = otherNumber ? HostServers.freePort() : inner;
    needs("/usr/bin/python3");
    String serve =
        "import socket\n"
            + "s=socket.socket(); s.bind(('0.0.0.0',"
            + inner
            + ")); s.listen(5); print('PORT',flush=True)\n"
            + "c,_=s.accept(); c.sendall(b'welcome'); c.close()\n";
    try (Sandbox sandbox =
        stage.open(
            TestContext.write().publish(outer + ":" + inner).build(), List.of("network.publish"))) {
      if (otherNumber && HostServers.greeting(outer).contains("welcome")) {
        return Outcome.failed("a program answers before there is a server");
      }
      Process server = sandbox.start(SandboxCommand.of("/usr/bin/python3", "-c", serve));
      server.getInputStream().read();
      String greeting = HostServers.greeting(outer);
      server.destroyForcibly();
      return greeting.equals("welcome")
          ? Outcome.passed()
          : Outcome.failed("it said '" + greeting + "'");
    }
  }
}
