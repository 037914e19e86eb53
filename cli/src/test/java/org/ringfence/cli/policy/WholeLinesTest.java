package org.ringfence.cli.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WholeLinesTest {
  private static final int CHUNK = 1 << 19;

  @TempDir private Path directory;

  /** Takes a file and how many chunks a line has; too many for the heap if negative. */
  public static void main(String[] args) throws IOException {
    int chunks = Integer.parseInt(args[1]);
    String chunk = "x".repeat(CHUNK);
    try (Writer log = new OutputFile(Path.of(args[0])).appending()) {
      boolean lost = false;
      try {
        for (int i = 0; i < (chunks < 0 ? Integer.MAX_VALUE : chunks); i++) {
          log.write(chunk);
        }
        log.flush();
      } catch (OutOfMemoryError e) {
        lost = true;
      }
      log.write("next, after a line that was " + (lost ? "lost" : "written") + "\n");
      log.flush();
    }
  }

  private List<String> lines(int chunks) throws IOException, InterruptedException {
    Path file = directory.toRealPath().resolve("audit.jsonl");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx24m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                WholeLinesTest.class.getName(),
                file.toString(),
                Integer.toString(chunks))
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isZero();
    return Files.readAllLines(file);
  }

  @Test
  void lineOfOneChunkIsWritten() throws Exception {
    assertThat(lines(1))
        .singleElement()
        .asString()
        .hasSizeGreaterThan(CHUNK)
        .endsWith("next, after a line that was written");
  }

  // The heap is full while the text grows, or while it is encoded.
  @ParameterizedTest
  @ValueSource(ints = {-1, 20})
  void lineThatThereIsNoMemoryForIsLostAndTheNextOneIsWritten(int chunks) throws Exception {
    assertThat(lines(chunks)).containsExactly("next, after a line that was lost");
  }
}
