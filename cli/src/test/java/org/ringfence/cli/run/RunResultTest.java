package org.ringfence.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the numbers of descriptors are read from /proc")
class RunResultTest {
  @TempDir private Path directory;

  /** Returns the names of the descriptors of this JVM that are of a file. */
  private static List<String> descriptorsOf(Path file) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.filter(each -> leadsTo(each, file))
          .map(each -> each.getFileName().toString())
          .flatMap(number -> Stream.of("/dev/fd/" + number, "/proc/self/fd/" + number))
          .toList();
    }
  }

  private static boolean leadsTo(Path descriptor, Path file) {
    try {
      return Files.readSymbolicLink(descriptor).equals(file);
    } catch (IOException e) {
      return false;
    }
  }

  /** A number without a redirection may be that of a library's archive, open in this JVM. */
  @Test
  void descriptorThatIsOpenForReadingAloneIsRefusedAndItsFileStays() throws Exception {
    EffectivePolicy policy =
        EffectivePolicy.of(SandboxPolicy.builder().build(), PathContext.current(directory));
    Path file = Files.writeString(directory.toRealPath().resolve("archive.jar"), "content");
    try (FileInputStream open = new FileInputStream(file.toFile())) {
      List<String> names = descriptorsOf(file);
      assertThat(names).isNotEmpty();
      for (String name : names) {
        assertThatThrownBy(() -> RunResult.demandTarget(Path.of(name), policy))
            .isInstanceOf(InvalidPolicyException.class)
            .hasMessageContaining(name)
            .hasMessageContaining("open for writing: 3>result.json");
      }
      assertThat(open.available()).isEqualTo("content".length());
    }
    try (FileOutputStream open = new FileOutputStream(file.toFile(), true)) {
      for (String name : descriptorsOf(file)) {
        assertThatCode(() -> RunResult.demandTarget(Path.of(name), policy))
            .as("the control: %s", name)
            .doesNotThrowAnyException();
      }
      open.flush();
    }
    assertThat(file).hasContent("content");
  }
}
