package org.ringfence.wsl2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Access;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

/** Repeats the tests for a distribution without Java and adds those for its script guest. */
class Wsl2ScriptGuestTest extends Wsl2GuestTest {
  private static final String SENDS =
      "import socket, sys\n"
          + "s = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0]\n"
          + "s.sendto(b'out', sys.argv[1])\n";

  @Override
  boolean withJava() {
    return false;
  }

  private static List<Path> directories() throws IOException {
    Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    try (Stream<Path> all = Files.list(Path.of("/tmp/ringfence-guests-" + user))) {
      return all.toList();
    }
  }

  private SandboxPlan plan(PolicyBuilder policy) {
    return backend().plan(EffectivePolicy.of(policy.build(), PathContext.current(workspace)));
  }

  @Test
  void commandsRunInTheRequestedShell() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      String meant = shell().isEmpty() ? "/bin/sh" : shell();
      String same = "cmp \"$0\" /proc/$$/exe && echo same";
      assertThat(run(sandbox, "sh", "-c", same, meant).output()).isEqualTo("same\n");
    }
  }

  @Test
  void planReportsUnenforcedGuarantees() {
    SandboxPlan plan = plan(SandboxPolicy.builder().write(":workspace"));
    assertThat(plan.acceptable()).isFalse();
    assertThat(plan.unmet())
        .extracting(PlannedGuarantee::id)
        .contains("files.protected-names")
        .isSubsetOf("files.protected-names", "files.metadata", "wsl.doors");
    assertThat(plan.unmet())
        .filteredOn(guarantee -> guarantee.guarantee() == Guarantee.FILES_PROTECTED_NAMES)
        .extracting(PlannedGuarantee::remedy)
        .containsExactly("Java 17 or later in the distribution");
    assertThat(plan(SandboxPolicy.builder().network(NetworkMode.ALLOWLIST)).unmet())
        .extracting(PlannedGuarantee::id)
        .contains("network.external");
    assertThat(plan(SandboxPolicy.builder().denyGlobs(List.of("*.secret"))).guarantees())
        .filteredOn(guarantee -> guarantee.guarantee() == Guarantee.FILES_DENY_GLOBS)
        .extracting(PlannedGuarantee::level)
        .containsExactly(Enforcement.UNSUPPORTED);
    assertThatThrownBy(
            () ->
                Sandbox.opener(SandboxPolicy.builder().write(":workspace").build())
                    .workspace(workspace)
                    .backends(Backends.of(List.of(backend())))
                    .open())
        .isInstanceOf(SandboxRefusedException.class);
  }

  @Test
  void sandboxWithAnOpenDoorIsRefused() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can create doors");
    Path doors = Files.createDirectories(workspace.resolve("leaky"));
    for (String directory : List.of("WSL", "c", "wslg")) {
      Files.createDirectories(doors.resolve(directory));
    }
    for (String file : List.of("init", "docker.sock")) {
      Files.writeString(doors.resolve(file), "windows");
    }
    Wsl2Backend own = standIn(false, shell(), doors.toString(), "STANDIN_LEAKY=1");
    Path inner = Files.createDirectories(workspace.resolve("leaking"));
    assertThatThrownBy(
            () ->
                Sandbox.opener(strict().build())
                    .workspace(inner)
                    .backends(Backends.of(List.of(own)))
                    .open())
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("wsl.doors: open from inside the sandbox: /init");
    PolicyBuilder accepting = strict().acceptWeaker(Guarantee.WSL_DOORS);
    try (Sandbox sandbox =
        Sandbox.opener(accepting.build())
            .workspace(inner)
            .backends(Backends.of(List.of(own)))
            .open()) {
      assertThat(run(sandbox, "cat", "/init").output()).isEqualTo("windows");
    }
  }

  /** The table of mounts has drives at another root, of fstab, and of virtiofs. */
  @Test
  void drivesAreHiddenWhereverTheyAreMounted() throws Exception {
    // The sandbox has a temporary directory of its own.
    Path own = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "drives");
    Path windows = Files.createDirectories(own.resolve("windows"));
    List<String> drives = List.of("win/c 9p", "win/d 9p", "fstab drvfs", "shares/1 virtiofs");
    StringBuilder mounts = new StringBuilder();
    for (String drive : drives) {
      String[] parts = drive.split(" ");
      Path place = Files.createDirectories(windows.resolve(parts[0]));
      Files.writeString(place.resolve("key"), "private");
      mounts
          .append("900 1 0:900 / " + place + " rw - " + parts[1] + " C:\\134 rw,aname=drvfs;")
          .append("symlinkroot=" + windows + "/win/,cache=5\n");
    }
    Path table = Files.writeString(own.resolve("mounts"), mounts);
    Wsl2Backend backend = standIn(false, shell(), "", "STANDIN_MOUNTS=" + table);
    Path inner = Files.createDirectories(own.resolve("beside"));
    PolicyBuilder policy = strict().write(inner.toString());
    try (Sandbox sandbox =
        Sandbox.opener(policy.build())
            .workspace(inner)
            .backends(Backends.of(List.of(backend)))
            .open()) {
      for (String drive : drives) {
        String key = windows.resolve(drive.split(" ")[0]).resolve("key").toString();
        assertThat(control("grep", "-q", "private", key)).isZero();
        assertThat(run(sandbox, "cat", key).output()).as(drive).doesNotContain("private");
      }
      assertThat(run(sandbox, "cat", table.toString()).output()).contains("symlinkroot");
      assertThat(
              backend
                  .plan(EffectivePolicy.of(policy.build(), PathContext.current(inner)))
                  .guarantees())
          .filteredOn(one -> one.guarantee() == Guarantee.WSL_DOORS)
          .extracting(PlannedGuarantee::mechanism)
          .singleElement()
          .asString()
          .contains(windows + "/win");
    }
  }

  @Test
  void planWithoutProtectedNamesIsAcceptableWithWeakerDoorsAndMetadata() {
    SandboxPlan plan =
        plan(
            SandboxPolicy.builder()
                .write(":workspace")
                .protectedNames(ProtectedNames.OFF)
                .acceptWeaker(Guarantee.FILES_METADATA)
                .acceptWeaker(Guarantee.WSL_DOORS));
    assertThat(plan.unmet()).isEmpty();
    assertThat(plan.acceptable()).isTrue();
  }

  @Test
  void denialBelowAMovableDirectoryIsUnsupported() throws Exception {
    Path deep = Files.createDirectories(workspace.resolve("a/secret"));
    Path top = Files.createDirectories(workspace.resolve("secret"));
    PolicyBuilder names =
        SandboxPolicy.builder()
            .write(":workspace")
            .protectedNames(ProtectedNames.OFF)
            .acceptWeaker(Guarantee.FILES_METADATA)
            .acceptWeaker(Guarantee.WSL_DOORS);
    // The sandbox could read a file that an outside program puts at that path later.
    assertThat(plan(names.none(top.toString())).unmet())
        .extracting(PlannedGuarantee::id)
        .containsExactly("files.read");
    assertThat(plan(names.acceptWeaker(Guarantee.FILES_READ)).acceptable()).isTrue();
    try (Sandbox sandbox = open(writing().none(top.toString()))) {
      Files.writeString(top.resolve("key"), "private");
      assertThat(run(sandbox, "mv", "secret", "other").exit()).isNotZero();
      assertThat(run(sandbox, "mv", workspace.toString(), workspace + "-away").exit()).isNotZero();
      assertThat(run(sandbox, "sh", "-c", "cat secret/key other/key").output())
          .doesNotContain("private");
    }
    for (Path path : List.of(deep, workspace.resolve("missing"))) {
      assertThat(
              plan(SandboxPolicy.builder()
                      .write(":workspace")
                      .protectedNames(ProtectedNames.OFF)
                      .acceptWeaker(Guarantee.FILES_METADATA)
                      .acceptWeaker(Guarantee.WSL_DOORS)
                      .rule(path.toString(), Access.NONE, MissingPath.SKIP))
                  .unmet())
          .extracting(PlannedGuarantee::id)
          .containsExactly("files.write", "files.read");
    }
  }

  @Test
  void existingProtectedNamesStayUnchanged() throws Exception {
    Path hooks = Files.createDirectories(workspace.resolve(".git/hooks"));
    Files.writeString(workspace.resolve(".git/config"), "[core]");
    try (Sandbox sandbox = open(writing())) {
      assertThat(run(sandbox, "touch", ".git/hooks/pre-commit").exit()).isNotZero();
      assertThat(run(sandbox, "sh", "-c", "echo x >> .git/config").exit()).isNotZero();
      assertThat(run(sandbox, "mv", ".git/hooks", ".git/others").exit()).isNotZero();
      assertThat(run(sandbox, "touch", ".git/index", "file").exit()).isZero();
    }
    assertThat(hooks).isEmptyDirectory();
    assertThat(workspace.resolve("file")).exists();
  }

  @Test
  void socketFilesOutsideAreUnreachable() throws Exception {
    Path socket = workspace.resolve("socket");
    Process server =
        new ProcessBuilder(
                "python3",
                "-c",
                "import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);"
                    + " s.bind(sys.argv[1]); print('bound', flush=True);"
                    + " [print(s.recv(9), flush=True) for i in range(2)]",
                socket.toString())
            .start();
    try {
      assertThat(server.inputReader().readLine()).isEqualTo("bound");
      assertThat(control("python3", "-c", SENDS, socket.toString())).isZero();
      assertThat(server.inputReader().readLine()).isEqualTo("b'out'");
      for (NetworkMode mode : new NetworkMode[] {NetworkMode.NONE, NetworkMode.FULL}) {
        try (Sandbox sandbox = open(writing().network(mode))) {
          assertThat(run(sandbox, "python3", "-c", SENDS, socket.toString()).exit()).isNotZero();
          String pair =
              "import socket; a, b = socket.socketpair(); a.send(b'in'); assert b.recv(2) == b'in'";
          assertThat(run(sandbox, "python3", "-c", pair).exit()).isZero();
        }
      }
      assertThat(server.inputReader().ready()).isFalse();
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  @Test
  void loopbackIsPrivateToTheSandbox() throws Exception {
    String both =
        "import socket; s = socket.create_server(('127.0.0.1', 0));"
            + " c = socket.create_connection(s.getsockname()); c.send(b'x');"
            + " assert s.accept()[0].recv(1) == b'x'";
    try (java.net.ServerSocket outside =
            new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress());
        Sandbox sandbox = open(writing())) {
      String out =
          "import socket; socket.create_connection(('127.0.0.1', " + outside.getLocalPort() + "))";
      assertThat(control("python3", "-c", out)).isZero();
      assertThat(run(sandbox, "python3", "-c", out).exit()).isNotZero();
      assertThat(run(sandbox, "python3", "-c", both).exit()).isZero();
    }
  }

  @Test
  void descriptorsAndFilesOfTheGuestAreHidden() throws Exception {
    PolicyBuilder shared = writing().tmp(org.ringfence.policy.TmpPolicy.SHARED).write("/tmp");
    for (PolicyBuilder policy : List.of(writing(), shared)) {
      try (Sandbox sandbox = open(policy)) {
        String open = run(sandbox, "ls", "-l", "/proc/self/fd").output();
        assertThat(open.lines().filter(line -> line.contains("->"))).hasSize(4);
        Path own = directories().get(0);
        Path all = own.getParent();
        assertThat(run(sandbox, "ls", own.resolve("control").toString()).exit()).isNotZero();
        assertThat(run(sandbox, "ls", all.toString()).exit()).isNotZero();
        assertThat(run(sandbox, "sh", "-c", "echo x > " + own + "/run").exit()).isNotZero();
        assertThat(run(sandbox, "mv", all.toString(), all + "-away").exit()).isNotZero();
        assertThat(own.resolve("control")).isNotEmptyFile();
      }
    }
  }

  @Test
  void argumentsAndVariablesArriveUnchanged() throws Exception {
    List<String> words =
        List.of(
            "printf", "%s|", "a b", "it's", "\"$HOME\"", "`id`", "", "*", "new\nline", "grün\\");
    try (Sandbox sandbox = open(writing().variable("ODD", "a'b\n$c \"d\""))) {
      assertThat(run(sandbox, words.toArray(new String[0])).output())
          .isEqualTo("a b|it's|\"$HOME\"|`id`||*|new\nline|grün\\|");
      assertThat(run(sandbox, "sh", "-c", "printf %s \"$ODD\"").output())
          .isEqualTo("a'b\n$c \"d\"");
    }
  }

  @Test
  void limitsAreSetBeforeTheProgramStarts() throws Exception {
    PolicyBuilder limited =
        writing()
            .openFiles(64)
            .fileSize(4096)
            .cpuTime(Duration.ofSeconds(7))
            .memory(512L << 20)
            .outputBytes(1000);
    try (Sandbox sandbox = open(limited)) {
      String told = run(sandbox, "sh", "-c", "ulimit -n; ulimit -f; ulimit -t; ulimit -v").output();
      assertThat(told).isEqualTo("64\n8\n7\n" + (512 << 10) + "\n");
      assertThat(run(sandbox, "sh", "-c", "head -c 5000 /dev/zero > big").exit()).isNotZero();
      assertThat(run(sandbox, "sh", "-c", "head -c 4000 /dev/zero > small").exit()).isZero();
      SandboxedProcess yes = sandbox.start(SandboxCommand.of("yes"));
      assertThat(yes.getInputStream().readAllBytes()).hasSizeLessThanOrEqualTo(1000);
      yes.waitFor();
      assertThat(yes.termination().orElseThrow().cause()).isEqualTo(Termination.Cause.OUTPUT_LIMIT);
    }
  }

  @Test
  void terminalHasSizeResizeAndInterruptKey() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      SandboxedProcess process =
          sandbox.start(
              SandboxCommand.of(
                      "sh", "-c", "stty size; read a; stty size; tty; echo up; exec sleep 1000")
                  .terminal(new TerminalSize(30, 100)));
      var output = process.inputReader();
      assertThat(output.readLine().strip()).isEqualTo("30 100");
      process.resize(new TerminalSize(40, 90));
      process.getOutputStream().write("x\n".getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      assertThat(output.readLine().strip()).isEqualTo("x");
      assertThat(output.readLine().strip()).isEqualTo("40 90");
      assertThat(output.readLine().strip()).startsWith("/dev/");
      // After "up" the shell waits for no child: a shell ignores an interrupt if the child that it
      // waits for exits normally.
      assertThat(output.readLine().strip()).isEqualTo("up");
      process.getOutputStream().write(3);
      process.getOutputStream().flush();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(130);
    }
  }

  @Test
  void destroyLetsTheCommandCleanUpAndKillsOneThatIgnoresIt() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      SandboxedProcess process =
          sandbox.start(
              SandboxCommand.of(
                  "sh",
                  "-c",
                  "trap 'echo cleaned; exit 3' TERM; echo up; while :; do sleep 0.1; done"));
      var output = process.inputReader();
      assertThat(output.readLine()).isEqualTo("up");
      process.destroy();
      assertThat(output.readLine()).isEqualTo("cleaned");
      assertThat(process.waitFor()).isEqualTo(3);
      SandboxedProcess deaf =
          sandbox.start(
              SandboxCommand.of("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"));
      assertThat(deaf.inputReader().readLine()).isEqualTo("up");
      deaf.destroy();
      assertThat(deaf.waitFor()).isEqualTo(137);
      assertThat(deaf.termination().orElseThrow().cause()).isEqualTo(Termination.Cause.DESTROYED);
    }
  }

  @Test
  void hooksForUnreportableEventsAreRefused() {
    assertThatThrownBy(
            () ->
                Sandbox.opener(writing().build())
                    .workspace(workspace)
                    .backends(Backends.of(List.of(backend())))
                    .completeDenials()
                    .onExecuted(command -> {})
                    .open())
        .isInstanceOf(SandboxException.class)
        .hasMessageContainingAll("onDenied", "onExecuted", "the distribution has no Java");
  }

  @Test
  void closedSandboxLeavesNoFilesInTheGuestDirectory() throws Exception {
    List<Path> before = directories();
    Wsl2Backend own = standIn();
    try (Sandbox sandbox =
        Sandbox.opener(writing().build())
            .workspace(workspace)
            .backends(Backends.of(List.of(own)))
            .open()) {
      assertThat(run(sandbox, "sh", "-c", "echo x > /tmp/mine; chmod 0 /tmp").exit()).isZero();
    }
    List<Path> after = directories().stream().filter(path -> !before.contains(path)).toList();
    assertThat(after).hasSize(1);
    try (Stream<Path> left = Files.list(after.get(0))) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("control", "control.pid", "life", "run");
    }
  }

  @Test
  void interruptedStartLeavesOtherCommandsRunning() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      SandboxedProcess other = sandbox.start(SandboxCommand.of("cat"));
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("true")))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
      assertThat(run(sandbox, "echo", "again").output()).isEqualTo("again\n");
      assertThat(other.isAlive()).isTrue();
      other.getOutputStream().close();
      assertThat(other.waitFor()).isZero();
    }
  }
}
