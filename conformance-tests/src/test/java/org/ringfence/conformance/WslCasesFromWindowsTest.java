package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.spi.Verification;
import org.ringfence.wsl2.Wsl2Backend;

/**
 * Runs the WSL2 cases from a Windows JVM under Wine, like {@code verify --backend wsl2}. The test
 * compiles a fake {@code wsl.exe}, which mounts Wine's drive C: where WSL would mount it.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "Wine emulates Windows on Linux only")
class WslCasesFromWindowsTest {
  private static final Path WINDOWS = Path.of("..", "backend-windows").toAbsolutePath().normalize();
  private static final Path COMPILER = Path.of("/usr/bin/x86_64-w64-mingw32-gcc");

  /** This kernel cannot start Windows programs and may lack vsock. */
  private static final Set<String> UNTRIED =
      Set.of("WSL-PROGRAM", "WSL-PROGRAM-COPY", "WSL-MACHINE-SOCKET");

  /** The program in the Windows JVM. */
  static final class Side {
    private Side() {}

    public static void main(String[] arguments) throws Exception {
      StringBuilder report = new StringBuilder();
      new SuiteVerification(Backends.of(List.of(Wsl2Backend.with(List.of(arguments[0])))))
          .run(
              new Verification.Request("wsl2", List.of("WSL-"), "json"),
              report,
              Verification.Progress.NONE);
      Files.writeString(Path.of(arguments[1]), report);
      System.exit(0);
    }
  }

  private static int run(Path output, Map<String, String> variables, List<String> command)
      throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(variables);
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).as(Files.readString(output)).isTrue();
    return process.exitValue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bridge.sh", "bridge-without-java.sh"})
  void wslCasesPassFromAWindowsJvm(String bridge, @TempDir Path directory) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/wine"))
            && Files.isExecutable(COMPILER)
            && Files.isDirectory(WINDOWS.resolve("target/windows-jre")),
        "wine, its compiler, or the build of backend-windows that unpacks a Windows JVM is missing");
    assumeTrue(
        Boolean.getBoolean("ringfence.test.full"),
        "guests run these cases from a Linux JVM in each build; from Windows only with .ci/full");
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can create doors");
    assumeTrue(
        new BubblewrapBackend().probe().usable(),
        () -> "no bubblewrap here: " + new BubblewrapBackend().probe().reasons());
    Path sources = Wsl2ConformanceTest.STAND_IN.getParent();
    Path program = directory.resolve("wsl.exe");
    Path output = directory.resolve("output");
    List<String> compiling =
        List.of(
            COMPILER.toString(),
            "-O1",
            "-o",
            program.toString(),
            sources.resolve("wsl.c").toString(),
            "-lws2_32");
    assertThat(run(output, Map.of(), compiling)).as(Files.readString(output)).isZero();
    Path report = directory.resolve("report");
    try (WslDoors doors = WslDoors.create()) {
      doors.drive(WINDOWS.resolve("target/wine/prefix/drive_c"));
      int exit =
          run(
              output,
              Map.of(
                  "STANDIN_BRIDGE", sources.resolve(bridge).toString(),
                  "STANDIN_DOORS", doors.directory().toString()),
              List.of(
                  WINDOWS.resolve("src/test/wine/bin/java").toString(),
                  "-Dfile.encoding=UTF-8",
                  "-cp",
                  System.getProperty("java.class.path").replace(':', ';'),
                  Side.class.getName(),
                  "Z:" + program.toString().replace('/', '\\'),
                  "Z:" + report.toString().replace('/', '\\')));
      assertThat(exit).as(Files.readString(output)).isZero();
    }
    Map<String, CaseResult> results = new TreeMap<>();
    Report.read(Files.readString(report, StandardCharsets.UTF_8))
        .results()
        .forEach(result -> results.put(result.id(), result));
    assertThat(results).hasSize(14);
    results.keySet().removeAll(UNTRIED);
    assertThat(results.values())
        .allSatisfy(
            result ->
                assertThat(result.verdict())
                    .as(result.id() + ": " + result.detail())
                    .isEqualTo(CaseVerdict.PASS));
  }
}
