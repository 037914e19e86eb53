package org.ringfence.wsl2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Restarts the virtual machine between two processes that use one distribution. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the fake wsl.exe runs its guest on this kernel")
class WslRestartTest {
  private static final Path STAND_IN =
      Path.of("src", "test", "wsl", "wsl-stand-in.sh").toAbsolutePath();

  @TempDir Path kept;

  private Wsl2Backend backend() {
    return Wsl2Backend.with(
        List.of(
            "env",
            "STANDIN_LIST=  NAME    STATE    VERSION\r\n* Ubuntu  Running  2",
            "sh",
            STAND_IN.toString()),
        kept);
  }

  private void change(String fact, String from, String to) throws Exception {
    try (Stream<Path> files = Files.list(kept)) {
      Path file = files.findFirst().orElseThrow();
      String changed =
          Files.readString(file).replaceAll("(?m)^" + fact + "=" + from, fact + "=" + to);
      assertThat(changed).isNotEqualTo(Files.readString(file));
      Files.writeString(file, changed);
    }
  }

  @Test
  void factsOfAnEarlierStartAreAskedAgain() throws Exception {
    Wsl2Backend first = backend();
    assumeTrue(first.probe().usable(), () -> "no guest here: " + first.probe().reasons());
    assertThat(first.probe().facts()).doesNotContainKey("boot");
    change("networking", "", "earlier");
    // The control: a process of the same start asks nothing again.
    assertThat(backend().build()).contains("networking earlier");
    change("boot", ".", "another");
    assertThat(backend().build()).isEqualTo(first.build());
  }
}
