package org.ringfence.linux.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.linux.probe.CgroupSearch;
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
    CgroupSearch.Found found = new CgroupSearch(process).search();
    assertThat(found.directory()).contains(mount.resolve("user/service"));
    assertThat(found.problem()).isEmpty();
  }

  @Test
  void missingPrerequisiteIsReported() throws IOException {
    Files.delete(mount.resolve("user/service/cgroup.procs"));
    assertThat(new CgroupSearch(process).search().problem()).contains("delegated");
    writeMountInfo("tmpfs");
    assertThat(new CgroupSearch(process).search().problem()).contains("not mounted");
    writeMountInfo("cgroup2");
    Files.writeString(process.resolve("cgroup"), "4:memory:/x\n");
    assertThat(new CgroupSearch(process).search().problem()).contains("no cgroup v2");
  }

  @Test
  void commandEntersAGroupWithItsLimits() throws IOException {
    Limits limits = SandboxPolicy.builder().memory(1 << 20).processes(7).build().limits();
    SandboxCgroup group = SandboxCgroup.create(mount);
    assertThat(group.directory().resolve("cgroup.subtree_control")).hasContent("+memory +pids");
    group.enter(1234, limits);
    Path command = group.directory().resolve("command-0");
    assertThat(command.resolve("memory.max")).hasContent("1048576");
    assertThat(command.resolve("memory.oom.group")).hasContent("1");
    assertThat(command.resolve("pids.max")).hasContent("7");
    assertThat(command.resolve("cgroup.procs")).hasContent("1234");
  }
}
