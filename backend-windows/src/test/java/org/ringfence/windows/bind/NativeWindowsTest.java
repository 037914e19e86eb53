package org.ringfence.windows.bind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.sun.jna.platform.win32.Advapi32Util;
import com.sun.jna.platform.win32.WinReg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.file.TreeRemoval;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.mitigation.ProcessMitigation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.CommandLine;
import org.ringfence.windows.plan.EnvironmentBlock;
import org.ringfence.windows.system.FileFacts;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.Jobs;
import org.ringfence.windows.system.ObjectSecurity.Kind;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.Tokens;
import org.ringfence.windows.system.WindowsCallException;

/** Makes the real calls, on Windows or as far as Wine implements them. */
@EnabledOnOs(value = OS.WINDOWS, disabledReason = "makes real Win32 calls; runs under Wine, too")
class NativeWindowsTest {
  private static final String COUNTING = "for /L %i in (1,1,20000) do @rem";
  private static final Sid SYNTHETIC = new Sid("S-1-5-21-11-22-33-44");
  private static final JobLimits KILLED =
      new JobLimits(true, OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), 0);

  private final NativeWindows windows = new NativeWindows();

  @Test
  void tokenOfThisProcessIsUnrestricted() throws Exception {
    try (Handle token = windows.tokens().ofThisProcess()) {
      TokenFacts facts = windows.tokens().facts(token);
      assertThat(facts.user().text()).startsWith("S-1-5-21-");
      assertThat(facts.logon())
          .hasValueSatisfying(sid -> assertThat(sid.text()).startsWith("S-1-5-5-"));
      assertThat(facts.privileges()).contains("SeChangeNotifyPrivilege");
      assertThat(facts.restricting()).isEmpty();
      assertThat(facts.restricted()).isFalse();
      assertThat(facts.appContainer()).isFalse();
    }
  }

  @Test
  void restrictedTokenReportsItsSidsOrThatItIsUnrestricted() throws Exception {
    try (Handle token = windows.tokens().ofThisProcess();
        Handle restricted =
            windows
                .tokens()
                .restrict(
                    token,
                    Tokens.DISABLE_MAX_PRIVILEGE | Tokens.LUA_TOKEN | Tokens.WRITE_RESTRICTED,
                    List.of(),
                    List.of(SYNTHETIC))) {
      TokenFacts facts = windows.tokens().facts(restricted);
      // Wine accepts the SIDs and ignores them; the facts must then not list them.
      assertThat(facts.restricting())
          .isEqualTo(facts.restricted() ? List.of(SYNTHETIC) : List.of());
      windows
          .tokens()
          .setDefaultDacl(
              restricted,
              AccessControlList.of(
                      new Ace(Ace.Type.ALLOW, SYNTHETIC, AccessMask.GENERIC_ALL, Ace.Scope.OBJECT))
                  .bytes());
    }
  }

  @Test
  void sddlParsesToTheSameAccessListBothWays() throws Exception {
    String text = "O:BAG:BAD:(D;;0x10156;;;S-1-5-21-11-22-33-44)(A;OICI;0x1301bf;;;SY)";
    byte[] descriptor = windows.security().ofSddl(text);
    AccessControlList list = AccessControlList.ofDescriptor(descriptor).orElseThrow();
    assertThat(list.aces())
        .containsExactly(
            new Ace(Ace.Type.DENY, SYNTHETIC, AccessMask.CHANGES, Ace.Scope.OBJECT),
            new Ace(Ace.Type.ALLOW, Sid.SYSTEM, AccessMask.MODIFY, Ace.Scope.TREE));
    assertThat(AccessControlList.ownerOf(descriptor)).contains(Sid.ADMINISTRATORS);
    byte[] again = windows.security().ofSddl(windows.security().sddl(descriptor));
    assertThat(AccessControlList.ofDescriptor(again)).contains(list);
    assertThatThrownBy(() -> windows.security().ofSddl("nonsense"))
        .isInstanceOf(WindowsCallException.class);
  }

  @Test
  void entriesOnARegistryKeyAreAddedAndRemoved() throws Exception {
    String path = "Software\\ringfence-test-" + UUID.randomUUID();
    Advapi32Util.registryCreateKey(WinReg.HKEY_CURRENT_USER, path);
    WinReg.HKEYByReference key =
        Advapi32Util.registryGetKey(
            WinReg.HKEY_CURRENT_USER, path, AccessMask.READ_CONTROL | AccessMask.WRITE_DAC);
    try (Handle handle =
        new Handle(com.sun.jna.Pointer.nativeValue(key.getValue().getPointer()), value -> {})) {
      byte[] before = windows.security().descriptor(handle);
      AccessControlList list = AccessControlList.ofDescriptor(before).orElseThrow();
      Ace added = new Ace(Ace.Type.ALLOW, SYNTHETIC, 0x20019, Ace.Scope.OBJECT);
      windows.security().setDacl(handle, Kind.REGISTRY_KEY, list.with(added, true).bytes());
      AccessControlList after =
          AccessControlList.ofDescriptor(windows.security().descriptor(handle)).orElseThrow();
      assertThat(after.contains(added, true)).isTrue();
      windows
          .security()
          .setDacl(handle, Kind.REGISTRY_KEY, after.without(SYNTHETIC::equals).bytes());
      windows.security().setDaclExactly(handle, before);
      assertThat(windows.security().sddl(windows.security().descriptor(handle)))
          .isEqualTo(windows.security().sddl(before));
    } finally {
      Advapi32Util.registryCloseKey(key.getValue());
      Advapi32Util.registryDeleteKey(WinReg.HKEY_CURRENT_USER, path);
    }
  }

  /** Random words, including characters outside every code page. */
  @Test
  void windowsSplitsOurCommandLineIntoTheSameWords() {
    java.util.Random random = new java.util.Random(11);
    String letters = "a \t\"\\\n\u000b%^&|<>()!*\u00e9\ud83d\ude00\u6f22";
    for (int round = 0; round < 2000; round++) {
      List<String> command = new java.util.ArrayList<>(List.of("C:\\a b\\program.exe"));
      for (int word = random.nextInt(5); word >= 0; word--) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
          text.append(letters.charAt(random.nextInt(letters.length())));
        }
        command.add(text.toString());
      }
      com.sun.jna.ptr.IntByReference count = new com.sun.jna.ptr.IntByReference();
      com.sun.jna.Pointer words =
          com.sun.jna.platform.win32.Shell32.INSTANCE.CommandLineToArgvW(
              new com.sun.jna.WString(CommandLine.of(command)), count);
      assertThat(words.getWideStringArray(0, count.getValue())).containsExactlyElementsOf(command);
      Kernel32Calls.INSTANCE.LocalFree(words);
    }
  }

  @Test
  void fileFactsGiveLinksKindAndFinalPath(
      @org.junit.jupiter.api.io.TempDir java.nio.file.Path directory) throws Exception {
    java.nio.file.Path file = java.nio.file.Files.writeString(directory.resolve("File.txt"), "x");
    java.nio.file.Files.createLink(directory.resolve("other"), file);
    try (Handle handle = windows.files().open(file.toString(), false)) {
      assertThat(windows.files().facts(handle).links()).isEqualTo(2);
      assertThat(windows.files().facts(handle).directory()).isFalse();
      assertThat(windows.files().facts(handle).finalPath()).endsWithIgnoringCase("file.txt");
    }
    try (Handle handle = windows.files().open(directory.toString(), false)) {
      assertThat(windows.files().facts(handle).directory()).isTrue();
    }
    assertThat(windows.files().volume(directory.toString()).root()).isNotEmpty();
    assertThatThrownBy(() -> windows.files().open(directory + "\\none", false))
        .isInstanceOfSatisfying(WindowsCallException.class, e -> assertThat(e.code()).isEqualTo(2));
  }

  @Test
  void pathsOfMoreThan260CharactersOpen(
      @org.junit.jupiter.api.io.TempDir java.nio.file.Path directory) throws Exception {
    java.nio.file.Path deep = directory;
    for (int i = 0; i < 8; i++) {
      deep = deep.resolve("a-directory-with-a-name-of-forty-characters");
    }
    java.nio.file.Files.createDirectories(deep);
    assertThat(deep.toString()).hasSizeGreaterThan(300);
    try (Handle handle = windows.files().open(deep.toString(), false)) {
      assertThat(windows.files().facts(handle).finalPath()).isEqualToIgnoringCase(deep.toString());
    } catch (WindowsCallException e) {
      assumeFalse(
          windows.machine().version().contains("Wine") && e.code() == 234,
          "Wine opens the directory and cannot return its name");
      throw e;
    }
  }

  private Processes.Started start(Handle job, List<String> command, List<Handle> standard)
      throws WindowsCallException {
    for (Handle handle : standard) {
      windows.processes().letInherit(handle);
    }
    return windows
        .processes()
        .create(
            new ProcessRequest(
                Optional.empty(),
                command.get(0),
                CommandLine.of(command),
                EnvironmentBlock.of(System.getenv(), System.getenv("SystemRoot")),
                System.getenv("SystemRoot"),
                standard,
                job,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                ProcessMitigations.USUAL));
  }

  private String cmd() throws WindowsCallException {
    return windows.machine().systemDirectory() + "\\cmd.exe";
  }

  @Test
  void processRunsInItsJobWithPipesAsStreams() throws Exception {
    Processes processes = windows.processes();
    try (Handle job = windows.jobs().create()) {
      windows.jobs().limit(job, KILLED);
      Processes.Pipe in = processes.pipe();
      Processes.Pipe out = processes.pipe();
      Processes.Started started =
          start(
              job,
              List.of(cmd(), "/d", "/c", COUNTING + " & exit 7"),
              List.of(in.read(), out.write(), out.write()));
      in.read().close();
      out.write().close();
      assertThat(windows.jobs().contains(started.process(), job)).isTrue();
      assertThat(windows.jobs().activeProcesses(job)).isPositive();
      final Jobs.Used before = windows.jobs().used(job);
      assertThat(processes.creationTime(started.pid())).isPositive();
      processes.resume(started.thread());
      assertThat(processes.await(started.process(), 60_000)).isTrue();
      assertThat(processes.exitCode(started.process())).isEqualTo(7);
      // The job still has the time of a process that has ended; Wine 8 reports none.
      Jobs.Used after = windows.jobs().used(job);
      if (windows.machine().version().contains("Wine")) {
        assertThat(after.cpuNanos()).isGreaterThanOrEqualTo(before.cpuNanos());
      } else {
        assertThat(after.cpuNanos()).isGreaterThan(before.cpuNanos());
      }
      assertThat(after.peakMemory()).isGreaterThanOrEqualTo(before.peakMemory());
      assertThat(processes.read(out.read(), new byte[100], 0, 100)).isEqualTo(-1);
      for (Handle handle : List.of(in.write(), out.read(), started.process(), started.thread())) {
        handle.close();
      }
    }
  }

  @Test
  void aProcessTellsTheMitigationsThatItWasMadeWith() throws Exception {
    Processes processes = windows.processes();
    try (Handle job = windows.jobs().create()) {
      windows.jobs().limit(job, KILLED);
      Processes.Pipe in = processes.pipe();
      Processes.Pipe out = processes.pipe();
      Processes.Started started =
          start(job, List.of(cmd(), "/d"), List.of(in.read(), out.write(), out.write()));
      Set<ProcessMitigation> told = processes.mitigations(started.process());
      processes.terminate(started.process(), 1);
      // Wine 8 takes the attribute and tells of nothing.
      assertThat(told)
          .isEqualTo(
              windows.machine().version().contains("Wine")
                  ? Set.of()
                  : ProcessMitigations.USUAL.closed());
      for (Handle handle :
          List.of(
              in.read(),
              in.write(),
              out.read(),
              out.write(),
              started.process(),
              started.thread())) {
        handle.close();
      }
    }
  }

  @Test
  void closingTheJobEndsItsProcesses() throws Exception {
    Processes processes = windows.processes();
    Handle job = windows.jobs().create();
    windows.jobs().limit(job, KILLED);
    Processes.Pipe in = processes.pipe();
    Processes.Pipe out = processes.pipe();
    // cmd waits for a line that never comes.
    Processes.Started started =
        start(job, List.of(cmd(), "/d"), List.of(in.read(), out.write(), out.write()));
    processes.resume(started.thread());
    assertThat(processes.await(started.process(), 200)).isFalse();
    job.close();
    assertThat(processes.await(started.process(), 60_000)).isTrue();
    assertThat(processes.creationTime(started.pid())).isZero();
    for (Handle handle :
        List.of(
            in.read(), in.write(), out.read(), out.write(), started.process(), started.thread())) {
      handle.close();
    }
  }

  @Test
  void jobLimitsReadBackAsSetOrEmptyUnderWine() throws Exception {
    try (Handle job = windows.jobs().create()) {
      JobLimits asked =
          new JobLimits(
              true,
              OptionalLong.of(8),
              OptionalLong.of(1 << 28),
              OptionalLong.of(5_000_000_000L),
              JobLimits.USER_INTERFACE);
      windows.jobs().limit(job, asked);
      JobLimits told = windows.jobs().limits(job);
      // Wine accepts the limits and returns none.
      assertThat(told)
          .isIn(
              asked,
              new JobLimits(
                  false, OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), 0));
    }
  }

  @Test
  void desktopOpensAndLockExcludesOtherThreads() throws Exception {
    assertThat(windows.machine().windowStation()).isNotEmpty();
    byte[] open = windows.security().ofSddl("D:(A;;GA;;;WD)");
    try (Handle desktop = windows.machine().desktop("ringfence-" + UUID.randomUUID(), open)) {
      assertThat(desktop.value()).isNotZero();
    }
    String name = "Local\\ringfence-" + UUID.randomUUID();
    try (Handle lock = windows.machine().lock(name, 1000)) {
      assertThat(lock.value()).isNotZero();
      int[] code = new int[1];
      Thread other =
          new Thread(
              () -> {
                try {
                  windows.machine().lock(name, 100).close();
                } catch (WindowsCallException e) {
                  code[0] = e.code();
                }
              });
      other.start();
      other.join();
      assertThat(code[0]).isEqualTo(258);
    }
    windows.machine().lock(name, 1000).close();
  }

  @Test
  void containerCreationSucceedsOrFailsWithAnError() throws Exception {
    assertThat(windows.machine().version()).startsWith("Windows ");
    String name = "ringfence-" + UUID.randomUUID();
    Sid sid;
    try {
      sid = windows.machine().createContainer(name, name);
    } catch (WindowsCallException e) {
      // Wine 8 has no AppContainers.
      assertThat(windows.machine().version()).contains("Wine");
      assertThat(e).hasMessageContaining("does not support");
      return;
    }
    assertThat(sid.text()).startsWith("S-1-15-2-");
    windows.machine().deleteContainer(name);
  }

  @Test
  void fileIsFoundByItsNumberWhereItWasMoved() throws Exception {
    Path directory = Files.createTempDirectory("ringfence-number-").toRealPath();
    try {
      Path made = Files.createDirectory(directory.resolve("made"));
      FileFacts facts;
      try (Handle file = windows.files().open(made.toString(), false)) {
        facts = windows.files().facts(file);
      }
      Path moved = Files.move(made, directory.resolve("moved"));
      String volume = windows.files().volume(moved.toString()).root();
      try (Handle file = windows.files().openMoved(volume, facts.fileId())) {
        assertThat(windows.files().facts(file).fileId()).isEqualTo(facts.fileId());
        assertThat(windows.files().facts(file).finalPath()).isEqualTo(moved.toString());
      }
      Files.delete(moved);
      assertThatThrownBy(() -> windows.files().openMoved(volume, facts.fileId()))
          .isInstanceOf(WindowsCallException.class);
    } finally {
      TreeRemoval.remove(directory);
    }
  }
}
