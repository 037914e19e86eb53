package org.ringfence.windows.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.system.FakeFile;
import org.ringfence.windows.system.FakePrograms;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.tool.OpenedObject;

/** Checks where the probe allows sandboxes, with a fake Windows that can return any answer. */
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "on Windows the probe would look up the test's paths")
class WindowsHostProbeTest {
  private static final int DLL_INIT_FAILED = WindowsError.STATUS_DLL_INIT_FAILED.code();

  @TempDir private Path state;
  private final FakeWindows windows = new FakeWindows();

  private WindowsHostProbe.Result container() {
    return new WindowsHostProbe(
            windows, new Installation(state), Map.of(), ProcessMitigations.USUAL)
        .appContainer();
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
            Map.of("PATH", "C:\\open;C:\\closed", "PUBLIC", "C:\\none"),
            ProcessMitigations.USUAL)
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

  /** Lists that name no restricting SID but Everyone: microsoft/mxc and future-os. */
  @Test
  void probeTakesEveryoneWhereObjectsAreClosedWithoutItAndListsOpenPlaces() {
    windows.modelled();
    FakeFile open = windows.file("C:\\open");
    open.descriptor =
        AccessControlList.of(new Ace(Ace.Type.ALLOW, Sid.EVERYONE, 0x1f01ff, Ace.Scope.TREE))
            .descriptor(open.descriptor);
    windows.file("C:\\closed");
    WindowsHostProbe.Result result = probe();
    assertThat(result.availability().reasons()).isEmpty();
    assertThat(result.facts().orElseThrow().everyone()).isTrue();
    assertThat(result.facts().orElseThrow().openPlaces()).containsExactly("C:\\open");
    assertThat(result.facts().orElseThrow().desktop()).isTrue();
    assertThat(result.availability().facts().get("restricting SIDs")).contains("Everyone");
    // openai/codex#44838: no confinement of this mode opens them.
    assertThat(result.availability().facts().get("closed to commands"))
        .isEqualTo("named pipes of their own (PowerShell opens none)");
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void probeNeedsNoEveryoneWhereNoObjectIsClosed() {
    windows.modelled().opened.addAll(EnumSet.allOf(OpenedObject.class));
    WindowsHostProbe.Result result = probe();
    assertThat(result.facts().orElseThrow().everyone()).isFalse();
    assertThat(result.availability().facts()).doesNotContainKey("closed to commands");
    assertThat(lines("echo x>nul")).isEqualTo(1);
  }

  /** All quick canaries pass without Everyone; only sockets or PowerShell would fail later. */
  @ParameterizedTest
  @EnumSource(
      value = OpenedObject.class,
      names = {"SOCKET", "CLR_START", "NULL_DEVICE", "CONSOLE"})
  void oneClosedObjectDecidesTheRestrictingSids(OpenedObject closed) {
    FakePrograms programs = windows.modelled();
    programs.opened.addAll(EnumSet.complementOf(EnumSet.of(closed)));
    assertThat(probe().facts().orElseThrow().everyone()).isTrue();
  }

  @Test
  void laterProcessTriesTheRememberedConfinementAndNoSlowCanary() {
    windows.modelled();
    WindowsHostProbe.Result first = probe();
    assertThat(lines("powershell.exe")).isEqualTo(2);
    windows.started.clear();
    WindowsHostProbe.Result second = probe();
    assertThat(second.facts()).isEqualTo(first.facts());
    assertThat(second.availability().facts()).isEqualTo(first.availability().facts());
    assertThat(lines("powershell.exe")).isZero();
    assertThat(lines("curl.exe")).isZero();
    // The narrower confinement is not tried, but containment is.
    assertThat(lines("echo x>nul")).isEqualTo(1);
    assertThat(lines("echo changed")).isEqualTo(1);
  }

  @Test
  void otherBuildOrOtherResultForgetsTheRememberedConfinement() {
    FakePrograms programs = windows.modelled();
    assertThat(probe().facts().orElseThrow().everyone()).isTrue();
    programs.opened.addAll(EnumSet.allOf(OpenedObject.class));
    // The remembered confinement still works: nothing tells that a narrower one would.
    assertThat(probe().facts().orElseThrow().everyone()).isTrue();
    windows.version = "another build";
    assertThat(probe().facts().orElseThrow().everyone()).isFalse();
    programs.opened.clear();
    assertThat(probe().facts().orElseThrow().everyone()).isTrue();
  }

  private long lines(String part) {
    return windows.started.stream().filter(request -> request.commandLine().contains(part)).count();
  }

  @Test
  void probeDropsUserInterfaceLimitsInsideAJobThatForbidsThem() {
    windows.modelled().opened.addAll(EnumSet.allOf(OpenedObject.class));
    // Windows refuses the first process, because nested jobs cannot have user-interface limits.
    windows.fail("CreateProcess", 5);
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
    windows.modelled();
    assertThat(probe().availability().facts()).containsKey("elevated");
  }

  @Test
  void probeReportsAMissingPrivateDesktop() {
    windows.modelled();
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
    windows.modelled();
    windows.files.remove("C:\\WINDOWS\\SYSTEM32\\CURL.EXE");
    WindowsHostProbe.Result contained = container();
    assertThat(contained.facts()).isPresent();
    assertThat(contained.availability().facts().get("network")).contains("no curl.exe");
    assertThat(contained.availability().facts().get("closed to commands"))
        .contains("NUL (cmd.exe ended with", "the root of the drive (", "named pipes of their own")
        .doesNotContain("PowerShell (");
    assertThat(windows.containers).isEmpty();
  }

  /** Every value reads back as confined, yet a command reaches a file or a server. */
  @Test
  void unconfinedProcessIsDetectedByItsBehaviour() {
    windows.exitCodes.addAll(List.of(0, 0, 0, 0, 0, 1));
    windows.writesToItsCanary = true;
    assertRefused("a command wrote to a file that nothing grants");
    windows.exitCodes.addAll(List.of(0, 0, 0, 0, 0, 1, 0));
    windows.writesToItsCanary = false;
    assertThat(container().availability().reasons().get(0))
        .contains("a command read a file that nothing grants");
    windows.file("C:\\Windows\\System32\\curl.exe").attributes = 0;
    windows.exitCodes.addAll(List.of(0, 0, 0, 0, 0, 1, 1, 0));
    windows.reachesServers = true;
    assertThat(container().availability().reasons().get(0))
        .contains("a command reached a server that nothing grants");
    windows.reachesServers = false;
    windows.exitCodes.addAll(List.of(0, 0, 0, 0, 0, 1, 1, 7));
    assertThat(container().availability().facts()).doesNotContainKey("network");
    windows.exitCodes.addAll(List.of(DLL_INIT_FAILED));
    assertThat(container().availability().reasons().get(0))
        .contains("no program starts in a container");
    assertThat(windows.containers).isEmpty();
    assertThat(windows.openHandles()).isZero();
  }
}
