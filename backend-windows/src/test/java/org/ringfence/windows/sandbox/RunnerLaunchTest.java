package org.ringfence.windows.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendSession;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.command.WindowsSession;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.plan.CommandLine;
import org.ringfence.windows.plan.EnvironmentBlock;
import org.ringfence.windows.runner.RunnerConnection;
import org.ringfence.windows.runner.RunnerHost;
import org.ringfence.windows.runner.RunnerServer;
import org.ringfence.windows.setup.RunnerClassPath;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.NamedPipes.Direction;
import org.ringfence.windows.system.PretendingWindows;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;

/**
 * Runs the same commands through a runner: two Windows JVMs that talk over named pipes. The test
 * starts the runner as this user, because Wine has no secondary logon.
 */
@EnabledOnOs(value = OS.WINDOWS, disabledReason = "makes real Win32 calls; runs under Wine, too")
class RunnerLaunchTest extends RealLaunchTest {
  private static final String SAME =
      "the runner starts commands as the launch without a runner does: only with .ci/full";

  private static final Sid SESSION = Sid.synthetic(new byte[32], "session");
  private RunnerConnection connection;
  private Processes.Started runner;

  /** The runner's process; its Windows reads back limits as requested. */
  static final class PretendingRunner {
    private PretendingRunner() {}

    public static void main(String[] arguments) throws Exception {
      RunnerServer.run(new PretendingWindows(), arguments[0], System.getenv());
      System.exit(0);
    }
  }

  private Processes.Started start(List<String> command) throws WindowsCallException {
    Handle nothing =
        windows.files().openStream(directory.resolve("runner.log").toString(), true, true);
    try (nothing) {
      windows.processes().letInherit(nothing);
      runner =
          windows
              .processes()
              .create(
                  new ProcessRequest(
                      Optional.empty(),
                      command.get(0),
                      CommandLine.of(command),
                      EnvironmentBlock.of(System.getenv(), System.getenv("SystemRoot")),
                      windows.machine().systemDirectory(),
                      List.of(nothing, nothing, nothing),
                      windows.jobs().create(),
                      false,
                      Optional.empty(),
                      Optional.empty(),
                      Optional.empty(),
                      ProcessMitigations.NONE));
      return runner;
    }
  }

