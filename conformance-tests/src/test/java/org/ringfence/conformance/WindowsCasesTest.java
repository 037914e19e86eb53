package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the Windows cases in a Windows JVM under Wine without a sandbox: their controls must
 * succeed, and each case must detect that nothing is confined.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "Wine emulates Windows on Linux only")
@EnabledIfSystemProperty(
    named = "ringfence.test.full",
    matches = "true",
    disabledReason = "Wine takes minutes for these controls: only with .ci/full")
class WindowsCasesTest {
  private static final Path MODULE = Path.of("..", "backend-windows").toAbsolutePath().normalize();

  private static final Set<String> SERVICE_CASES =
      Set.of(
          "WIN-WMI",
          "WIN-SCHEDULER",
          "WIN-BITS",
          "WIN-WEBDAV",
          "WIN-WPAD",
          "WIN-COM",
          "WIN-SERVICE",
          "WIN-RUNAS",
          "WIN-ACTIVATION");

  /** Wine has no junctions, so it cannot show this case. */
  private static final String NOT_SHOWN_BY_WINE = "WIN-JUNCTION";

  @Test
  void everyCaseDetectsThatNothingIsConfined(@TempDir Path directory) throws Exception {
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
                PassThroughBackend.class.getName())
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
    checkServiceCases(results);
    results.forEach(
        (id, result) -> {
          if (id.startsWith("WIN-OK-") || id.equals("WIN-SMB")) {
            // Wine has no Node, Python, PowerShell, Git or .NET. Nothing unconfined calls the
            // network
            // closed.
            assertThat(result).as(id).containsPattern("^(PASS|SKIPPED)");
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

  /**
   * Wine has some of the services that act for other programs. Those cases detect the missing
   * confinement; the rest are skipped.
   */
  private static void checkServiceCases(Map<String, String> results) {
    Map<String, String> others = new TreeMap<>(results);
    others.keySet().retainAll(SERVICE_CASES);
    results.keySet().removeAll(SERVICE_CASES);
    assertThat(others).hasSize(SERVICE_CASES.size());
    assertThat(others.values())
        .allSatisfy(
            result ->
                assertThat(result)
                    .containsAnyOf("something happened outside", "SKIPPED the control"))
        .anySatisfy(result -> assertThat(result).startsWith("FAIL"));
  }
}
