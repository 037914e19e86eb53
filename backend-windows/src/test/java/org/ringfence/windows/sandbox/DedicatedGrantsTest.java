package org.ringfence.windows.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.DedicatedUserFacts;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.runner.RunnerServer;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsCallException;

/** Opens sandboxes of accounts on a fake Windows, with a runner in this process. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "on Windows the paths of the fake are real")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DedicatedGrantsTest {
  private static final Sid GROUP = new Sid("S-1-5-21-1-1-1-2000");

  private static final String WORK = "C:\\work";

  @TempDir private Path state;
  private final FakeWindows windows = new FakeWindows();
  private Installation installation;

  @BeforeEach
  void makeFiles() {
    windows.file(WORK);
    installation = new Installation(state.resolve("ringfence"));
  }

  private BackendSession open() throws Exception {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .network(NetworkMode.FULL)
                .fileDefault(FileDefault.MINIMAL)
                .protectedNames(ProtectedNames.OFF)
                .tmp(TmpPolicy.NONE)
                .rule(WORK, Access.WRITE, MissingPath.SKIP)
                .build(),
            PathContext.of(PathStyle.WINDOWS, WORK, "C:\\Users\\me"));
    return new DedicatedSandboxes(
            windows,
            installation,
            // What all users read gets no entry.
            Map.of(
                "SystemRoot",
                "C:\\Windows",
                "ProgramFiles",
                "C:\\Program Files",
                "ProgramFiles(x86)",
                "C:\\Program Files (x86)"),
            new Accounts(
                GROUP,
                FakeWindows.USER,
                FakeWindows.USER,
                ClientAccounts.of("0123456789", List.of())),
            AccountToken.OWN_SID,
            ProcessMitigations.USUAL,
            (offline, pipes) -> started(pipes),
            tree -> {})
        .open(
            policy,
            new DedicatedUserFacts(
                new WindowsFacts(false, List.of(), true, true, ProcessMitigations.USUAL),
                AccountToken.OWN_SID,
                false,
                true,
                List.of(),
                false,
                "",
                ""),
            EventSink.NONE);
  }

  private Processes.Started started(String pipes) {
    Processes.Started started =
        windows.start(
            new TokenFacts(
                FakeWindows.USER, Optional.empty(), Set.of(), List.of(), false, false, false, 1),
            null);
    new Thread(() -> serve(pipes, started), "runner").start();
    return new Processes.Started(
        started.process(), started.thread(), (int) ProcessHandle.current().pid());
  }

  private void serve(String pipes, Processes.Started started) {
    try {
      RunnerServer.run(windows, pipes, Map.of());
      windows.terminate(started.process(), 0);
    } catch (IOException | WindowsCallException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<Sid> named() {
    return windows.list(WORK).aces().stream().map(Ace::sid).toList();
  }

  /** A file that is renamed to a place outside takes along what it has inherited. */
  @Test
  void noEntryStaysAfterASandbox() throws Exception {
    byte[] before = windows.files.get("C:\\WORK").descriptor.clone();
    try (BackendSession session = open()) {
      assertThat(named()).contains(GROUP).anyMatch(Sid::synthetic);
    }
    assertThat(windows.files.get("C:\\WORK").descriptor).isEqualTo(before);
    assertThat(installation.all()).isEmpty();
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void entriesStayWhileOneOfTwoSandboxesIsOpen() throws Exception {
    BackendSession first = open();
    BackendSession second = open();
    first.close();
    assertThat(named()).contains(GROUP).anyMatch(Sid::synthetic);
    second.close();
    assertThat(named()).doesNotContain(GROUP).noneMatch(Sid::synthetic);
  }
}
