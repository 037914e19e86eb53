package org.ringfence.windows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.spi.MachineState.Setup;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.setup.LogonRunner;
import org.ringfence.windows.setup.Vault.Passwords;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.system.FakeAdministration;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Processes;

class DedicatedUsersTest {
  private static final Setup USUAL = new Setup(false, false);

  @TempDir private Path directory;
  private final FakeWindows windows = new FakeWindows();
  private final FakeAdministration machine = windows.administration;
  private Map<String, String> environment;

  @BeforeEach
  void prepare() throws Exception {
    windows.realFiles = true;
    Path data = Files.createDirectory(directory.resolve("data"));
    Files.createDirectory(directory.resolve("home"));
    environment =
        Map.of(
            "ProgramData", data.toString(), "ProgramFiles", directory.resolve("home").toString());
  }

  private DedicatedUsers users() throws Exception {
    return new DedicatedUsers(windows, new Installation(directory.resolve("home")), environment);
  }

  private String password(boolean offline) throws Exception {
    ClientRecord client = users().client().orElseThrow();
    return machine.users.get(offline ? client.accounts().offline() : client.accounts().online())
        .password;
  }

  @Test
  void passwordsMeetComplexityRulesAndAreStoredEncrypted() throws Exception {
    assertThat(users().client()).isEmpty();
    assertThat(users().passwords()).isEmpty();
    assertThat(users().setup(USUAL)).isNotEmpty().allMatch(Finding::fine);
    Passwords kept = users().passwords().orElseThrow();
    assertThat(password(true)).isEqualTo(kept.offline());
    assertThat(password(false)).isEqualTo(kept.online()).isNotEqualTo(kept.offline());
    for (String password : List.of(kept.offline(), kept.online())) {
      assertThat(password)
          .hasSizeGreaterThan(40)
          .matches(".*[A-Z].*")
          .matches(".*[a-z].*")
          .matches(".*[0-9].*")
          .matches(".*[^A-Za-z0-9].*")
          .doesNotContain("\"", " ", "%");
    }
    assertThat(kept.toString()).isEqualTo("Passwords");
    try (var files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readAllBytes(file)).as("%s", file).isNotEmpty();
        assertThat(
                new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
            .doesNotContain(kept.offline(), kept.online());
      }
    }
  }

  @Test
  void secondSetUpKeepsPasswordsUnlessTheyAreLost() throws Exception {
    users().setup(USUAL);
    String before = password(true);
    users().setup(USUAL);
    assertThat(password(true)).isEqualTo(before);
    users().setup(new Setup(false, true));
    String rotated = password(true);
    assertThat(rotated).isNotEqualTo(before);
    Files.delete(directory.resolve("home").resolve("accounts").resolve("offline"));
    assertThat(users().passwords()).isEmpty();
    users().setup(USUAL);
    assertThat(password(true)).isNotEqualTo(rotated);
    assertThat(users().passwords().orElseThrow().offline()).isEqualTo(password(true));
  }

  @Test
  void teardownRemovesAccountsAndASecondTeardownDoesNothing() throws Exception {
    users().setup(USUAL);
    assertThat(users().status()).isNotEmpty().allMatch(Finding::fine);
    assertThat(users().teardown()).isNotEmpty().allMatch(Finding::fine);
    assertThat(users().passwords()).isEmpty();
    assertThat(directory.resolve("home").resolve("accounts")).doesNotExist();
    assertThat(directory.resolve("data")).isEmptyDirectory();
    assertThat(users().teardown()).isEmpty();
    assertThat(users().repair()).isEmpty();
    assertThat(users().status()).isEmpty();
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void interruptedSetUpYieldsNoClientUntilRepair() throws Exception {
    windows.fail("LsaAddAccountRights", 5);
    assertThatThrownBy(() -> users().setup(USUAL)).hasMessageContaining("error 5");
    assertThat(users().interrupted()).isTrue();
    assertThat(users().client()).isEmpty();
    assertThat(users().repair()).isNotEmpty().allMatch(Finding::fine);
    assertThat(users().interrupted()).isFalse();
    assertThat(machine.users).isEmpty();
  }

  @Test
  void runnersStartAsTheRequestedUser() throws Exception {
    users().setup(USUAL);
    ClientRecord client = users().client().orElseThrow();
    LogonRunner runners = new LogonRunner(windows, client, users().passwords().orElseThrow());
    for (boolean offline : new boolean[] {true, false}) {
      Processes.Started started = runners.start(offline, "ringfence-0123456789abcdef");
      try (Handle process = started.process();
          Handle thread = started.thread()) {
        assertThat(thread.value()).isNotZero();
        assertThat(machine.runningOf(client.offline())).isEqualTo(1);
        assertThat(machine.runningOf(client.online())).isEqualTo(offline ? 0 : 1);
        // The token of another account's process is closed to this one.
        assertThatThrownBy(() -> windows.tokens().of(process)).hasMessageContaining("error 5");
      }
      assertThat(machine.lastCommandLine)
          .hasSizeLessThan(1024)
          .contains("org.ringfence.windows.program.RunnerMain")
          .endsWith("ringfence-0123456789abcdef")
          .doesNotContain(password(offline));
    }
  }

  /** A program of this user could change the code while the prompt is answered. */
  @Test
  void nobodyIsPromptedForCodeThatTheUserChanges() throws Exception {
    machine.elevated = false;
    windows.owner = FakeWindows.USER;
    assertThatThrownBy(() -> users().setup(USUAL))
        .hasMessageContaining("can be changed without an administrator's rights")
        .hasMessageContaining("elevated prompt");
    assertThat(windows.calls).doesNotContain("ShellExecuteExW");
    assertThat(machine.users).isEmpty();
  }

  @Test
  void setUpRefusesWineBeforeItChangesAnything() throws Exception {
    windows.version = "Wine 8.0";
    assertThatThrownBy(() -> users().setup(USUAL)).hasMessageContaining("this is Wine");
    assertThat(machine.users).isEmpty();
    assertThat(directory.resolve("data")).isEmptyDirectory();
  }
}