  Processes.Started startRunner(String pipes) throws WindowsCallException, SandboxException {
    List<String> libraries = new ArrayList<>(RunnerClassPath.ofThisProcess());
    libraries.add(classes());
    String classPath = String.join(";", libraries);
    return start(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java.exe").toString(),
            "-XX:+UseSerialGC",
            "-cp",
            classPath,
            PretendingRunner.class.getName(),
            pipes));
  }

  Sid user() throws WindowsCallException {
    try (Handle token = windows.tokens().ofThisProcess()) {
      return windows.tokens().facts(token).user();
    }
  }

  private RunnerConnection connect() throws Exception {
    try {
      return RunnerConnection.open(windows, this::startRunner, user());
    } catch (SandboxException e) {
      throw new AssertionError(Files.readString(directory.resolve("runner.log")), e);
    }
  }

  @Override
  BackendSession session(EffectivePolicy policy) throws Exception {
    connection = connect();
    connection.ask(
        new Message.Confine(
            connection.number(),
            List.of(),
            SESSION.text(),
            AccountToken.OWN_SID,
            false,
            true,
            true,
            List.copyOf(ProcessMitigations.USUAL.closed())));
    return new WindowsSession(
        windows, new RunnerHost(connection, List.of(), connection), policy.policy().lifetime(), 0);
  }

  @Override
  @Test
  @EnabledIfSystemProperty(named = "ringfence.test.full", matches = "true", disabledReason = SAME)
  void batchFileGetsQuotedArgumentsAndUnsafeOnesAreRefused() throws Exception {
    super.batchFileGetsQuotedArgumentsAndUnsafeOnesAreRefused();
  }

  @Override
  @Test
  @EnabledIfSystemProperty(named = "ringfence.test.full", matches = "true", disabledReason = SAME)
  void programSearchSkipsTheWorkspace() throws Exception {
    super.programSearchSkipsTheWorkspace();
  }

  @Override
  @Test
  @EnabledIfSystemProperty(named = "ringfence.test.full", matches = "true", disabledReason = SAME)
  void outputIsWrittenAndAppendedToAFile() throws Exception {
    super.outputIsWrittenAndAppendedToAFile();
  }

  @Test
  void commandsEndWithTheirRunner() throws Exception {
    SandboxedProcess command = startInSandbox(List.of("cmd.exe", "/d", "/c", "pause"));
    long pid = command.pid();
    assertThat(windows.processes().creationTime((int) pid)).isNotZero();
    windows.processes().terminate(runner.process(), 7);
    command.waitFor();
    for (int i = 0; i < 100 && windows.processes().creationTime((int) pid) != 0; i++) {
      Thread.sleep(50);
    }
    assertThat(windows.processes().creationTime((int) pid)).isZero();
    assertThatThrownBy(() -> startInSandbox(List.of("cmd.exe", "/d", "/c", "exit 0")))
        .isInstanceOf(SandboxException.class);
  }

  @Test
  void runnerOfAnotherUserIsRefused() {
    Sid other = new Sid("S-1-5-21-1-1-1-4711");
    assertThatThrownBy(() -> RunnerConnection.open(windows, this::startRunner, other))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("not as " + other);
  }

  @Test
  void pipeClientOtherThanTheRunnerIsRefused() {
    assertThatThrownBy(
            () ->
                RunnerConnection.open(
                    windows,
                    pipes -> {
                      Processes.Started made =
                          start(
                              List.of(
                                  windows.machine().systemDirectory() + "\\cmd.exe",
                                  "/d",
                                  "/c",
                                  "pause"));
                      // This process connects before the runner.
                      Thread squatter =
                          new Thread(
                              () -> {
                                try {
                                  var open = windows.administration().pipes();
                                  open.open(pipes + "-up", Direction.IN);
                                  open.open(pipes + "-down", Direction.OUT);
                                } catch (WindowsCallException e) {
                                  throw new IllegalStateException(e);
                                }
                              });
                      squatter.start();
                      return made;
                    },
                    user()))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("answers, not the runner");
  }

  @Test
  void failedStartOfARunnerIsReportedWithItsExitCode() {
    assertThatThrownBy(
            () ->
                RunnerConnection.open(
                    windows,
                    pipes ->
                        start(
                            List.of(
                                windows.machine().systemDirectory() + "\\cmd.exe",
                                "/d",
                                "/c",
                                "exit 1385")),
                    user()))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("error 1385");
  }

  @Test
  void runnerAnswersFileNetworkAndProfileRequests() throws Exception {
    assertThat(
            connection.ask(
                new Message.IsFile(
                    connection.number(), windows.machine().systemDirectory() + "\\cmd.exe")))
        .isEqualTo(1);
    assertThat(
            connection.ask(
                new Message.IsFile(
                    connection.number(), windows.machine().systemDirectory() + "\\none.exe")))
        .isZero();
    for (String directory : new String[] {"", "\\none", "\\cmd.exe"}) {
      assertThat(
              connection.ask(
                  new Message.IsDirectory(
                      connection.number(), windows.machine().systemDirectory() + directory)))
          .as(directory)
          .isEqualTo(directory.isEmpty() ? 1 : 0);
    }
    // No process listens and no filter forbids the connection: a closed network returns another
    // error.
    assertThat(connection.ask(new Message.Reach(connection.number(), true, "127.0.0.1", 1)))
        .isEqualTo(10061);
    assertThat(connection.profile()).containsKey("USERPROFILE");
  }

  @Test
  void runnerEndsItselfWhenItsConnectionCloses() throws Exception {
    Handle ended;
    try (RunnerConnection another = connect()) {
      assertThat(another.profile()).containsKey("USERPROFILE");
      Processes processes = windows.processes();
      ended = processes.adopt(processes.duplicateInto(runner.process(), processes.thisProcess()));
    }
    try (ended) {
      // A terminated process would have exit code 1.
      assertThat(windows.processes().exitCode(ended)).isZero();
    }
  }

  @Test
  void runnerRefusesUnknownCommandsAndUnconfinedStarts() throws Exception {
    assertThatThrownBy(
            () ->
                connection.ask(new Message.Act(connection.number(), 4711, Message.Verb.TERMINATE)))
        .hasMessageContaining("there is no command 4711");
    try (RunnerConnection other = connect()) {
      assertThatThrownBy(
              () ->
                  new WindowsSession(
                          windows, new RunnerHost(other, List.of(), () -> {}), Lifetime.KILL, 0)
                      .start(launch("cmd.exe", "/d", "/c", "exit 0")))
          .hasMessageContaining("nothing confines commands yet");
    }
  }
}
