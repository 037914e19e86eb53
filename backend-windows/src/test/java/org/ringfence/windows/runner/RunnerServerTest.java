package org.ringfence.windows.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ringfence.SandboxException;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.mitigation.ProcessMitigation;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsCallException;

/** Runs a runner and its caller on one fake Windows, each on its own thread. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RunnerServerTest {
  private static final Sid SESSION = Sid.synthetic(new byte[] {1}, "session");
  private static final Message.Limits NO_LIMITS = new Message.Limits(true, -1, -1, -1, 0);

  private final FakeWindows windows = new FakeWindows();
  private Thread thread;

  /** The end of the runner's process; the caller ends a runner that it refuses. */
  private volatile Runnable ended = () -> {};

  private RunnerConnection connect(Sid processUser, Sid expected) throws SandboxException {
    return RunnerConnection.open(
        windows,
        pipes -> {
          thread = new Thread(() -> serve(pipes), "runner");
          thread.start();
          Processes.Started started =
              windows.start(
                  new TokenFacts(
                      processUser, Optional.empty(), Set.of(), List.of(), false, false, false, 1),
                  null);
          ended = processUser.equals(windows.administration.pipeUser) ? () -> end(started) : ended;
          return new Processes.Started(
              started.process(), started.thread(), (int) ProcessHandle.current().pid());
        },
        expected);
  }

  private void end(Processes.Started started) {
    try {
      windows.terminate(started.process(), 0);
    } catch (WindowsCallException e) {
      throw new IllegalStateException(e);
    }
  }

  private void serve(String pipes) {
    try {
      RunnerServer.run(windows, pipes, Map.of());
    } catch (IOException | WindowsCallException e) {
      // The other side reports that the runner has ended.
      assertThat(e).isNotNull();
    } finally {
      ended.run();
    }
  }

  /**
   * A token gets the default list of the process that makes it. The list that closes the runner's
   * own objects would close the token of each command to the runner and to the command.
   */
  @Test
  void commandStartsAlthoughTheRunnerIsClosed() throws Exception {
    try (RunnerConnection runner = connect(FakeWindows.USER, FakeWindows.USER)) {
      assertThat(windows.protectedProcesses).isEqualTo(1);
      assertThat(entriesForTheUser()).isEmpty();
      runner.ask(
          new Message.Confine(
              runner.number(),
              List.of(),
              SESSION.text(),
              AccountToken.OWN_SID,
              false,
              true,
              true,
              List.of(ProcessMitigation.FONTS)));
      runner.ask(
          new Message.Start(
              runner.number(),
              1,
              "C:\\Windows\\System32\\whoami.exe",
              "whoami",
              "A=b\0\0",
              "C:\\Windows",
              List.of(),
              0,
              0,
              NO_LIMITS));
      assertThat(windows.started).hasSize(1);
      // Objects that the runner makes later are closed again.
      assertThat(entriesForTheUser()).isEmpty();
      assertThat(windows.calls).contains("CreateToolhelp32Snapshot");
    }
    thread.join(TimeUnit.SECONDS.toMillis(20));
    assertThat(thread.isAlive()).isFalse();
  }

  @Test
  void tokenOfTheChosenFormRestrictsCommands() throws Exception {
    try (RunnerConnection runner = connect(FakeWindows.USER, FakeWindows.USER)) {
      assertThat(restricting(runner, AccountToken.OWN_SID))
          .containsExactlyInAnyOrder(SESSION, FakeWindows.USER);
      assertThat(restricting(runner, AccountToken.ROOTS)).containsExactly(SESSION);
      assertThat(restricting(runner, AccountToken.ACCOUNT_ALONE)).isEmpty();
    }
    thread.join(TimeUnit.SECONDS.toMillis(20));
  }

  private List<Sid> restricting(RunnerConnection runner, AccountToken form) throws Exception {
    runner.ask(
        new Message.Confine(
            runner.number(), List.of(), SESSION.text(), form, false, false, true, List.of()));
    return windows.restrictions.get(windows.restrictions.size() - 1);
  }

  private List<Ace> entriesForTheUser() {
    return windows.defaultDacl.aces().stream()
        .filter(ace -> ace.sid().equals(FakeWindows.USER))
        .toList();
  }

  /** The token of another account's process is closed to its caller. */
  @Test
  void runnerOfAnotherAccountIsIdentifiedWithoutItsToken() throws Exception {
    Sid account = new Sid("S-1-5-21-1-1-1-2001");
    windows.administration.pipeUser = account;
    try (RunnerConnection runner = connect(account, account)) {
      assertThat(runner.profile()).isEmpty();
      assertThat(windows.calls).doesNotContain("OpenProcessToken(child)");
    }
    thread.join(TimeUnit.SECONDS.toMillis(20));
    windows.administration.pipeUser = FakeWindows.USER;
    ended = () -> {};
    assertThatThrownBy(() -> connect(account, account))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("it runs as " + FakeWindows.USER + ", not as " + account);
    thread.join(TimeUnit.SECONDS.toMillis(20));
  }
}
