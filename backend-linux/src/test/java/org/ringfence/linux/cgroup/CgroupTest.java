package org.ringfence.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.linux.plan.HostFacts.CgroupParent;
import org.ringfence.policy.Limits;
import org.ringfence.policy.SandboxPolicy;

/**
 * Tests cgroups with plain directories instead of a cgroup file system; it does not cover the
 * kernel.
 */
class CgroupTest {
  @TempDir private Path base;
  private Path process;
  private Path mount;

  @BeforeEach
  void createGroups() throws IOException {
    process = Files.createDirectory(base.resolve("process"));
    mount = Files.createDirectory(base.resolve("cgroup"));
    writeMountInfo("cgroup2");
    Files.writeString(process.resolve("cgroup"), "4:memory:/x\n0::/user/service/app/scope\n");
    createGroup("", "memory pids", false);
    createGroup("user", "memory pids", false);
    createGroup("user/service", "cpu memory pids", true);
    createGroup("user/service/app", "memory", true);
    createGroup("user/service/app/scope", "", true);
  }

  private void writeMountInfo(String type) throws IOException {
    Files.writeString(
        process.resolve("mountinfo"),
        "30 20 0:1 / / rw - ext4 /dev/root rw\n31 30 0:27 / "
            + mount
            + " rw,nosuid shared:4 - "
            + type
            + " cgroup rw\n");
  }

  private void createGroup(String path, String given, boolean delegated) throws IOException {
    Path group = Files.createDirectories(mount.resolve(path));
    Files.writeString(group.resolve("cgroup.subtree_control"), given + "\n");
    if (delegated) {
      Files.writeString(group.resolve("cgroup.procs"), "");
    }
  }

  @Test
  void nearestDelegatedGroupWithControllersIsFound() {
    assertThat(new CgroupSearch(process).search())
        .isEqualTo(new CgroupParent.Delegated(mount.resolve("user/service").toString()));
  }

  private String problem() {
    return ((CgroupParent.None) new CgroupSearch(process).search()).problem();
  }

  @Test
  void missingPrerequisiteIsReported() throws IOException {
    Files.delete(mount.resolve("user/service/cgroup.procs"));
    assertThat(problem()).contains("delegated");
    writeMountInfo("tmpfs");
    assertThat(problem()).contains("not mounted");
    writeMountInfo("cgroup2");
    Files.writeString(process.resolve("cgroup"), "4:memory:/x\n");
    assertThat(problem()).contains("no cgroup v2");
  }

  @Test
  void mountAtTheRootOfATreeIsSearchedUpToItsEnd() throws IOException {
    Files.writeString(process.resolve("mountinfo"), "31 30 0:27 / / rw - cgroup2 cgroup rw\n");
    Files.writeString(process.resolve("cgroup"), "0::/no/such/group\n");
    assertThat(problem()).contains("delegated");
  }

  @Test
  void commandEntersAGroupWithItsLimits() throws IOException {
    Limits limits = SandboxPolicy.builder().memory(1 << 20).processes(7).build().limits();
    SandboxCgroup group = SandboxCgroup.below(mount);
    Path directory = group.leftBehind().orElseThrow();
    assertThat(directory.resolve("cgroup.subtree_control")).hasContent("+memory +pids");
    group.enter(1234, 1233, limits);
    Path command = directory.resolve("command-0");
    assertThat(command.resolve("memory.max")).hasContent("1048576");
    assertThat(command.resolve("memory.oom.group")).hasContent("1");
    assertThat(command.resolve("pids.max")).hasContent("7");
    assertThat(command.resolve("cgroup.procs")).hasContent("1234");
    Files.writeString(command.resolve("cpu.stat"), "usage_usec 1500\nuser_usec 1000\n");
    Files.writeString(command.resolve("memory.peak"), "4096\n");
    Files.writeString(command.resolve("memory.events"), "max 3\noom 1\noom_kill 2\n");
    assertThat(group.figures(1233))
        .contains(
            new GroupFigures(
                Optional.of(Duration.ofNanos(1_500_000)), OptionalLong.of(4096), true));
  }

  @Test
  void figureThatTheKernelDoesNotGiveIsUnknown() throws IOException {
    GroupFigures unknown = new GroupFigures(Optional.empty(), OptionalLong.empty(), false);
    assertThat(GroupFigures.of(mount)).isEqualTo(unknown);
    Files.writeString(mount.resolve("cpu.stat"), "usage_usec\nusage_usec x\nusage_usecs 1\n");
    Files.writeString(mount.resolve("memory.peak"), "max\n");
    Files.writeString(mount.resolve("memory.events"), "oom_kill 0\noom_group_kill 1\n");
    assertThat(GroupFigures.of(mount)).isEqualTo(unknown);
  }
}
