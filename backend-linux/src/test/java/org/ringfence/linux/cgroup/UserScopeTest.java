package org.ringfence.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.Limits;
import org.ringfence.policy.SandboxPolicy;

/**
 * Tests scopes with a program in busctl's place. A real systemd has them in a guest:
 * docs/verification.md.
 */
class UserScopeTest {
  private static final String NAME = "ringfence-1.scope";
  private static final Limits LIMITS =
      SandboxPolicy.builder().memory(1 << 20).processes(7).build().limits();

  @TempDir private Path base;
  private FakeSystemd fake;

  @BeforeEach
  void createProgram() throws IOException {
    fake = new FakeSystemd(base);
  }

  @Test
  void scopeIsAskedForWithItsFirstProcessAndNothingOfTheEnvironment() throws IOException {
    UserScope scope = fake.open(NAME);
    List<String> calls = fake.calls();
    Path directory = base.resolve("cgroup").resolve(NAME);
    String keeper = calls.get(calls.indexOf("PIDs") + 3);
    assertThat(directory.resolve("keeper/cgroup.procs")).hasContent(keeper);
    scope.close();
    assertThat(directory).doesNotExist();
    assertThat(calls)
        .contains("--address=unix:path=" + base.resolve("bus"), "StartTransientUnit", NAME)
        .containsSubsequence("DelegateControllers", "as", "2", "memory", "pids")
        .containsSubsequence("CollectMode", "s", "inactive-or-failed", "0")
        // The shell sets these itself.
        .noneMatch(line -> line.matches("(?!PWD|SHLVL|_|OLDPWD)[A-Za-z_]+=.*"));
    assertThat(ProcessHandle.of(Long.parseLong(keeper)).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void commandIsMovedBySystemdIntoAGroupThatHasItsLimits() throws IOException {
    try (SandboxCgroup group = SandboxCgroup.in(fake.open(NAME))) {
      group.enter(4711, 4710, LIMITS);
      Path directory = base.resolve("cgroup").resolve(NAME);
      assertThat(directory.resolve("cgroup.subtree_control")).hasContent("+memory +pids");
      assertThat(directory.resolve("command-0/memory.max")).hasContent("1048576");
      assertThat(directory.resolve("command-0/pids.max")).hasContent("7");
      assertThat(fake.calls())
          .containsSubsequence("AttachProcessesToUnit", "ssau", NAME, "/command-0", "1", "4711");
      assertThat(group.leftBehind()).isEmpty();
      assertThat(group.figures(4710)).isPresent();
      assertThat(group.figures(4711)).isEmpty();
      group.leave(4710);
      assertThat(group.figures(4710)).isEmpty();
    }
  }

  @Test
  void processThatSystemdHasNotMovedDoesNotRun() throws IOException {
    try (SandboxCgroup group = SandboxCgroup.in(fake.open(NAME))) {
      fake.session(4711);
      fake.lies();
      assertThatThrownBy(() -> group.enter(4711, 4711, LIMITS))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("did not move process 4711");
      assertThat(group.figures(4711)).isEmpty();
    }
  }

  @Test
  void refusalHasSystemdsReason() throws IOException {
    fake.refuses();
    assertThatThrownBy(() -> fake.open(NAME))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("refuses StartTransientUnit: Call failed: Access denied");
    String keeper = fake.calls().get(fake.calls().indexOf("PIDs") + 3);
    assertThat(ProcessHandle.of(Long.parseLong(keeper)).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void managerWithoutAControllerIsRefused() throws IOException {
    UserScope scope = fake.open(NAME);
    Files.writeString(base.resolve("cgroup/" + NAME + "/cgroup.controllers"), "cpu pids\n");
    assertThatThrownBy(() -> SandboxCgroup.in(scope))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("lacks the memory or the pids controller");
  }

  @Test
  void missingProgramIsReported() {
    UserSystemd manager = new UserSystemd(base.resolve("absent").toString(), base.resolve("bus"));
    assertThatThrownBy(() -> UserScope.open(manager, NAME))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("absent");
  }

  @Test
  void onlyASocketOfThisUserInADirectoryOfThisUserIsTheBus() throws IOException {
    int user = (Integer) Files.getAttribute(base, "unix:uid");
    Path directory = Files.createDirectory(base.resolve("run"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    assertThatThrownBy(() -> UserSystemd.bus(directory, user)).hasMessageContaining("has no bus");
    Path bus = directory.resolve("bus");
    Files.writeString(bus, "");
    assertThatThrownBy(() -> UserSystemd.bus(directory, user))
        .hasMessageContaining("not this user");
    Files.delete(bus);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(bus));
      assertThat(UserSystemd.bus(directory, user)).isEqualTo(bus);
      assertThatThrownBy(() -> UserSystemd.bus(directory, user + 1))
          .hasMessageContaining("not this user");
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
      assertThatThrownBy(() -> UserSystemd.bus(directory, user))
          .hasMessageContaining("not this user");
    }
  }
}
