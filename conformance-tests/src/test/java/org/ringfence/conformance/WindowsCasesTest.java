package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cases of Windows, run in a Windows JVM under Wine against nothing at all: their controls have
 * to succeed there, and each has to notice that nothing is confined.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "Wine stands in for Windows on Linux alone")
class WindowsCasesTest {
  private static final Path MODULE = Path.of("..", "backend-windows").toAbsolutePath().normalize();

  /** Wine has no junctions. */
  private static final String NOT_SHOWN_BY_WINE = "WIN-JUNCTION";

  @Test
  void eachCaseNoticesThatNothingIsConfined(@TempDir Path directory) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/wine"))
            && Files.isDirectory(MODULE.resolve("target/windows-jre")),
        "wine, and with it the build of backend-windows that unpacks a Windows JVM, is missing");
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(
                MODULE.resolve("src/test/wine/bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path").replace(':', ';'),
                UnconfinedOnWindows.class.getName())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    process.getOutputStream().close();
    assertThat(process.waitFor(8, TimeUnit.MINUTES)).isTrue();
    Map<String, String> results = new TreeMap<>();
    for (String line : Files.readAllLines(output)) {
      if (line.startsWith("WIN-")) {
        results.put(line.split(" ")[0], line.substring(line.indexOf(' ') + 1));
      }
    }
    assertThat(results).as(Files.readString(output)).hasSizeGreaterThan(30);
    results.remove(NOT_SHOWN_BY_WINE);
    results.forEach(
        (id, result) -> {
          if (id.startsWith("WIN-OK-")) {
            assertThat(result).as(id).startsWith("PASS");
          } else {
            assertThat(result)
                .as(id)
                .startsWith("FAIL")
                .containsAnyOf(
                    "expected to be denied, but: OK",
                    "went on after",
                    "it was found",
                    "it was started");
          }
        });
  }
}
