package org.ringfence.windows.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.kit.session.LocalEgressProxy;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.command.LocalHost;
import org.ringfence.windows.command.ProxiedHost;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.DedicatedUserFacts;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;
import org.ringfence.windows.plan.WindowsFacts;

/**
 * Runs dedicated-user sandboxes from end to end, with runners that the test starts as this user.
 * Wine does not confine them, and each sandbox must detect that.
 */
@EnabledOnOs(value = OS.WINDOWS, disabledReason = "makes real Win32 calls; runs under Wine, too")
class DedicatedSandboxesTest {
  private static final Sid GROUP = new Sid("S-1-5-21-1-1-1-2000");
  private final RunnerLaunchTest runners = new RunnerLaunchTest();
  private Sid user;
  private Installation installation;

  @TempDir private Path directory;

  @BeforeEach
  void prepare() throws Exception {
    assumeTrue(
        runners.windows.machine().version().contains("Wine"),
        "on Windows the conformance suite tests this mode with real accounts");
    runners.directory = directory;
    user = runners.user();
    installation = new Installation(directory.resolve("state"));
  }

  private DedicatedSandboxes sandboxes() {
    return new DedicatedSandboxes(
        runners.windows,
        installation,
        System.getenv(),
        new Accounts(GROUP, user, user, ClientAccounts.of("0123456789", List.of())),
        AccountToken.OWN_SID,
        ProcessMitigations.USUAL,
        (offline, pipes) -> runners.startRunner(pipes));
  }

  private EffectivePolicy policy(NetworkMode mode) {
    return EffectivePolicy.of(
        SandboxPolicy.builder()
            .network(mode)
            .protectedNames(ProtectedNames.OFF)
            .tmp(TmpPolicy.NONE)
            .build(),
        PathContext.current(directory));
  }

  private static DedicatedUserFacts facts() {
    return new DedicatedUserFacts(
        new WindowsFacts(false, List.of(), false, true, ProcessMitigations.USUAL),
        AccountToken.OWN_SID,
        false,
        true,
        List.of(),
        false,
        "",
        "");
  }

  @Test
  void probeFailsWhenACommandReachesAnUngrantedFile() {
    assertThatThrownBy(() -> sandboxes().probe(false))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("reached a file that nothing grants");
  }

  @Test
  void openFailsWhenTheNetworkIsNotClosed() {
    for (NetworkMode mode : List.of(NetworkMode.NONE, NetworkMode.ALLOWLIST)) {
      assertThatThrownBy(() -> sandboxes().open(policy(mode), facts(), EventSink.NONE))
          .as("%s", mode)
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("the network is not closed to the sandbox's user: TCP to 127.0.0.1")
          .hasMessageContaining("ringfence windows setup");
    }
  }

  @Test
  void commandRunsThroughARunnerAndItsGrantsAreRemoved() throws Exception {
    try (BackendSession session =
        sandboxes().open(policy(NetworkMode.FULL), facts(), EventSink.NONE)) {
      SandboxedProcess process =
          session.start(runners.launch("cmd.exe", "/d", "/c", "echo inside& exit 7"));
      assertThat(RealLaunchTest.text(process.getInputStream())).contains("inside");
      assertThat(process.waitFor()).isEqualTo(7);
    }
    assertThat(installation.all()).isEmpty();
  }

  @Test
  void sandboxIsRefusedWhileAnotherHasOtherFiles() throws Exception {
    int pid = (int) ProcessHandle.current().pid();
    GrantRecord other =
        new GrantRecord(
            "other",
            "C:\\elsewhere",
            1,
            "2",
            List.of(GROUP),
            "D:",
            GrantRecord.Phase.APPLIED,
            false,
            pid,
            runners.windows.processes().creationTime(pid));
    installation.put(other);
    assertThatThrownBy(() -> sandboxes().open(policy(NetworkMode.FULL), facts(), EventSink.NONE))
        .hasMessageContaining("files.read: another sandbox of this user is open");
    EffectivePolicy knowing =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .network(NetworkMode.FULL)
                .protectedNames(ProtectedNames.OFF)
                .tmp(TmpPolicy.NONE)
                .acceptWeaker(Guarantee.FILES_READ)
                .build(),
            PathContext.current(directory));
    sandboxes().open(knowing, facts(), EventSink.NONE).close();
    installation.remove(other);
  }

  @Test
  void proxyTakesAFreePortAndCommandsGetItsVariables() throws Exception {
    List<Integer> ports = new ArrayList<>();
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      ports.add(taken.getLocalPort());
      ports.add(free.getLocalPort());
      assertThatThrownBy(
              () ->
                  LocalEgressProxy.start(
                      policy(NetworkMode.ALLOWLIST).policy().network(), ports, EventSink.NONE))
          .hasMessageContaining("no port is free")
          .hasMessageContaining("at most 2 sandboxes");
      free.close();
      try (LocalEgressProxy proxy =
          LocalEgressProxy.start(
              policy(NetworkMode.ALLOWLIST).policy().network(), ports, EventSink.NONE)) {
        assertThat(proxy.port()).isEqualTo(ports.get(1));
        Map<String, String> variables =
            new ProxiedHost(new LocalHost(runners.windows, null), proxy)
                .environment(Map.of("https_proxy", "http://other:1", "PATH", "C:\\"));
        assertThat(variables).containsEntry("PATH", "C:\\");
        List<String> named =
            variables.keySet().stream().filter("HTTPS_PROXY"::equalsIgnoreCase).toList();
        assertThat(named).hasSize(1);
        assertThat(variables.get(named.get(0)))
            .contains("@127.0.0.1:" + proxy.port())
            .doesNotContain("other");
      }
    }
  }
}
