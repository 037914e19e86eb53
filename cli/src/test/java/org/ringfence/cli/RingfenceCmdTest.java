package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs {@code ringfence.cmd} in Wine's {@code cmd.exe} with programs named {@code java.exe} that
 * print their own place and their arguments. Wine's {@code cmd.exe} knows neither {@code
 * CMDCMDLINE} nor the substitution of delayed expansion, so it cannot show how Windows parses a
 * batch file's words a second time; {@code docs/windows.md} says that they have to be trusted.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the build runs Wine only on Linux")
class RingfenceCmdTest {
  private static final Path WINE = Path.of("/usr/bin/wine");
  private static final Path COMPILER = Path.of("/usr/bin/x86_64-w64-mingw32-gcc");
  private static final Path PREFIX =
      Path.of("..", "backend-windows", "target", "wine", "prefix").toAbsolutePath().normalize();
  private static final String PROGRAM =
      """
      #include <stdio.h>
      #include <windows.h>
      int wmain(int count, wchar_t **words) {
        wchar_t place[400];
        GetModuleFileNameW(NULL, place, 400);
        printf("started %ls\\n", place);
        for (int i = 1; i < count; i++) printf("word %ls\\n", words[i]);
        return 3;
      }
      """;

  @TempDir private Path base;
  private Path workspace;

  private record Result(int exit, List<String> lines) {
    List<String> started() {
      return lines.stream().filter(line -> line.startsWith("started ")).toList();
    }

    List<String> wordsOfCommand() {
      List<String> words = lines.stream().filter(line -> line.startsWith("word ")).toList();
      return words.subList(words.indexOf("word org.ringfence.cli.Main") + 1, words.size());
    }
  }

  @BeforeEach
  void createInstallation() throws Exception {
    assumeTrue(
        Files.isExecutable(WINE) && Files.isExecutable(COMPILER) && Files.isDirectory(PREFIX),
        "wine, a compiler for Windows, or the directory of Wine that the tests of backend-windows"
            + " make is missing");
    base = base.toRealPath();
    Path installation = base.resolve("installation");
    Files.createDirectories(installation.resolve("cli/target/lib"));
    Files.copy(Path.of("..", "ringfence.cmd"), installation.resolve("ringfence.cmd"));
    workspace = Files.createDirectory(base.resolve("workspace"));
    Path source = Files.writeString(base.resolve("java.c"), PROGRAM);
    Path program = base.resolve("java.exe");
    Process compiler =
        new ProcessBuilder(
                COMPILER.toString(), "-municode", "-o", program.toString(), source.toString())
            .inheritIO()
            .start();
    assertThat(compiler.waitFor()).isZero();
    for (String directory : List.of("workspace", "workspace/below", "jdk/bin")) {
      Files.copy(program, Files.createDirectories(base.resolve(directory)).resolve("java.exe"));
    }
  }

  private static String windows(Path path) {
    return "Z:" + path.toString().replace('/', '\\');
  }

  private Result cmd(String home, List<String> path, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(WINE.toString(), "cmd", "/c"));
    command.addAll(List.of(words));
    Path output = base.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(workspace.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("WINEPREFIX", PREFIX.toString());
    builder.environment().put("WINEDEBUG", "-all");
    builder.environment().put("HOME", PREFIX.getParent().toString());
    builder.environment().put("WINEPATH", String.join(";", path));
    builder.environment().remove("DISPLAY");
    builder.environment().remove("JAVA_HOME");
    if (home != null) {
      builder.environment().put("JAVA_HOME", home);
    }
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return new Result(
        process.exitValue(),
        new String(Files.readAllBytes(output), StandardCharsets.UTF_8)
            .lines()
            .map(String::strip)
            .toList());
  }

  private Result ringfence(String home, List<String> path, String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of(windows(base) + "\\installation\\ringfence.cmd"));
    all.addAll(List.of(words));
    return cmd(home, path, all.toArray(String[]::new));
  }

  @Test
  void cmdItselfRunsProgramOfCurrentDirectory() throws Exception {
    assertThat(cmd(null, List.of(windows(base.resolve("jdk/bin"))), "java.exe").started())
        .containsExactly("started " + windows(workspace) + "\\java.exe");
  }

  @Test
  void programOfCurrentDirectoryIsNeverRun() throws Exception {
    Result none = ringfence(null, List.of(), "doctor");
    assertThat(none.started()).isEmpty();
    assertThat(none.lines())
        .anyMatch(line -> line.contains("no java.exe is in JAVA_HOME or PATH outside"));

    Path jdk = base.resolve("jdk/bin");
    List<String> path =
        List.of(
            ".", "below", windows(workspace), windows(workspace.resolve("below")), windows(jdk));
    Result run = ringfence(null, path, "run", "--", "tool", "two words");
    assertThat(run.started()).containsExactly("started " + windows(jdk) + "\\java.exe");
    assertThat(run.wordsOfCommand())
        .containsExactly("word run", "word --", "word tool", "word two words");
  }

  @Test
  void homeWithoutJavaIsRefusedAndNothingElseIsLookedFor() throws Exception {
    Result refused =
        ringfence(
            windows(workspace.resolve("nothing")),
            List.of(windows(base.resolve("jdk/bin"))),
            "run");
    assertThat(refused.started()).isEmpty();
    assertThat(refused.lines()).anyMatch(line -> line.contains("JAVA_HOME: there is no java.exe"));
  }
}
