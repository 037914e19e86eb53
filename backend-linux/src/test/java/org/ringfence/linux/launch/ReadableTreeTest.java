package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;

@EnabledOnOs(OS.LINUX)
class ReadableTreeTest {
  private static final String DEVICES =
      "24 1 0:5 / /dev rw shared:2 - devtmpfs udev rw\n"
          + "25 24 0:22 / /dev/pts rw shared:3 - devpts devpts rw\n"
          + "26 24 0:23 / /dev/shm rw shared:4 - tmpfs tmpfs rw\n";

  @TempDir Path directory;
  private Kernel kernel;
  private String root;

  @BeforeEach
  void makeTree() throws IOException {
    kernel = new Kernel(Arch.current().orElseThrow());
    root = directory.toRealPath().toString();
    Files.createDirectories(directory.resolve("a root/dev/pts"));
    Files.createDirectories(directory.resolve("a root/etc"));
    Files.createDirectories(directory.resolve("häuser"));
    Files.createFile(directory.resolve("file"));
  }

  @Test
  void terminalsOfThisMachineAreOmitted() throws IOException {
    ReadableTree tree = ReadableTree.ofHost(kernel);
    assertThat(tree.leadsToDevices("/")).isTrue();
    assertThat(tree.leadsToDevices("/dev")).isTrue();
    assertThat(tree.leadsToDevices("/usr")).isFalse();
    assertThat(tree.of("/"))
        .contains("/usr", "/etc", "/proc")
        .noneMatch(part -> part.equals("/dev") || part.startsWith("/dev/pts"))
        .noneMatch(part -> part.startsWith("/dev/tty") || part.equals("/dev/console"));
  }

  @Test
  void sharedMemoryMountInDevIsIncluded() {
    assertThat(ReadableTree.of(kernel, DEVICES).of("/dev")).doesNotContain("/dev/pts", "/dev/tty");
    if (Files.isDirectory(Path.of("/dev/shm"), java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      assertThat(ReadableTree.of(kernel, DEVICES).of("/dev")).contains("/dev/shm");
    }
  }

  @Test
  void terminalsMountedElsewhereAreOmitted() {
    String elsewhere =
        DEVICES + "90 1 0:22 / " + root + "/a\\040root/dev/pts rw - devpts devpts rw\n";
    ReadableTree tree = ReadableTree.of(kernel, elsewhere);
    assertThat(tree.leadsToDevices(root)).isTrue();
    assertThat(tree.leadsToDevices(root + "/häuser")).isFalse();
    assertThat(tree.leadsToDevices(root + "/a root/dev/pts"))
        .as("a rule that names the directory grants it")
        .isFalse();
    assertThat(tree.of(root))
        .containsExactlyInAnyOrder(root + "/häuser", root + "/file", root + "/a root/etc");
  }

  @Test
  void malformedMountLinesAreIgnored() {
    assertThat(ReadableTree.of(kernel, "\nx\n1 2 3 4 5 6 -").of(root)).contains(root + "/file");
  }
}
