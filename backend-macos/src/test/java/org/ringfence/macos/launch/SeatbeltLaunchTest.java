package org.ringfence.macos.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
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
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.event.Violation;
import org.ringfence.macos.SeatbeltBackend;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.spi.VerifiedBuilds;

/** Tests the launch with a no-op replacement for sandbox-exec. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launch needs posix_spawn")
class SeatbeltLaunchTest {
  private static final VerifiedBuilds NO_RESULTS =
      VerifiedBuilds.in(Path.of("target", "no-results"));
  private static final Path PROGRAMS = Path.of("src", "test", "seatbelt").toAbsolutePath();

  @TempDir private Path workspace;

  private static SeatbeltPrograms programs(Path directory) {
    return new SeatbeltPrograms(
        "/bin/sh",
        List.of("/bin/sh", directory.resolve("sandbox-exec.sh").toString()),
        directory.resolve("log.sh").toString(),
        directory.resolve("sw_vers.sh").toString());
  }

  private static SeatbeltBackend backend() {
    return SeatbeltBackend.with(programs(PROGRAMS), NO_RESULTS);
  }

  private static PolicyBuilder writing() {
    return SandboxPolicy.builder().write(":workspace").strictness(Strictness.Mode.BEST_EFFORT);
  }

  private static Sandbox.Opener opener(PolicyBuilder policy, Path workspace) {
    return Sandbox.opener(policy.build())
        .workspace(workspace)
        .backends(Backends.of(List.of(backend())));
  }

  private Sandbox open(PolicyBuilder policy) throws SandboxException {
    return opener(policy, workspace).open();
  }

  private record Result(int exit, String output) {}

  private static Result run(Sandbox sandbox, String... words) throws Exception {
    SandboxedProcess process = sandbox.start(SandboxCommand.of(words).redirectErrorStream(true));
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  @Test
  void exitCodesSignalsAndMissingCommandsAreReported() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      assertThat(run(sandbox, "sh", "-c", "pwd; echo problem >&2; exit 67"))
          .isEqualTo(new Result(67, workspace.toRealPath() + "\nproblem\n"));
      org.ringfence.Result killed = sandbox.command("sh", "-c", "kill -9 $$").run();
      assertThat(killed.exitCode()).isEqualTo(137);
      assertThat(killed.ending()).isEqualTo(new Ending.Signaled(9));
      assertThat(run(sandbox, "printf", "%s|", "a b", "", "it's", "$x", "grün").output())
          .isEqualTo("a b||it's|$x|grün|");
      assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("no-such-program")))
          .isInstanceOf(CommandNotFoundException.class);
    }
  }

  @Test
  void probeReportsThatNoFirstRunHasPassed() {
    assertThat(backend().probe().facts().get("verified"))
        .isEqualTo("not yet verified on this build; run: ringfence verify --first-run");
  }

  @Test
  void programOrDirectoryThatThePolicyDeniesIsRefused() throws Exception {
    Path tool = Files.writeString(Files.createDirectory(workspace.resolve("bin")).resolve("t"), "");
    tool.toFile().setExecutable(true);
    try (Sandbox sandbox = open(writing().none(workspace.resolve("bin").toString()))) {
      assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("bin/t")))
          .isInstanceOf(CommandNotFoundException.class)
          .hasMessageContaining("the policy denies");
      assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("true").directory(Path.of("bin"))))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("cannot be entered");
    }
  }

  @Test
  void profileFileIsPrivateToItsOwnerAndRemovedAtTheEnd() throws Exception {
    Path left;
    try (Sandbox sandbox = open(writing())) {
      SandboxedProcess process = sandbox.start(SandboxCommand.of("sh", "-c", "read line"));
      List<Path> profiles = profiles();
      assertThat(profiles).isNotEmpty();
      left = profiles.get(profiles.size() - 1);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(left)))
          .isEqualTo("rw-------");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(left.getParent())))
          .isEqualTo("rwx------");
      assertThat(left).content().contains("(deny default (with message \"ringfence-");
      assertThat(process.info().commandLine().orElse("")).doesNotContain("deny");
      process.getOutputStream().close();
      process.waitFor();
    }
    assertThat(left.getParent()).doesNotExist();
  }

  @Test
  void ruleThatGrantsThePlaceOfTheProfilesIsRefused() throws Exception {
    String place = Path.of(System.getProperty("java.io.tmpdir")).toRealPath().toString();
    assertThatThrownBy(() -> open(writing().write(place)))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("java.io.tmpdir: '" + place + "'")
        .hasMessageContaining("-Djava.io.tmpdir=");
    // The control: a rule beside the profiles.
    try (Sandbox sandbox = open(writing().write(workspace.toString()))) {
      assertThat(run(sandbox, "echo", "started").output()).isEqualTo("started\n");
    }
  }

  private static List<Path> profiles() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.filter(path -> path.getFileName().toString().startsWith("ringfence-profile-"))
          .map(path -> path.resolve("profile"))
          .filter(Files::exists)
          .sorted((a, b) -> Long.compare(a.toFile().lastModified(), b.toFile().lastModified()))
          .toList();
    }
  }

  @Test
  void largeInputIsEchoedUnchanged() throws Exception {
    byte[] many = new byte[3 << 20];
    new Random(7).nextBytes(many);
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
    }
  }

  @Test
  void streamsAreRedirectedToFiles() throws Exception {
    Path input = Files.writeString(workspace.resolve("input"), "grün\n");
    Path output = Files.writeString(workspace.resolve("output"), "first\n");
    Path error = workspace.resolve("error");
    try (Sandbox sandbox = open(writing())) {
      SandboxCommand command =
          SandboxCommand.of("sh", "-c", "cat; echo problem >&2")
              .redirectInput(Redirect.from(input.toFile()))
              .redirectOutput(Redirect.appendTo(output.toFile()))
              .redirectError(Redirect.to(error.toFile()));
      assertThat(sandbox.start(command).waitFor()).isZero();
    }
    assertThat(output).hasContent("first\ngrün\n");
    assertThat(error).hasContent("problem\n");
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "reads /proc")
  void onlyStandardDescriptorsAreOpen() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      SandboxedProcess other = sandbox.start(SandboxCommand.of("sleep", "1000"));
      assertThat(run(sandbox, "ls", "-l", "/proc/self/fd").output().lines())
          .filteredOn(line -> line.contains("->"))
          .hasSize(4);
      other.destroyForcibly().waitFor();
    }
  }

  private static long running(String seconds) {
    return ProcessHandle.allProcesses()
        .filter(
            process ->
                List.of(process.info().arguments().orElse(new String[0])).equals(List.of(seconds)))
        .count();
  }

  private static void awaitRunning(String seconds, long expected) throws InterruptedException {
    for (int i = 0; i < 200 && running(seconds) != expected; i++) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    assertThat(running(seconds)).isEqualTo(expected);
  }

  private static String uniqueSeconds(int kind) {
    return Integer.toString(
        100_000_000 + kind * 1_000_000 + (int) (ProcessHandle.current().pid() % 1_000_000));
  }

  @Test
  void processTreeEndsWithItsRootAndOnDestroyAndClose() throws Exception {
    String seconds = uniqueSeconds(1);
    try (Sandbox sandbox = open(writing())) {
      run(sandbox, "sh", "-c", "sleep " + seconds + " >/dev/null 2>&1 & exit 0");
      awaitRunning(seconds, 0);
      SandboxedProcess process =
          sandbox.start(
              SandboxCommand.of("sh", "-c", "setsid sleep " + seconds + " & sleep " + seconds));
      awaitRunning(seconds, 2);
      process.destroyForcibly();
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(process.termination().orElseThrow().cause())
          .isEqualTo(Termination.Cause.DESTROYED);
      awaitRunning(seconds, 0);
      sandbox.start(SandboxCommand.of("sleep", seconds));
      awaitRunning(seconds, 1);
    }
    awaitRunning(seconds, 0);
  }

  /** Opens a sandbox, starts a command that does not end, and waits to be killed. */
  static final class Host {
    private Host() {}

    public static void main(String[] arguments) throws Exception {
      try (Sandbox sandbox = opener(writing(), Path.of(arguments[0])).open()) {
        SandboxedProcess process =
            sandbox.start(
                SandboxCommand.of(
                    "sh", "-c", "sleep " + arguments[1] + " & sleep " + arguments[1]));
        System.out.println("started " + profiles().get(profiles().size() - 1).getParent());
        process.waitFor();
      }
    }
  }

  @Test
  void commandsAndProfileEndWithTheJvm() throws Exception {
    String seconds = uniqueSeconds(2);
    Process host =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Host.class.getName(),
                workspace.toString(),
                seconds)
            .redirectError(Redirect.INHERIT)
            .start();
    String started;
    try {
      started = host.inputReader().readLine();
      assertThat(started).startsWith("started ");
      awaitRunning(seconds, 2);
    } finally {
      host.destroyForcibly().waitFor();
    }
    awaitRunning(seconds, 0);
    Path left = Path.of(started.substring("started ".length()));
    for (int i = 0; i < 100 && Files.exists(left); i++) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    assertThat(left).doesNotExist();
  }

  @Test
  void limitsAndTimeoutsAreEnforced() throws Exception {
    PolicyBuilder limited =
        writing().openFiles(64).cpuTime(Duration.ofSeconds(7)).fileSize(4096).outputBytes(1000);
    try (Sandbox sandbox = open(limited)) {
      assertThat(run(sandbox, "sh", "-c", "ulimit -n; ulimit -t; ulimit -f").output())
          .isEqualTo("64\n7\n8\n");
      SandboxedProcess yes = sandbox.start(SandboxCommand.of("yes"));
      assertThat(yes.getInputStream().readAllBytes()).hasSizeLessThanOrEqualTo(1000);
      yes.waitFor();
      assertThat(yes.termination().orElseThrow().cause()).isEqualTo(Termination.Cause.OUTPUT_LIMIT);
      Duration time = Duration.ofMillis(200);
      assertThat(sandbox.command("sleep", "1000").timeout(time).run().ending())
          .isEqualTo(new Ending.TimedOut(time));
    }
  }

  @Test
  void destroyLetsTheCommandCleanUp() throws Exception {
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
    }
  }

  @Test
  void terminalHasSizeResizeAndInterruptKey() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      SandboxedProcess process =
          sandbox.start(
              SandboxCommand.of(
                      "sh", "-c", "stty size; read a; stty size; echo up; exec sleep 1000")
                  .terminal(new TerminalSize(30, 100)));
      var output = process.inputReader();
      assertThat(output.readLine().strip()).isEqualTo("30 100");
      process.resize(new TerminalSize(40, 90));
      process.getOutputStream().write("x\n".getBytes(StandardCharsets.UTF_8));
      assertThat(output.readLine().strip()).isEqualTo("x");
      assertThat(output.readLine().strip()).isEqualTo("40 90");
      // After "up" the shell waits for no child: a shell ignores an interrupt if the child that it
      // waits for exits normally.
      assertThat(output.readLine().strip()).isEqualTo("up");
      process.getOutputStream().write(3);
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(130);
    }
  }

  @Test
  void denialsInTheLogReachTheListener() throws Exception {
    LinkedBlockingQueue<Violation> heard = new LinkedBlockingQueue<>();
    try (Sandbox sandbox = opener(writing(), workspace).onDenied(heard::add).open()) {
      Violation violation = heard.poll(10, TimeUnit.SECONDS);
      assertThat(violation).isNotNull();
      assertThat(violation.target()).isEqualTo("/Users/me/out side");
      assertThat(violation.operation()).isEqualTo("file-write-create");
      assertThat(sandbox.plan().backend()).isEqualTo("seatbelt");
    }
    assertThat(heard).isEmpty();
    awaitRunning("100047", 0);
  }

  @Test
  void probeFailsInsideAnotherSandbox(@TempDir Path directory) throws Exception {
    for (String program : List.of("sandbox-exec.sh", "log.sh")) {
      Files.copy(PROGRAMS.resolve(program), directory.resolve(program));
    }
    Files.createFile(directory.resolve("nested"));
    var availability = SeatbeltBackend.with(programs(directory), NO_RESULTS).probe();
    assertThat(availability.usable()).isFalse();
    assertThat(availability.reasons())
        .singleElement()
        .asString()
        .contains("in a sandbox already", "does not nest");
    assertThat(new SeatbeltBackend().probe().usable())
        .isEqualTo(System.getProperty("os.name").startsWith("Mac"));
  }

  @Test
  void allowlistSendsCommandsToTheProxy() throws Exception {
    PolicyBuilder policy =
        writing().network(NetworkMode.ALLOWLIST).allowHost("example.org").ownLoopback(false);
    try (Sandbox sandbox = open(policy)) {
      String variables = run(sandbox, "env").output();
      assertThat(variables).containsPattern("(?i)https_proxy=http://[^@]+@127.0.0.1:[0-9]+");
      List<Path> profiles = new ArrayList<>(profiles());
      assertThat(Files.readString(profiles.get(profiles.size() - 1)))
          .containsPattern("network-outbound \\(remote ip \"localhost:[0-9]+\"\\)");
    }
  }
}
