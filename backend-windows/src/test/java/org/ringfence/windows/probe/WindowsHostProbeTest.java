package org.ringfence.windows.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsError;

/** Checks where the probe allows sandboxes, with a fake Windows that can return any answer. */
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "on Windows the probe would look up the test's paths")
class WindowsHostProbeTest {
  private static final int DLL_INIT_FAILED = WindowsError.STATUS_DLL_INIT_FAILED.code();

  @TempDir private Path state;
  private final FakeWindows windows = new FakeWindows();

  private WindowsHostProbe.Result container() {
    return new WindowsHostProbe(windows, new Installation(state), Map.of()).appContainer();
  }

  @BeforeEach
  void createPrograms() {
    windows.file("C:\\Windows\\System32\\cmd.exe").attributes = 0;
    windows.file("C:\\Windows\\System32\\rundll32.exe").attributes = 0;
  }

  private WindowsHostProbe.Result probe() {
    return new WindowsHostProbe(
            windows,
            new Installation(state),
            Map.of("PATH", "C:\\open;C:\\closed", "PUBLIC", "C:\\none"))
        .restrictedToken();
  }

  private void setOwnToken(boolean restricted, boolean elevated, boolean container, int session) {
    windows.own =
        new TokenFacts(
            FakeWindows.USER,
            java.util.Optional.of(FakeWindows.LOGON),
            Set.of(),
            List.of(),
            restricted,
            elevated,
            container,
            session);
  }

  @Test
  void ordinarySessionNeedsNoEveryoneSid() {
    windows.exitCodes.addAll(List.of(0, 1, 0, 1));
    WindowsHostProbe.Result result = probe();
    assertThat(result.availability().reasons()).isEmpty();
    assertThat(result.facts().orElseThrow().everyone()).isFalse();
    assertThat(result.facts().orElseThrow().desktop()).isTrue();
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void probeFallsBackToEveryoneAndListsOpenPlaces() {
    windows.exitCodes.addAll(List.of(0, DLL_INIT_FAILED, DLL_INIT_FAILED, 0, 0, 0, 1));
    FakeWindows.FakeFile open = windows.file("C:\\open");
    open.descriptor =
        AccessControlList.of(new Ace(Ace.Type.ALLOW, Sid.EVERYONE, 0x1f01ff, Ace.Scope.TREE))
            .descriptor(open.descriptor);
    windows.file("C:\\closed");
    WindowsHostProbe.Result result = probe();
    assertThat(result.facts().orElseThrow().everyone()).isTrue();
    assertThat(result.facts().orElseThrow().openPlaces()).containsExactly("C:\\open");
    assertThat(result.availability().facts().get("restricting SIDs")).contains("Everyone");
    assertThat(windows.openHandles()).isZero();
  }

  /** Both programs start; others would fail later, when they discard output. */
  @Test
  void probeTakesEveryoneWhereTheNullDeviceIsClosedWithoutIt() {
    windows.exitCodes.addAll(List.of(0, 0, 1, 0, 0, 1, 0, 0, 0, 1));
    WindowsHostProbe.Result result = probe();
    assertThat(result.availability().reasons()).isEmpty();
    assertThat(result.facts().orElseThrow().everyone()).isTrue();
    assertThat(windows.started).hasSize(10);
    assertThat(windows.started.get(2).commandLine()).contains("echo x>nul");
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void probeDropsUserInterfaceLimitsInsideAJobThatForbidsThem() {
    // Windows refuses the first process, because nested jobs cannot have user-interface limits.
    windows.fail("CreateProcess", 5);
    windows.exitCodes.addAll(List.of(0, 0, 0, 1));
    WindowsHostProbe.Result result = probe();
    assertThat(result.facts().orElseThrow().userInterfaceLimits()).isFalse();
    assertThat(result.facts().orElseThrow().everyone()).isFalse();
  }

  @Test
  void modeIsUnavailableWhenNoProgramStarts() {
    windows.exitCodes.addAll(java.util.Collections.nCopies(4, DLL_INIT_FAILED));
    assertThat(probe().availability().reasons().get(0))
        .contains("no program starts", "cmd.exe ended with 0xC0000142");
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void probeRefusesSessionZeroRestrictedTokensContainersAndWine() {
    setOwnToken(false, false, false, 0);
    assertRefused("session 0");
    setOwnToken(true, false, false, 1);
    assertRefused("restricted already");
    setOwnToken(false, false, true, 1);
    assertRefused("runs in an AppContainer");
    setOwnToken(false, false, false, 1);
    windows.forgetful = true;
    assertRefused("Wine does so");
  }

  private void assertRefused(String reason) {
    WindowsHostProbe.Result result = probe();
    assertThat(result.availability().usable()).isFalse();
    assertThat(result.availability().reasons().get(0)).contains(reason);
    assertThat(result.availability().remedies()).isNotEmpty();
    assertThat(result.facts()).isEmpty();
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void probeReportsAnElevatedShell() {
    setOwnToken(false, true, false, 1);
    windows.exitCodes.addAll(List.of(0, 0, 0, 1));
    assertThat(probe().availability().facts()).containsKey("elevated");
  }

  @Test
  void probeReportsAMissingPrivateDesktop() {
    windows.exitCodes.addAll(List.of(0, 0, 0, 1));
    windows.fail("CreateDesktopW", 8);
    WindowsHostProbe.Result result = probe();
    assertThat(result.facts().orElseThrow().desktop()).isFalse();
    assertThat(result.availability().facts().get("desktop")).contains("session's heap");
  }

  @Test
  void systemErrorBecomesTheReason() {
    windows.fail("OpenProcessToken", 1450);
    assertThat(probe().availability().reasons().get(0))
        .contains("OpenProcessToken failed: error 1450");
    windows.fail("CreateAppContainerProfile", 0x80070005);
    assertThat(container().availability().reasons().get(0)).contains("0x80070005");
    // The commands' exit codes: both start, the write fails, the read fails, NUL is not opened.
    windows.exitCodes.addAll(List.of(0, 0, 1, 1, 5));
    WindowsHostProbe.Result contained = container();
    assertThat(contained.facts()).isPresent();
    assertThat(contained.availability().facts().get("network")).contains("no curl.exe");
    assertThat(contained.availability().facts().get("null device"))
        .contains("NUL cannot be written", "access is denied");
    assertThat(windows.containers).isEmpty();
  }

  /** Every value reads back as confined, yet a command reaches a file or a server. */
  @Test
  void unconfinedProcessIsDetectedByItsBehaviour() {
    windows.exitCodes.addAll(List.of(0, 0, 0, 1));
    windows.writesToItsCanary = true;
    assertRefused("a command wrote to a file that nothing grants");
    windows.exitCodes.addAll(List.of(0, 0, 1, 0));
    windows.writesToItsCanary = false;
    assertThat(container().availability().reasons().get(0))
        .contains("a command read a file that nothing grants");
    windows.file("C:\\Windows\\System32\\curl.exe").attributes = 0;
    windows.exitCodes.addAll(List.of(0, 0, 1, 1, 0));
    windows.reachesServers = true;
    assertThat(container().availability().reasons().get(0))
        .contains("a command reached a server that nothing grants");
    windows.reachesServers = false;
    windows.exitCodes.addAll(List.of(0, 0, 1, 1, 7, 0));
    assertThat(container().availability().facts()).doesNotContainKey("network");
    windows.exitCodes.addAll(List.of(DLL_INIT_FAILED));
    assertThat(container().availability().reasons().get(0))
        .contains("no program starts in a container");
    assertThat(windows.containers).isEmpty();
    assertThat(windows.openHandles()).isZero();
  }
}
