package org.ringfence.windows.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.Termination.Cause;
import org.ringfence.Usage;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.Limits;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.Launch;
import org.ringfence.windows.access.ReservedDirectories;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.system.FakeFile;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.ProcessRequest;

/**
 * Opens sandboxes on a fake Windows that can return any error. It runs on Linux, where Windows
 * paths are only names.
 */
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "on Windows the backend would look up the test's paths")
class SandboxesTest {
  private static final WindowsFacts FACTS =
      new WindowsFacts(false, List.of(), true, true, ProcessMitigations.USUAL);
  private static final ReservedDirectories KEPT =
      new ReservedDirectories(
          List.of("C:\\Users\\me"),
          List.of("C:\\Windows", "C:\\Program Files"),
          List.of("C:\\tools\\jdk"));

  @TempDir private Path state;
  private final FakeWindows windows = new FakeWindows();
  private Installation installation;
  private WindowsSandboxes sandboxes;

  @BeforeEach
  void prepare() throws Exception {
    installation = new Installation(state.resolve("ringfence"));
    sandboxes = new WindowsSandboxes(windows, installation, KEPT, directory -> {});
    windows.file("C:\\work");
    windows.file("C:\\work\\kept");
    for (String program :
        List.of(
            "C:\\Windows\\System32\\cmd.exe",
            "C:\\tools\\tool.exe",
            "C:\\tools\\script.bat",
            "C:\\tools\\bash.exe")) {
      windows.file(program).attributes = 0;
    }
  }

  private static EffectivePolicy policy(String... roots) {
    return policy(Lifetime.KILL, roots);
  }

