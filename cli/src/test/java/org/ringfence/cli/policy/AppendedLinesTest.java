package org.ringfence.cli.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that append to one audit log at the same time, such as those of a build. */
class AppendedLinesTest {
  private static final int LINES = 150;
  // More than any buffer of the JDK's writers and channels holds.
  private static final int LENGTH = 100_000;

  @TempDir private Path directory;

  /** Takes a file and a letter. */
  public static void main(String[] args) throws IOException {
    String line = args[1].repeat(LENGTH) + "\n";
    try (Writer log = new OutputFile(Path.of(args[0])).appending()) {
      System.out.write('r');
      System.out.flush();
      System.in.read();
      for (int i = 0; i < LINES; i++) {
        log.write(line);
        log.flush();
      }
    }
  }

  private static Process start(Path file, String letter) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            AppendedLinesTest.class.getName(),
            file.toString(),
            letter)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  @Test
  void linesOfTwoProcessesStayWhole() throws Exception {
    Path file = directory.toRealPath().resolve("audit.jsonl");
    List<Process> both = new ArrayList<>();
    try {
      both.add(start(file, "a"));
      both.add(start(file, "b"));
      for (Process each : both) {
        assertThat(each.getInputStream().read()).isEqualTo('r');
      }
      for (Process each : both) {
        each.getOutputStream().close();
      }
      for (Process each : both) {
        assertThat(each.waitFor()).isZero();
      }
    } finally {
      both.forEach(Process::destroyForcibly);
    }
    assertThat(Files.readAllLines(file).stream().map(AppendedLinesTest::summary))
        .hasSize(2 * LINES)
        .allMatch(line -> line.matches("[ab] " + LENGTH));
  }

  /** Returns the letters of a line, and its length. */
  private static String summary(String line) {
    return line.replaceAll("(.)\\1*", "$1") + " " + line.length();
  }
}
