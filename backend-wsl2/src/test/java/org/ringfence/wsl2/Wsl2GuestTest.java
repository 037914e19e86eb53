package org.ringfence.wsl2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Ending;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

/**
 * Checks the WSL-specific behaviour with a fake {@code wsl.exe}: doors to Windows, exit codes, ends
 * of commands, and a lost guest.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the fake wsl.exe runs its guest on this kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Wsl2GuestTest {
  private static final Path STAND_IN =
      Path.of("src", "test", "wsl", "wsl-stand-in.sh").toAbsolutePath();
  private static final String LIST = "* Ubuntu  Running  2";
  private Wsl2Backend backend;

  @TempDir Path workspace;

  /** Returns whether the distribution of the fake {@code wsl.exe} has Java. */
  boolean withJava() {
    return true;
  }

  /**
   * Returns the program behind {@code /bin/sh} in the distribution; empty for that of this machine.
   */
  String shell() {
    return "";
  }

  final Wsl2Backend standIn() {
    return standIn(withJava(), shell(), "");
  }

  static Wsl2Backend standIn(boolean withJava, String shell, String doors, String... more) {
    List<String> words = new ArrayList<>(List.of("env"));
    words.addAll(List.of(more));
    words.addAll(
        List.of(
            "STANDIN_LIST=" + LIST,
            "STANDIN_NO_JAVA=" + (withJava ? "" : "1"),
            "STANDIN_SHELL=" + shell,
            "STANDIN_DOORS=" + doors,
            "sh",
            STAND_IN.toString()));
    return Wsl2Backend.with(words);
  }

  final Wsl2Backend backend() {
    return backend;
  }

  @BeforeAll
  void probe() {
    if (!shell().isEmpty()) {
      assumeTrue("root".equals(System.getProperty("user.name")), "only root can replace /bin/sh");
      assumeTrue(Files.isExecutable(Path.of(shell())), shell() + " is missing");
    }
    backend = standIn();
    assumeTrue(backend.probe().usable(), () -> "no guest here: " + backend.probe().reasons());
  }

  static PolicyBuilder writing() {
    return SandboxPolicy.builder().write(":workspace").strictness(Strictness.Mode.BEST_EFFORT);
  }

  final Sandbox open(PolicyBuilder policy) throws SandboxException {
    return open(backend, workspace, policy);
  }

  private static Sandbox open(Wsl2Backend own, Path workspace, PolicyBuilder policy)
      throws SandboxException {
    return Sandbox.opener(policy.build())
        .workspace(workspace)
        .backends(Backends.of(List.of(own)))
        .open();
  }

  record Result(int exit, String output) {}

  static Result run(Sandbox sandbox, String... words) throws Exception {
    SandboxedProcess process = sandbox.start(SandboxCommand.of(words).redirectErrorStream(true));
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  static int control(String... words) throws Exception {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor();
  }

  @Test
  void exitCodesAndSignalsAreReportedExactly() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      // wsl.exe turns two of these codes into errors and encodes signals differently.
      for (int code : new int[] {0, 1, 67, 87, 255}) {
        assertThat(run(sandbox, "sh", "-c", "exit " + code).exit()).isEqualTo(code);
      }
      SandboxedProcess killed = sandbox.start(SandboxCommand.of("sh", "-c", "kill -9 $$"));
      assertThat(killed.waitFor()).isEqualTo(137);
      assertThat(killed.termination().orElseThrow())
          .isEqualTo(new Termination(Termination.Cause.SIGNALED, 137, 9));
      assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("no-such-program")))
          .isInstanceOf(CommandNotFoundException.class);
    }
  }

  @Test
  void largeInputIsEchoedAndUnreadStreamsBlockNoOtherCommand() throws Exception {
    byte[] many = new byte[3 << 20];
    new java.util.Random(7).nextBytes(many);
    try (Sandbox sandbox = open(writing())) {
      SandboxedProcess process = sandbox.start(SandboxCommand.of("cat"));
      Thread writer =
          new Thread(
              () -> {
                try (var input = process.getOutputStream()) {
                  input.write(many);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      writer.start();
      assertThat(process.getInputStream().readAllBytes()).isEqualTo(many);
      assertThat(process.waitFor()).isZero();
      // The test does not read this output: the command blocks, and ends when it is destroyed.
      SandboxedProcess unread = sandbox.start(SandboxCommand.of("yes"));
      assertThat(unread.waitFor(500, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(run(sandbox, "echo", "another").output()).isEqualTo("another\n");
      unread.destroyForcibly();
      assertThat(unread.waitFor(60, TimeUnit.SECONDS)).isTrue();
      // This command does not read its input.
      SandboxedProcess deaf = sandbox.start(SandboxCommand.of("sh", "-c", "exec <&-; sleep 5"));
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 64; i++) {
                  deaf.getOutputStream().write(many, 0, 64 * 1024);
                }
              })
          .isInstanceOf(IOException.class);
      deaf.destroyForcibly().waitFor();
    }
  }

  @Test
  void streamsAreRedirectedToHostFiles() throws Exception {
    Path input = Files.writeString(workspace.resolve("input"), "grün");
    Path output = workspace.resolve("output");
    try (Sandbox sandbox = open(writing())) {
      assertThat(
              sandbox
                  .start(
                      SandboxCommand.of("sh", "-c", "cat; echo problem >&2")
                          .redirectInput(ProcessBuilder.Redirect.from(input.toFile()))
                          .redirectOutput(ProcessBuilder.Redirect.to(output.toFile()))
                          .redirectError(ProcessBuilder.Redirect.DISCARD))
                  .waitFor())
          .isZero();
    }
    assertThat(output).hasContent("grün");
  }

  @Test
  void onlyVariablesOfPolicyAndCallerAreForwarded() throws Exception {
    try (Sandbox sandbox = open(writing().variable("FROM_POLICY", "one"))) {
      SandboxedProcess process =
          sandbox.start(SandboxCommand.of("env").environment("FROM_CALLER", "two"));
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(output.lines())
          .contains("FROM_POLICY=one", "FROM_CALLER=two")
          .noneMatch(line -> line.startsWith("WSLENV") || line.startsWith("STANDIN"));
    }
  }

  @Test
  void ruleOpensOnlyTheNamedPathBehindADoor() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can create doors");
    Path doors = Files.createDirectory(workspace.resolve("doors"));
    for (String directory : List.of("WSL", "c/project", "c/home", "wslg")) {
      Files.createDirectories(doors.resolve(directory));
    }
    for (String file :
        List.of("init", "docker.sock", "c/project/file", "c/home/file", "wslg/file")) {
      Files.writeString(doors.resolve(file), "windows");
    }
    Wsl2Backend own = standIn(withJava(), shell(), doors.toString());
    Path inner = Files.createDirectory(workspace.resolve("inner"));
    try (Sandbox sandbox =
        open(own, inner, writing().rule("/mnt/c/project", Access.READ, MissingPath.SKIP))) {
      assertThat(sandbox.plan().guarantees())
          .anyMatch(guarantee -> guarantee.id().equals("wsl.doors"));
      assertThat(run(sandbox, "cat", "/mnt/c/project/file").output()).isEqualTo("windows");
      assertThat(run(sandbox, "touch", "/mnt/c/project/new").exit()).isNotZero();
      for (String hidden : List.of("/mnt/c/home/file", "/mnt/wslg/file", "/init")) {
        assertThat(run(sandbox, "cat", hidden).output()).doesNotContain("windows");
      }
    }
    PolicyBuilder both =
        writing()
            .rule("/mnt/c/project", Access.WRITE, MissingPath.SKIP)
            .rule("/mnt/c", Access.READ, MissingPath.SKIP);
    try (Sandbox sandbox = open(own, inner, both)) {
      assertThat(run(sandbox, "cat", "/mnt/c/home/file").output()).isEqualTo("windows");
      assertThat(run(sandbox, "touch", "/mnt/c/project/new").exit()).isZero();
      assertThat(run(sandbox, "touch", "/mnt/c/home/new").exit()).isNotZero();
      assertThat(run(sandbox, "cat", "/mnt/wslg/file").output()).doesNotContain("windows");
    }
    assertThat(doors.resolve("c/project/new")).exists();
  }

  /** Returns the guarantees that a distribution like the stand-in's does not enforce in full. */
  final PolicyBuilder strict() {
    return SandboxPolicy.builder()
        .write(":workspace")
        .protectedNames(ProtectedNames.OFF)
        .acceptWeaker(Guarantee.FILES_METADATA)
        .acceptWeaker(Guarantee.FILES_READ);
  }

  private Path doors() throws IOException {
    Path doors = Files.createDirectories(workspace.resolve("tried"));
    for (String directory : List.of("WSL", "c/Users", "wslg")) {
      Files.createDirectories(doors.resolve(directory));
    }
    for (String file : List.of("init", "docker.sock", "WSL/8_interop", "c/Users/key")) {
      Files.writeString(doors.resolve(file), "windows");
    }
    return doors;
  }

  @Test
  void doorsAreEnforcedSinceTheyAreTriedFromInside() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can create doors");
    Wsl2Backend own = standIn(withJava(), shell(), doors().toString());
    Path inner = Files.createDirectories(workspace.resolve("strict"));
    try (Sandbox sandbox = open(own, inner, strict())) {
      assertThat(sandbox.plan().guarantees())
          .filteredOn(guarantee -> guarantee.guarantee() == Guarantee.WSL_DOORS)
          .extracting(PlannedGuarantee::level)
          .containsExactly(Enforcement.ENFORCED);
      assertThat(run(sandbox, "cat", "/init", "/mnt/c/Users/key").output())
          .doesNotContain("windows");
    }
  }

  @Test
  void warningsOfWslAreNoOutputOfACommand() throws Exception {
    String warning = "Eine Proxykonfiguration f\u00fcr \u201elocalhost\u201c wurde erkannt";
    Wsl2Backend own = standIn(withJava(), shell(), "", "STANDIN_WARNING=" + warning);
    try (Sandbox sandbox = open(own, workspace, writing())) {
      SandboxedProcess process =
          sandbox.start(SandboxCommand.of("sh", "-c", "echo out; echo problem >&2"));
      assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("problem\n");
      assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("out\n");
      assertThat(run(sandbox, "sh", "-c", "echo both >&2").output()).isEqualTo("both\n");
    }
  }

  private static SandboxPlan plan(Wsl2Backend own, Path workspace, PolicyBuilder policy) {
    return own.plan(EffectivePolicy.of(policy.build(), PathContext.current(workspace)));
  }

  /** WSL's own listener is then on every process of the distribution. */
  @Test
  void mirroredNetworkingLeavesTheLevelExisting() throws Exception {
    Wsl2Backend own = standIn(withJava(), shell(), "", "STANDIN_LISTENER=1");
    PlannedGuarantee names =
        plan(own, workspace, SandboxPolicy.builder().write(":workspace")).unmet().stream()
            .filter(one -> one.guarantee() == Guarantee.FILES_PROTECTED_NAMES)
            .findFirst()
            .orElseThrow();
    assertThat(names.reason()).contains(withJava() ? "listener" : "no Java");
    Files.createDirectories(workspace.resolve(".git/hooks"));
    PolicyBuilder existing = strict().protectedNames(ProtectedNames.EXISTING);
    PolicyBuilder accepted =
        withJava() ? existing : existing.acceptWeaker(Guarantee.FILES_PROTECTED_NAMES);
    try (Sandbox sandbox = open(own, workspace, accepted)) {
      assertThat(run(sandbox, "sh", "-c", "echo made > made; cat made").output())
          .isEqualTo("made\n");
      assertThat(run(sandbox, "touch", ".git/hooks/pre-commit").exit()).isNotZero();
    }
    assertThat(workspace.resolve(".git/hooks")).isEmptyDirectory();
  }

  @Test
  void doorsThatNoProgramTriesAreAdvisory() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can hide programs");
    Wsl2Backend own = standIn(withJava(), shell(), "", "STANDIN_NO_PERL=1");
    assertThat(own.probe().usable()).as(own.probe().reasons().toString()).isTrue();
    assertThat(plan(own, workspace, strict()).guarantees())
        .filteredOn(one -> one.guarantee() == Guarantee.WSL_DOORS)
        .singleElement()
        .satisfies(
            doors -> {
              assertThat(doors.level()).isEqualTo(Enforcement.ADVISORY);
              assertThat(doors.reason()).contains("neither perl nor python3");
            });
    try (Sandbox sandbox = open(own, workspace, strict().acceptWeaker(Guarantee.WSL_DOORS))) {
      assertThat(run(sandbox, "echo", "runs").output()).isEqualTo("runs\n");
    }
  }

  @Test
  void minimalPolicyTriesTheDoorsToo() throws Exception {
    PolicyBuilder minimal = strict().fileDefault(FileDefault.MINIMAL);
    try (Sandbox sandbox = open(minimal)) {
      assertThat(run(sandbox, "echo", "runs").output()).isEqualTo("runs\n");
    }
    for (String hidden : List.of("/bin/sh", "/usr/bin")) {
      PolicyBuilder policy = strict().fileDefault(FileDefault.MINIMAL).none(hidden);
      assertThat(plan(backend, workspace, policy).guarantees())
          .filteredOn(one -> one.guarantee() == Guarantee.WSL_DOORS)
          .singleElement()
          .satisfies(
              doors -> {
                assertThat(doors.level()).isEqualTo(Enforcement.ADVISORY);
                assertThat(doors.reason()).contains("the policy hides /bin/sh");
              });
    }
  }

  @Test
  void bubblewrapOfUbuntu22IsRefusedByItsVersion() {
    Wsl2Backend own = standIn(withJava(), shell(), "", "STANDIN_OLD_BWRAP=1");
    assertThat(own.probe().usable()).isFalse();
    assertThat(own.probe().reasons()).singleElement().asString().contains("bubblewrap is 0.6");
    assertThat(own.probe().remedies())
        .singleElement()
        .asString()
        .startsWith("wsl --install -d Ubuntu-24.04");
  }

  @Test
  void noCommandStartsAfterAnotherDriveIsMounted() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can mount");
    // The memory file system that distributions share has this name.
    Path shared = Files.createDirectories(workspace.resolve("mounted/wsl"));
    try (Sandbox sandbox = open(writing())) {
      assertThat(run(sandbox, "echo", "before").output()).isEqualTo("before\n");
      assertThat(control("mount", "-t", "tmpfs", "none", shared.toString())).isZero();
      try {
        assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("true")))
            .isInstanceOf(SandboxException.class)
            .hasMessageContainingAll(shared.toString(), "mounted after");
      } finally {
        assertThat(control("umount", shared.toString())).isZero();
      }
      assertThat(run(sandbox, "echo", "after").output()).isEqualTo("after\n");
    }
  }

  /** Opens a sandbox, starts a command that does not end, and waits to be killed. */
  static final class Host {
    private Host() {}

    public static void main(String[] arguments) throws Exception {
      try (Sandbox sandbox =
          Sandbox.opener(writing().build())
              .workspace(Path.of(arguments[0]))
              .backends(
                  Backends.of(
                      List.of(standIn(Boolean.parseBoolean(arguments[2]), arguments[3], ""))))
              .open()) {
        SandboxedProcess process =
            sandbox.start(
                SandboxCommand.of(
                    "sh", "-c", "(setsid sleep " + arguments[1] + " &) ; sleep " + arguments[1]));
        System.out.println("started");
        process.waitFor();
      }
    }
  }

  private static long running(String seconds) {
    return ProcessHandle.allProcesses()
        .filter(
            process ->
                process
                    .info()
                    .arguments()
                    .map(words -> List.of(words).equals(List.of(seconds)))
                    .orElse(false))
        .count();
  }

  static void awaitRunning(String seconds, long expected) throws InterruptedException {
    for (int i = 0; i < 200 && running(seconds) != expected; i++) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    assertThat(running(seconds)).isEqualTo(expected);
  }

  private static List<Path> temporary() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.filter(path -> path.getFileName().toString().matches("ringfence-[0-9a-f]{24}"))
          .sorted()
          .toList();
    }
  }

  @Test
  void commandsEndWhenTheHostJvmIsKilled() throws Exception {
    List<Path> before = temporary();
    // Killing wsl.exe does not end the commands behind it. The guest ends them when its input ends.
    String seconds = "86" + (1000 + ProcessHandle.current().pid() % 1000);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Host.class.getName(),
                workspace.toString(),
                seconds,
                Boolean.toString(withJava()),
                shell()));
    Process host =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      assertThat(host.inputReader().readLine()).isEqualTo("started");
      awaitRunning(seconds, 2);
    } finally {
      host.destroyForcibly().waitFor();
    }
    awaitRunning(seconds, 0);
    // Another build on this machine may create such directories at the same time.
    List<Path> left = temporary();
    for (int i = 0; i < 100 && !before.containsAll(left); i++) {
      TimeUnit.MILLISECONDS.sleep(50);
      left = temporary();
    }
    assertThat(before).containsAll(left);
  }

  /** Returns the guest processes of this JVM, the latest last. */
  private Stream<ProcessHandle> guests() {
    return ProcessHandle.current()
        .descendants()
        .filter(
            one -> {
              List<String> words = List.of(one.info().arguments().orElse(new String[0]));
              return withJava()
                  ? words.contains("org.ringfence.wsl2.guest.GuestMain")
                      && one.info().command().orElse("").endsWith("java")
                  : words.size() == 1 && words.get(0).endsWith("/control");
            })
        .sorted(Comparator.comparing(one -> one.info().startInstant().orElseThrow()));
  }

  @Test
  void lostGuestEndsItsCommandsAndTheNextSandboxStartsAnother() throws Exception {
    Wsl2Backend own = standIn();
    SandboxPlan plan =
        own.plan(EffectivePolicy.of(writing().build(), PathContext.current(workspace)));
    assertThat(plan.acceptable()).isTrue();
    Sandbox sandbox =
        Sandbox.opener(writing().build())
            .workspace(workspace)
            .backends(Backends.of(List.of(own)))
            .open();
    SandboxedProcess process = sandbox.start(SandboxCommand.of("sleep", "1000"));
    guests().reduce((first, second) -> second).orElseThrow().destroyForcibly();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.termination().orElseThrow().cause()).isEqualTo(Termination.Cause.DESTROYED);
    assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("true")))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("the guest");
    sandbox.close();
    try (Sandbox next =
        Sandbox.opener(writing().build())
            .workspace(workspace)
            .backends(Backends.of(List.of(own)))
            .open()) {
      assertThat(run(next, "echo", "again").output()).isEqualTo("again\n");
    }
  }

  /** The guest cannot send the end at once while the caller reads no output. */
  @Test
  void commandHasEndedWhenItsSandboxIsClosed() throws Exception {
    SandboxedProcess process;
    try (Sandbox sandbox = open(writing())) {
      process = sandbox.start(SandboxCommand.of("cat", "/dev/zero"));
      assertThat(process.getInputStream().read()).isZero();
    }
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  void timeoutEndsTheCommandInTheGuest() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      org.ringfence.Result late =
          sandbox.command("sleep", "1000").timeout(Duration.ofMillis(300)).run();
      assertThat(late.ending()).isEqualTo(new Ending.TimedOut(Duration.ofMillis(300)));
    }
  }

  @Test
  void pathWithoutANameInWslIsRefused() {
    SandboxPlan plan =
        backend.plan(
            EffectivePolicy.of(
                SandboxPolicy.builder().write("\\\\server\\share").build(),
                PathContext.of(
                    org.ringfence.policy.path.PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me")));
    assertThat(plan.acceptable()).isFalse();
    assertThat(plan.availability().reasons())
        .singleElement()
        .asString()
        .contains("another machine");
  }
}
