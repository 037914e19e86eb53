package org.ringfence.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class StartDirectoryTest {
  @TempDir private Path base;

  @Test
  void directoryHasNoProblem() throws Exception {
    assertThat(StartDirectory.problem(Files.createDirectory(base.resolve("plain")))).isEmpty();
    assertThat(StartDirectory.problem(Path.of(""))).isEmpty();
  }

  @Test
  void missingDirectoryAndFileAreNamed() throws Exception {
    Path missing = base.resolve("missing");
    assertThat(StartDirectory.problem(missing))
        .contains(new StartDirectory.Problem(missing.toString(), "a directory that exists"));
    assertThat(StartDirectory.problem(Files.createFile(base.resolve("file"))))
        .get()
        .extracting(StartDirectory.Problem::remedy)
        .isEqualTo("a directory that exists");
  }

  /** Only this system stores names as bytes, and a URI gives them to a path unchanged. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "other systems store names as text")
  void nameThatIsNotUtf8IsShownByItsBytes() throws Exception {
    Path odd = Files.createDirectory(Path.of(URI.create(base.toUri() + "b%E9%20d")));
    assertThat(odd).isDirectory();
    StartDirectory.Problem problem = StartDirectory.problem(odd).orElseThrow();
    assertThat(problem.shown()).isEqualTo(base + "/b\\xe9 d");
    assertThat(problem.remedy()).contains("UTF-8", "rename");
  }

  @Test
  void pathThatIsTooLongIsCalledSo() {
    Path deep = base;
    for (int i = 0; i < 21; i++) {
      deep = deep.resolve("d".repeat(200));
    }
    assertThat(StartDirectory.problem(deep).orElseThrow().remedy()).contains("4095 bytes");
  }
}
