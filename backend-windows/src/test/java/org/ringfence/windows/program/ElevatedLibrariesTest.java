package org.ringfence.windows.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElevatedLibrariesTest {
  @TempDir private Path programs;

  @Test
  void directoriesOfEarlierProcessesAreRemovedAndOthersStay() throws Exception {
    Path other = Files.createDirectory(programs.resolve("Other"));
    Path earlier = ElevatedLibraries.make(programs);
    Files.writeString(earlier.resolve("jna.dll"), "x");
    Path now = ElevatedLibraries.make(programs);
    assertThat(programs.toFile().listFiles())
        .containsExactlyInAnyOrder(other.toFile(), now.toFile());
  }
}