  private static EffectivePolicy policy(Lifetime lifetime, String... roots) {
    PolicyBuilder builder =
        SandboxPolicy.builder().protectedNames(ProtectedNames.OFF).lifetime(lifetime);
    for (String root : roots) {
      builder.write(root);
    }
    return EffectivePolicy.of(
        builder.build(), PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me"));
  }

  private static Launch launch(Limits limits, String... command) {
    return launchIn("C:\\work", limits, command);
  }

  private static Launch launchIn(String directory, Limits limits, String... command) {
    return new Launch(
        1,
        List.of(command),
        Path.of(directory),
        CommandEnvironment.of(Map.of("Path", "C:\\tools;relative;C:\\WindowsApps")),
        Redirect.PIPE,
        Redirect.PIPE,
        Redirect.PIPE,
        false,
        limits,
        Optional.empty());
  }

  private static Launch launch(String... command) {
    return launch(Limits.NONE, command);
  }

  @Test
  void usageIsThatOfTheJob() throws Exception {
    windows.exitCodes.addAll(List.of(0, 0, 0));
    try (BackendSession session = sandboxes.restrictedToken(policy("C:\\work"), FACTS)) {
      Usage used = used(session);
      assertThat(used.cpuTime()).contains(Duration.ofNanos(1_500_000));
      assertThat(used.peakMemory()).hasValue(3 << 20);
      windows.peakMemory = 0;
      used = used(session);
      assertThat(used.cpuTime()).contains(Duration.ofNanos(1_500_000));
      assertThat(used.peakMemory()).isEmpty();
      windows.fail("QueryInformationJobObject (usage)", 5);
      used = used(session);
      assertThat(used.cpuTime()).isEmpty();
      assertThat(used.peakMemory()).isEmpty();
    }
  }

  private static Usage used(BackendSession session) throws Exception {
    SandboxedProcess process = session.start(launch("tool"));
    assertThat(process.waitFor()).isZero();
    return process.usage().orElseThrow();
  }

  /** Without a name, PowerShell fails to start under a restricted token (openai/codex). */
  @Test
  void commandWithoutADesktopOfItsOwnGetsTheUsersByName() throws Exception {
    windows.exitCodes.add(0);
    WindowsFacts facts = new WindowsFacts(false, List.of(), true, false, ProcessMitigations.USUAL);
    try (BackendSession session = sandboxes.restrictedToken(policy("C:\\work"), facts)) {
      assertThat(session.start(launch("tool")).waitFor()).isZero();
    }
    assertThat(windows.started.get(0).desktop()).contains("WinSta0\\Default");
  }

  @Test
  void commandRunsUnderARestrictedTokenInAJob() throws Exception {
    windows.exitCodes.add(7);
    try (BackendSession session = sandboxes.restrictedToken(policy("C:\\work"), FACTS)) {
      SandboxedProcess process = session.start(launch("tool", "a b", "c\"d"));
      assertThat(process.waitFor()).isEqualTo(7);
      assertThat(process.termination().orElseThrow().cause()).isEqualTo(Cause.EXITED);
      ProcessRequest request = windows.started.get(0);
      assertThat(request.program()).isEqualTo("C:\\tools\\tool.exe");
      assertThat(request.commandLine()).isEqualTo("\"C:\\tools\\tool.exe\" \"a b\" \"c\\\"d\"");
      assertThat(request.environment()).contains("SystemRoot=C:\\Windows\0").endsWith("\0\0");
      assertThat(request.desktop().orElseThrow()).startsWith("WinSta0\\ringfence-");
      assertThat(request.standard()).hasSize(3);
      process.getInputStream().close();
      process.getErrorStream().close();
      process.getOutputStream().close();
    }
    assertThat(windows.openHandles()).isZero();
    // The root keeps its entry for the next sandbox.
    assertThat(installation.all()).hasSize(1);
    assertThat(windows.list("C:\\work").aces()).hasSize(3);
  }

  @Test
  void closingTheSandboxRemovesItsContainerAndEntries() throws Exception {
    windows.exitCodes.add(0);
    int before = windows.list("C:\\work").aces().size();
    try (BackendSession session = sandboxes.appContainer(policy("C:\\work"), FACTS, true)) {
      assertThat(windows.containers).hasSize(1);
      SandboxedProcess process = session.start(launch("tool"));
      process.waitFor();
      ProcessRequest.Container container = windows.started.get(0).container().orElseThrow();
      assertThat(container.lessPrivileged()).isTrue();
      assertThat(container.capabilities()).isEmpty();
      assertThat(windows.list("C:\\work").aces()).hasSize(before + 1);
      assertThatThrownBy(() -> session.start(launch("bash")))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("known not to start");
    }
    assertThat(windows.containers).isEmpty();
    assertThat(windows.list("C:\\work").aces()).hasSize(before);
    assertThat(installation.all()).isEmpty();
    assertThat(installation.containerRecords()).isEmpty();
  }

  @Test
  void processWithExtraPrivilegesIsNotResumed() throws Exception {
    windows.containerPrivileges = Set.of("SeChangeNotifyPrivilege", "SeBackupPrivilege");
    try (BackendSession session = sandboxes.appContainer(policy(), FACTS, false)) {
      assertThatThrownBy(() -> session.start(launch("tool")))
          .hasMessageContaining("kept privileges: SeBackupPrivilege");
      assertThat(windows.calls).doesNotContain("ResumeThread");
      windows.containerPrivileges = Set.of("SeChangeNotifyPrivilege", "SeShutdownPrivilege");
      windows.exitCodes.add(0);
      assertThat(session.start(launch("tool")).waitFor()).isZero();
    }
  }

  /** Returns every call of a launch, with the error codes that Windows is known to return. */
  static List<Object[]> launchErrors() {
    List<Object[]> errors = new ArrayList<>();
    for (int code : new int[] {2, 5, 87, 193, 206, 267, 740, 1312, 1314, 1450, 1920}) {
      errors.add(new Object[] {"CreateProcess", code});
    }
    for (String call :
        List.of(
            "CreateJobObjectW",
            "SetInformationJobObject",
            "QueryInformationJobObject",
            "CreatePipe",
            "SetHandleInformation",
            "IsProcessInJob",
            "OpenProcessToken(child)",
            "GetTokenInformation",
            "ResumeThread",
            "GetSystemDirectoryW")) {
      errors.add(new Object[] {call, 5});
    }
    return errors;
  }

  @ParameterizedTest
  @MethodSource("launchErrors")
  void failedLaunchLeavesNoHandleAndTheNextOneStarts(String call, int code) throws Exception {
    try (BackendSession session = sandboxes.restrictedToken(policy("C:\\work"), FACTS)) {
      int handles = windows.openHandles();
      windows.fail(call, code);
      assertThatThrownBy(() -> session.start(launch("tool")))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("error " + code);
      assertThat(windows.openHandles()).isEqualTo(handles);
      windows.exitCodes.clear();
      windows.exitCodes.add(0);
      // The next command starts.
      SandboxedProcess process = session.start(launch("tool"));
      assertThat(process.waitFor()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OpenProcessToken",
        "GetTokenInformation",
        "CreateRestrictedToken",
        "SetTokenInformation",
        "CreateDesktopW"
      })
  void failedOpenLeavesNoHandleOrContainer(String call) throws Exception {
    windows.fail(call, 1344);
    EffectivePolicy policy = policy("C:\\work");
    assertThatThrownBy(() -> sandboxes.restrictedToken(policy, FACTS))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("1344")
        .hasMessageContaining("fewer writable roots");
    assertThat(windows.openHandles()).isZero();
    assertThatThrownBy(
            () -> {
              windows.fail("CreateAppContainerProfile", 0x80070005);
              sandboxes.appContainer(policy, FACTS, false);
            })
        .hasMessageContaining("0x80070005");
    assertThat(installation.containerRecords()).isEmpty();
  }

  @Test
  void commandsStartWithTheMitigationsOrNotAtAll() throws Exception {
    windows.exitCodes.add(0);
    try (BackendSession session = sandboxes.restrictedToken(policy(), FACTS)) {
      assertThat(session.start(launch("tool")).waitFor()).isZero();
      assertThat(windows.started.get(0).mitigations()).isEqualTo(ProcessMitigations.USUAL);
      windows.forgetsMitigations = true;
      long running = windows.running();
      int open = windows.openHandles();
      assertThatThrownBy(() -> session.start(launch("tool")))
          .hasMessageContaining("extension-points");
      assertThat(windows.running()).isEqualTo(running);
      assertThat(windows.openHandles()).isEqualTo(open);
    }
    WindowsFacts without = new WindowsFacts(false, List.of(), true, true, ProcessMitigations.NONE);
    windows.exitCodes.add(0);
    try (BackendSession session = sandboxes.appContainer(policy(), without, false)) {
      assertThat(session.start(launch("tool")).waitFor()).isZero();
    }
  }

  @Test
  void systemThatDropsRestrictionsIsRefused() throws Exception {
    windows.forgetful = true;
    EffectivePolicy nothing = policy();
    assertThatThrownBy(() -> sandboxes.restrictedToken(nothing, FACTS))
        .hasMessageContaining("does not restrict the token");
    try (BackendSession session = sandboxes.appContainer(nothing, FACTS, false)) {
      assertThatThrownBy(() -> session.start(launch("tool")))
          .hasMessageContaining("this system took the limits");
    }
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void unsafeWritableRootsAreRefused() {
    for (String[] refused :
        new String[][] {
          {"C:\\Users\\me", "is or contains C:\\Users\\me"},
          {"C:\\Users", "is or contains C:\\Users\\me"},
          {"C:\\", "root of a volume"},
          {"C:\\Windows\\Temp", "belongs to the system's C:\\Windows"},
          {"\\\\server\\share\\x", "another machine"},
          {"\\\\?\\C:\\work", "a device's or a raw name"},
          {"C:\\work\\a:stream", "names a stream"},
          {"C:\\work\\nul.txt", "is a device"},
          {"C:\\work.", "ends in a dot"}
        }) {
      assertThatThrownBy(() -> sandboxes.restrictedToken(policy(refused[0]), FACTS))
          .as(refused[0])
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining(refused[1]);
    }
  }

  @Test
  void jvmDirectoryIsReadableInAContainerAndNeverAWritableRoot() throws Exception {
    windows.file("C:\\tools\\jdk");
    PolicyBuilder reading =
        SandboxPolicy.builder().protectedNames(ProtectedNames.OFF).read("C:\\tools\\jdk");
    PathContext places = PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me");
    try (BackendSession session =
        sandboxes.appContainer(EffectivePolicy.of(reading.build(), places), FACTS, false)) {
      assertThat(windows.list("C:\\tools\\jdk").aces()).hasSize(3);
    }
    assertThat(windows.list("C:\\tools\\jdk").aces()).hasSize(2);
    for (String root : List.of("C:\\tools\\jdk", "C:\\tools")) {
      assertThatThrownBy(() -> sandboxes.restrictedToken(policy(root), FACTS))
          .hasMessageContaining("is or contains C:\\tools\\jdk");
    }
  }

  /** Nothing takes from a container what a list gives to all of them. */
  @Test
  void containerIsRefusedAClosedPlaceThatAllPackagesReach() throws Exception {
    FakeFile secret = windows.file("C:\\tools\\secret");
    PolicyBuilder builder =
        SandboxPolicy.builder()
            .protectedNames(ProtectedNames.OFF)
            .write("C:\\work")
            .none("C:\\tools\\secret");
    PathContext places = PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me");
    EffectivePolicy policy = EffectivePolicy.of(builder.build(), places);
    sandboxes.appContainer(policy, FACTS, false).close();
    Ace all = new Ace(Ace.Type.ALLOW, Sid.ALL_PACKAGES, 0x1200a9, Ace.Scope.TREE);
    secret.descriptor =
        windows.list("C:\\tools\\secret").with(all, true).descriptor(secret.descriptor);
    assertThatThrownBy(() -> sandboxes.appContainer(policy, FACTS, false))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("files.read: the access control list of C:\\tools\\secret")
        .hasMessageContaining("ALL APPLICATION PACKAGES");
    assertThat(windows.containers).isEmpty();
    assertThat(windows.list("C:\\work").aces()).hasSize(2);
    assertThat(installation.all()).isEmpty();
    assertThat(windows.openHandles()).isZero();
    // A less privileged container is not among them; accepting the weaker guarantee opens it too.
    sandboxes.appContainer(policy, FACTS, true).close();
    EffectivePolicy accepted =
        EffectivePolicy.of(builder.acceptWeaker(Guarantee.FILES_READ).build(), places);
    sandboxes.appContainer(accepted, FACTS, false).close();
  }

  @Test
  void failedGrantOfOneRootRevertsTheOthers() throws Exception {
    int before = windows.list("C:\\work").aces().size();
    assertThatThrownBy(() -> sandboxes.restrictedToken(policy("C:\\work", "C:\\missing"), FACTS))
        .hasMessageContaining("C:\\missing");
    assertThat(windows.list("C:\\work").aces()).hasSize(before);
    assertThat(installation.all()).isEmpty();
  }

  /** None of these paths exists on the Linux disk, so none can get an entry. */
  @Test
  void denialBelowARootIsRefusedWhenItsPathIsMissing() throws Exception {
    PolicyBuilder builder =
        SandboxPolicy.builder().protectedNames(ProtectedNames.OFF).none("C:\\Users\\me\\.ssh");
    PathContext places = PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me");
    // No rule grants the parent, so the missing path is fine.
    sandboxes.appContainer(EffectivePolicy.of(builder.build(), places), FACTS, false).close();
    builder.write("C:\\work");
    sandboxes
        .appContainer(
            EffectivePolicy.of(builder.protectedPath("C:\\work\\later").build(), places),
            FACTS,
            false)
        .close();
    EffectivePolicy below = EffectivePolicy.of(builder.none("C:\\work\\secret").build(), places);
    // A container's plan refuses the rule whether its path exists or not.
    assertThatThrownBy(() -> sandboxes.restrictedToken(below, FACTS))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("C:\\work\\secret")
        .hasMessageContaining("nothing is there");
    assertThat(windows.list("C:\\work").aces()).hasSize(2);
  }

  @Test
  void tooManyRootsAreRefusedBeforeAnyEntryIsSet() {
    String[] roots = new String[300];
    for (int i = 0; i < roots.length; i++) {
      roots[i] = "C:\\roots\\" + i;
      windows.file(roots[i]);
    }
    assertThatThrownBy(() -> sandboxes.restrictedToken(policy(roots), FACTS))
        .hasMessageContaining("300 writable roots do not fit")
        .hasMessageContaining("1344");
    assertThat(windows.calls).doesNotContain("SetSecurityInfo");
  }

  @Test
  void unknownCommandsAndUnsafeBatchArgumentsAreRefused() throws Exception {
    try (BackendSession session = sandboxes.restrictedToken(policy(), FACTS)) {
      for (String name : List.of("none", "con", "tool.exe:x", "..\\tools\\none")) {
        assertThatThrownBy(() -> session.start(launch(name)))
            .as(name)
            .isInstanceOf(CommandNotFoundException.class);
      }
      for (String argument : List.of("50%", "a\"b", "!x!", "a\nb")) {
        assertThatThrownBy(() -> session.start(launch("script", argument)))
            .as(argument)
            .isInstanceOf(SandboxException.class)
            .hasMessageContaining("cmd.exe would interpret");
      }
      windows.exitCodes.add(0);
      session.start(launch("script.bat", "a & b")).waitFor();
      assertThat(windows.started.get(0).program()).isEqualTo("C:\\Windows\\System32\\cmd.exe");
      assertThat(windows.started.get(0).commandLine())
          .endsWith("/s /c \"\"C:\\tools\\script.bat\" \"a & b\"\"");
    }
  }

  @Test
  void keptProcessesLiveUntilTheSandboxCloses() throws Exception {
    Lifetime keep = new Lifetime(Lifetime.Leftovers.KEEP, Lifetime.Leftovers.KEEP);
    BackendSession session = sandboxes.restrictedToken(policy(keep), FACTS);
    windows.exitCodes.addAll(List.of(0, 0));
    session.start(launch("tool")).waitFor();
    windows.leaveOne = true;
    session.start(launch("tool")).waitFor();
    assertThat(windows.running()).isEqualTo(1);
    session.close();
    assertThat(windows.running()).isZero();
  }

  @Test
  void unsafeWorkingDirectoriesAreRefused() throws Exception {
    try (BackendSession session = sandboxes.restrictedToken(policy(), FACTS)) {
      for (String[] refused :
          new String[][] {
            {"\\\\server\\share", "another machine"},
            {"\\\\wsl.localhost\\Debian\\home", "another machine"},
            {"C:\\" + "long\\".repeat(60), "at most 258"},
            {"C:\\work\\a:b", "names a stream"}
          }) {
        assertThatThrownBy(() -> session.start(launchIn(refused[0], Limits.NONE, "tool")))
            .isInstanceOf(SandboxException.class)
            .hasMessageStartingWith("directory: ")
            .hasMessageContaining(refused[1]);
      }
      assertThat(windows.started).isEmpty();
    }
  }

  @Test
  void limitsAreRoundedToTheKernelsUnits() throws Exception {
    windows.exitCodes.add(0);
    Limits odd =
        SandboxPolicy.builder()
            .memory(1_000_001)
            .cpuTime(Duration.ofNanos(1_000_000_050))
            .build()
            .limits();
    try (BackendSession session = sandboxes.restrictedToken(policy(), FACTS)) {
      assertThat(session.start(launch(odd, "tool")).waitFor()).isZero();
    }
    assertThat(new JobLimits(true, OptionalLong.empty(), odd.memory(), OptionalLong.of(5), 0))
        .isEqualTo(
            new JobLimits(
                true, OptionalLong.empty(), OptionalLong.of(999_424), OptionalLong.of(100), 0));
  }

  @Test
  void timeLimitDestroyAndSessionEndStopCommands() throws Exception {
    Limits limits = SandboxPolicy.builder().wallTime(Duration.ofMillis(50)).build().limits();
    try (BackendSession session = sandboxes.restrictedToken(policy(), FACTS)) {
      SandboxedProcess process = session.start(launch(limits, "tool"));
      process.waitFor();
      assertThat(process.termination().orElseThrow().cause()).isEqualTo(Cause.TIMED_OUT);
      SandboxedProcess other = session.start(launch("tool"));
      other.destroy();
      other.waitFor();
      assertThat(other.termination().orElseThrow().cause()).isEqualTo(Cause.DESTROYED);
      SandboxedProcess left = session.start(launch("tool"));
      session.end();
      assertThat(left.isAlive()).isFalse();
      assertThatThrownBy(() -> session.start(launch("tool"))).hasMessageContaining("closed");
    }
  }

  @Test
  void terminalReplacesTheStandardHandles() throws Exception {
    windows.exitCodes.add(3);
    Launch plain = launch("tool");
    try (BackendSession session = sandboxes.restrictedToken(policy(), FACTS)) {
      SandboxedProcess process =
          session.start(
              new Launch(
                  1,
                  plain.command(),
                  plain.directory(),
                  plain.environment(),
                  Redirect.PIPE,
                  Redirect.PIPE,
                  Redirect.PIPE,
                  false,
                  Limits.NONE,
                  Optional.of(new TerminalSize(80, 24))));
      assertThat(process.waitFor()).isEqualTo(3);
      assertThat(windows.started.get(0).console()).isPresent();
      assertThat(windows.started.get(0).standard()).isEmpty();
    }
  }

  @Test
  void nextSandboxCleansUpAfterACrashedProcess() throws Exception {
    BackendSession lost = sandboxes.appContainer(policy("C:\\work"), FACTS, false);
    assertThat(lost).isNotNull();
    assertThat(windows.containers).hasSize(1);
    // To the journal, this pid now belongs to another process.
    windows.processes.put((int) ProcessHandle.current().pid(), 1L);
    new WindowsSandboxes(windows, installation, KEPT, directory -> {})
        .restrictedToken(policy(), FACTS)
        .close();
    assertThat(windows.containers).isEmpty();
    assertThat(windows.list("C:\\work").aces()).hasSize(2);
    assertThat(installation.all()).isEmpty();
  }
}
