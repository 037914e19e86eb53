package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;

/**
 * The recorded demo shows what its commands print; -Dringfence.test.write=true records it again.
 */
class DemoTest {
  private static final Path RECORDED = Path.of("..", "docs", "demo.cast");

  @TempDir private Path directory;

  private static String text(Path cast) throws IOException {
    List<String> lines = Files.readAllLines(cast);
    assertThat(lines.get(0)).contains("\"version\": 2");
    StringBuilder text = new StringBuilder();
    for (String line : lines.subList(1, lines.size())) {
      text.append(new ObjectMapper().readTree(line).get(2).asText());
    }
    // Without colours.
    return text.toString().replace("\r", "").replaceAll("\u001b\\[[0-9;]*m", "");
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the demo shows a backend of Linux")
  void theCommandsPrintWhatIsRecorded() throws Exception {
    assumeTrue(
        Files.isSameFile(Path.of("/bin/sh"), Path.of("/usr/bin/dash")), "the demo shows dash");
    assumeTrue(Backends.load().byId("landlock").probe().usable(), "landlock cannot run here");
    Path cast = directory.resolve("demo.cast");
    CommandLineProcess.Result recording =
        CommandLineProcess.run(
            new ProcessBuilder(
                "python3",
                "../distribution/demo",
                cast.toString(),
                RingfenceScript.in(directory).toString()));
    assertThat(recording.exit()).as(recording.err()).isZero();
    if (Boolean.getBoolean("ringfence.test.write")) {
      Files.writeString(RECORDED, Files.readString(cast));
    }
    assertThat(text(RECORDED)).isEqualTo(text(cast));
  }

  @Test
  void theReadmeShowsTheRecording() throws IOException {
    assertThat(Path.of("..", "README.md")).content().contains("```\n" + text(RECORDED) + "```\n");
  }
}
