package org.ringfence.linux.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;

/** A name is resolved in one step only if no link is on its way. */
class NamesBelowTest {
  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  private final PathResolver paths = new PathResolver(kernel);
  @TempDir private Path directory;
  private Process caller;
  private int tid;

  @BeforeEach
  void begin() throws Exception {
    directory = directory.toRealPath();
    Files.createDirectories(directory.resolve("d/e"));
    Files.createSymbolicLink(directory.resolve("d/self"), Path.of("/proc/self"));
    Files.createSymbolicLink(directory.resolve("d/e/last"), Path.of("/proc/self/status"));
    caller = new ProcessBuilder("/bin/sleep", "60").directory(directory.toFile()).start();
    tid = (int) caller.pid();
  }

  @AfterEach
  void end() throws Exception {
    caller.destroyForcibly();
    Files.delete(directory.resolve("d/self"));
    Files.delete(directory.resolve("d/e/last"));
  }

  private String opened(String name, boolean follow) throws Exception {
    int fd = paths.open(tid, AT_FDCWD, name.getBytes(StandardCharsets.UTF_8), follow);
    try {
      return paths.pathOf(fd);
    } finally {
      kernel.call(Syscall.CLOSE, fd);
    }
  }

  @Test
  void linkToSelfMeansTheCaller() throws Exception {
    String status = "/proc/" + tid + "/status";
    assertThat(opened(directory + "/d/self/status", true)).isEqualTo(status);
    assertThat(opened(directory + "/d/e/last", true)).isEqualTo(status);
    assertThat(opened(directory + "/d/e/../self/status", true)).isEqualTo(status);
  }

  @Test
  void linkAtTheEndIsOpenedItselfWhereNoneIsFollowed() throws Exception {
    assertThat(opened("d/e/last", false)).isEqualTo(directory + "/d/e/last");
    assertThat(opened(directory + "/d/self", false)).isEqualTo(directory + "/d/self");
  }

  @Test
  void nameWithoutLinksLeadsToItsObject() throws Exception {
    for (String name : new String[] {"d/e", "./d/e", "d/../d/./e/", directory + "/d/e"}) {
      assertThat(opened(name, true)).as(name).isEqualTo(directory + "/d/e");
    }
  }

  @Test
  void entryOfTheCurrentDirectoryHasOnePathForSeveralSpellings() throws Exception {
    for (String name : new String[] {"d", "./d", ".//./d", "d/../d"}) {
      PathResolver.Entry entry = paths.entry(tid, AT_FDCWD, name.getBytes(StandardCharsets.UTF_8));
      assertThat(entry.pathIn(paths)).as(name).isEqualTo(directory + "/d");
      kernel.call(Syscall.CLOSE, entry.directory());
    }
  }
}
