package org.ringfence.windows.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxException;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.DedicatedUserFacts;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;
import org.ringfence.windows.plan.PlatformFilter;
import org.ringfence.windows.runner.RunnerServer;
import org.ringfence.windows.system.FakePrograms;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.tool.OpenedObject;

/**
 * Probes the accounts on a fake Windows whose programs follow the model, with a runner in this
 * process.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "on Windows the paths of the fake are real")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DedicatedProbeTest {
  private final FakeWindows windows = new FakeWindows();
  private final FakePrograms programs = windows.modelled();
  private final ClientAccounts client = ClientAccounts.of("0123456789", List.of());

  @TempDir private Path state;

  @BeforeEach
  void closeTheNetwork() {
    for (PlatformFilter filter :
        PlatformFilter.closing("client", FakeWindows.USER, new TreeSet<>(client.ports()))) {
      windows.administration.engine.put(filter.key(), filter);
    }
  }

  private DedicatedUserFacts probe(AccountToken token) throws SandboxException {
    return new DedicatedSandboxes(
            windows,
            new Installation(state),
            Map.of(),
            new Accounts(
                new Sid("S-1-5-21-1-1-1-2000"), FakeWindows.USER, FakeWindows.USER, client),
            token,
            ProcessMitigations.USUAL,
            (offline, pipes) -> started(pipes))
        .probe(true);
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

  /** openai/codex, pull request 20270, for pipes; mxc and future-os for the others. */
  @Test
  void ownSidOpensPipesAndEveryoneTheRest() throws Exception {
    DedicatedUserFacts facts = probe(AccountToken.OWN_SID);
    assertThat(facts.base().everyone()).isTrue();
    assertThat(facts.closed()).isEmpty();
    assertThat(probe(AccountToken.ROOTS).closed()).contains("named pipes of their own");
  }

  /** A socket that may connect to a port of the proxy alone is no closed socket. */
  @Test
  void socketsAreTriedAtAPortOfTheProxy() throws Exception {
    programs.opened.addAll(EnumSet.complementOf(EnumSet.of(OpenedObject.SOCKET)));
    assertThat(probe(AccountToken.OWN_SID).base().everyone()).isTrue();
    programs.opened.add(OpenedObject.SOCKET);
    windows.version = "another build";
    assertThat(probe(AccountToken.OWN_SID).base().everyone()).isFalse();
  }

  /** The runner itself is not restricted: its closed network says nothing about commands. */
  @Test
  void networkThatIsOpenToRestrictedTokensIsNoticed() throws Exception {
    assertThat(probe(AccountToken.OWN_SID).network()).isTrue();
    programs.filtersMatchRestrictedTokens = false;
    assertThatThrownBy(() -> probe(AccountToken.OWN_SID))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("the network is not closed")
        .hasMessageContaining("a command reaches a server of this machine");
  }

  /** A program that reaches nothing anyhow does not show that the network is closed. */
  @Test
  void networkIsNotCalledClosedWhereNoCommandReachesAnOpenPort() throws Exception {
    probe(AccountToken.OWN_SID);
    windows.started.clear();
    // Also where the confinement is remembered.
    assertThat(probe(AccountToken.OWN_SID).untried()).isEmpty();
    // The first server is a port of the proxy, the second is closed.
    assertThat(curls()).isEqualTo(2);
    windows.files.remove("C:\\WINDOWS\\SYSTEM32\\CURL.EXE");
    assertThat(probe(AccountToken.OWN_SID).untried()).isEqualTo("there is no curl.exe");
    programs.install();
    windows.started.clear();
    programs.curlFails = true;
    assertThat(probe(AccountToken.OWN_SID).untried())
        .contains("does not reach a port of the proxy either");
    assertThat(curls()).isEqualTo(1);
  }

  @Test
  void networkIsNotCalledClosedWhileAllPortsOfTheProxyAreInUse() throws Exception {
    List<ServerSocket> taken = new ArrayList<>();
    try {
      for (int port : client.ports()) {
        try {
          taken.add(new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1")));
        } catch (BindException e) {
          assertThat(e).as("another process uses port %s", port).isNotNull();
        }
      }
      assertThat(probe(AccountToken.OWN_SID).untried()).contains("no port of the proxy is free");
    } finally {
      for (ServerSocket socket : taken) {
        socket.close();
      }
    }
  }

  /** Counts the commands of the last start that tried a server, and forgets them. */
  private long curls() {
    long count =
        windows.started.stream()
            .filter(request -> request.commandLine().contains("curl.exe"))
            .count();
    windows.started.clear();
    return count;
  }
}
