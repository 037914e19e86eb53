package org.ringfence.windows.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.policy.Lifetime;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.command.LocalHost;
import org.ringfence.windows.command.WindowsSession;
import org.ringfence.windows.confine.TokenConfinement;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.probe.StartupSelfTest.Canary;
import org.ringfence.windows.probe.StartupSelfTest.Report;
import org.ringfence.windows.system.FakePrograms;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.tool.OpenedObject;

/** Runs canaries on a fake Windows whose programs may be too slow. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "on Windows the paths of the fake are real")
class StartupSelfTestTest {
  private final FakeWindows windows = new FakeWindows();
  private final FakePrograms programs = windows.modelled();

  private Report report() throws Exception {
    programs.opened.addAll(EnumSet.allOf(OpenedObject.class));
    TokenConfinement confinement =
        TokenConfinement.make(
            windows,
            List.of(),
            Sid.synthetic(new byte[] {1}, "canary"),
            new TokenConfinement.Choices(
                AccountToken.ROOTS, false, true, true, ProcessMitigations.USUAL),
            Optional.empty());
    WindowsSession session =
        new WindowsSession(windows, new LocalHost(windows, confinement), Lifetime.KILL, 0);
    try {
      return new StartupSelfTest(session, "C:\\Windows\\System32", Map.of(), 1, 1)
          .report(Optional.of(StartupSelfTest.LoopbackServers.ANY));
    } finally {
      session.close();
    }
  }

  private long lines(String part) {
    return windows.started.stream().filter(request -> request.commandLine().contains(part)).count();
  }

  @Test
  void programThatEndsTheSecondTimeHasItsResult() throws Exception {
    programs.unending.putAll(Map.of("exit 0", 1, "echo x>nul", 1, "powershell", 1, "curl", 1));
    Report report = report();
    assertThat(report.problem()).isEmpty();
    assertThat(report.failing()).isEmpty();
    assertThat(report.decided()).isTrue();
    assertThat(lines("echo x>nul")).isEqualTo(2);
    assertThat(windows.running()).isZero();
  }

  @Test
  void programThatDoesNotEndTwiceIsUnknown() throws Exception {
    programs.unending.putAll(Map.of("echo x>nul", 2, "powershell", 2, "curl", 2));
    Report report = report();
    assertThat(report.problem()).isEmpty();
    assertThat(report.failing()).isEmpty();
    assertThat(report.unknown())
        .containsExactly(Canary.NULL_DEVICE, Canary.POWERSHELL, Canary.SOCKET);
    assertThat(report.decided()).isFalse();
    assertThat(windows.running()).isZero();
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void startThatIsNotSeenIsAnUndecidedProblem() throws Exception {
    programs.unending.put("exit 0", 2);
    Report report = report();
    assertThat(report.problem()).contains("does not end");
    assertThat(report.decided()).isFalse();
  }
}
