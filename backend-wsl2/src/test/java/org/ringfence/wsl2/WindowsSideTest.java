package org.ringfence.wsl2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;

/**
 * Runs the backend in a Windows JVM under Wine, with Windows paths. A fake {@code wsl.exe},
 * compiled for the test, leads to a guest on this kernel.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "Wine emulates Windows on Linux only")
class WindowsSideTest {
  private static final Path WINDOWS = Path.of("..", "backend-windows").toAbsolutePath().normalize();
  private static final Path COMPILER = Path.of("/usr/bin/x86_64-w64-mingw32-gcc");
  private static final Path SOURCES = Path.of("src", "test", "wsl").toAbsolutePath();

  @TempDir private Path directory;

  /** The program in the Windows JVM: it prints one line per observation. */
  static final class Side {
    private Side() {}

    private static String text(InputStream stream) throws IOException {
      // Under Wine, readAllBytes fails at the end of the stream.
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      stream.transferTo(bytes);
      return bytes.toString(StandardCharsets.UTF_8);
    }

    private static String output(Sandbox sandbox, String... words) throws Exception {
      SandboxedProcess process = sandbox.start(SandboxCommand.of(words));
      process.getOutputStream().close();
      String output = text(process.getInputStream()).strip();
      return output + " " + process.waitFor();
    }

    public static void main(String[] arguments) throws Exception {
      Wsl2Backend backend = Wsl2Backend.with(List.of(arguments[0]));
      System.out.println("guest " + backend.probe().facts().get("guest"));
      System.out.println("usable " + backend.probe().usable() + " " + backend.probe().reasons());
      Path workspace = Path.of(arguments[1]);
      SandboxPolicy policy =
          SandboxPolicy.builder()
              .write(":workspace")
              .strictness(Strictness.Mode.BEST_EFFORT)
              .build();
      try (Sandbox sandbox =
          Sandbox.opener(policy)
              .workspace(workspace)
              .backends(Backends.of(List.of(backend)))
              .open()) {
        System.out.println("style " + sandbox.plan().policy().places().style());
        System.out.println("note " + sandbox.plan().availability().facts().get("workspace"));
        System.out.println("there " + output(sandbox, "pwd"));
        System.out.println("system " + output(sandbox, "uname", "-s"));
        System.out.println("code " + output(sandbox, "sh", "-c", "exit 67"));
        System.out.println("made " + output(sandbox, "sh", "-c", "printf x > made"));
        System.out.println("here " + Files.readString(workspace.resolve("made")));
        System.out.println("drive " + output(sandbox, "ls", "/mnt/z/etc"));
        System.out.println("outside " + output(sandbox, "touch", "/mnt/z/tmp/outside"));
        System.out.println("words " + output(sandbox, "printf", "[%s]", "a b", "\"", "", "grün"));
        byte[] many = new byte[1 << 20];
        Arrays.fill(many, (byte) 'y');
        SandboxedProcess cat = sandbox.start(SandboxCommand.of("cat"));
        Thread writer =
            new Thread(
                () -> {
                  try (var input = cat.getOutputStream()) {
                    input.write(many);
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
        writer.start();
        System.out.println("length " + text(cat.getInputStream()).length());
      }
      System.out.println("closed");
      System.exit(0);
    }
  }

  private static int run(Path output, String bridge, List<String> command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("STANDIN_BRIDGE", SOURCES.resolve(bridge).toString());
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).as(Files.readString(output)).isTrue();
    return process.exitValue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bridge.sh", "bridge-without-java.sh"})
  void linuxCommandsRunFromAWindowsJvm(String bridge) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/wine"))
            && Files.isExecutable(COMPILER)
            && Files.isDirectory(WINDOWS.resolve("target/windows-jre")),
        "wine, its compiler, or the build of backend-windows that unpacks a Windows JVM is missing");
    assumeTrue("root".equals(System.getProperty("user.name")), "mounts a drive as root");
    assumeTrue(
        Wsl2GuestTest.standIn(true, "", "").probe().usable(),
        "no guest here: Wsl2GuestTest gives the reason");
    Path program = directory.resolve("wsl.exe");
    Path output = directory.resolve("output");
    List<String> compiling =
        List.of(
            COMPILER.toString(),
            "-O1",
            "-o",
            program.toString(),
            SOURCES.resolve("wsl.c").toString(),
            "-lws2_32");
    assertThat(run(output, bridge, compiling)).as(Files.readString(output)).isZero();
    Path workspace = Files.createDirectory(directory.resolve("workspace"));
    int exit =
        run(
            output,
            bridge,
            List.of(
                WINDOWS.resolve("src/test/wine/bin/java").toString(),
                "-Dfile.encoding=UTF-8",
                "-Dstdout.encoding=UTF-8",
                "-Dsun.stdout.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path").replace(':', ';'),
                Side.class.getName(),
                "Z:" + program.toString().replace('/', '\\'),
                "Z:" + workspace.toString().replace('/', '\\')));
    List<String> lines = Files.readAllLines(output);
    assertThat(exit).as("%s", lines).isZero();
    assertThat(lines)
        .anyMatch(
            line -> line.startsWith(bridge.contains("without") ? "guest scripts" : "guest Java"))
        .contains(
            "usable true []",
            "style WINDOWS",
            "there /mnt/z" + workspace + " 0",
            "system Linux 0",
            "code  67",
            "made  0",
            "here x",
            "words [a b][\"][][grün] 0",
            "length 1048576",
            "closed")
        .anyMatch(line -> line.startsWith("note on a drive of Windows"))
        // Outside the workspace the sandbox neither lists nor creates files on the Windows drive.
        .anyMatch(line -> line.matches("drive  [1-9][0-9]*"))
        .anyMatch(line -> line.matches("outside  [1-9][0-9]*"));
    assertThat(Path.of("/tmp/outside")).doesNotExist();
  }
}
