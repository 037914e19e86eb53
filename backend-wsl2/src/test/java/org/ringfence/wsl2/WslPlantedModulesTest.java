package org.ringfence.wsl2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;

/**
 * Plants programs, and modules of perl and python3, where a command may: the probes and trials that
 * run without a sandbox must not load them.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the fake wsl.exe runs its guest on this kernel")
class WslPlantedModulesTest {
  private static final List<String> PROGRAMS =
      List.of(
          "base64",
          "bash",
          "bwrap",
          "cat",
          "chmod",
          "env",
          "head",
          "id",
          "java",
          "ls",
          "mkdir",
          "mkfifo",
          "mktemp",
          "mv",
          "perl",
          "python3",
          "readlink",
          "rm",
          "script",
          "sed",
          "sleep",
          "stty",
          "tail",
          "timeout",
          "tr",
          "uname");

  private static final Path WITHOUT_JAVA =
      Path.of("src", "test", "wsl", "without-java").toAbsolutePath();

  @TempDir Path directory;

  private Path planted(Path ran) throws IOException {
    Path modules = Files.createDirectories(directory.resolve("workspace"));
    for (String name : List.of("socket.py", "ctypes.py", "usercustomize.py", "sitecustomize.py")) {
      Files.writeString(
          modules.resolve(name), "import os\nos.close(os.open('" + ran + "', os.O_CREAT))\n");
    }
    Files.writeString(
        modules.resolve("Planted.pm"), "open(my $f, '>', '" + ran + "') or die; 1;\n");
    return modules;
  }

  /** The fake {@code wsl.exe} starts in the workspace, as the true one does. */
  private static Wsl2Backend backend(boolean withJava, Path workspace, String variables) {
    return Wsl2GuestTest.standIn(
        withJava, "", "", "-C", workspace.toString(), "STANDIN_VARIABLES=" + variables);
  }

  private static void demandUsable(Wsl2Backend own) {
    assumeTrue(own.probe().usable(), () -> "no guest here: " + own.probe().reasons());
  }

  private static void assertRuns(Wsl2Backend own, Path workspace) throws Exception {
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .write(":workspace")
            .protectedNames(ProtectedNames.OFF)
            .acceptWeaker(Guarantee.FILES_METADATA)
            .acceptWeaker(Guarantee.FILES_READ)
            .build();
    try (Sandbox sandbox =
        Sandbox.opener(policy).workspace(workspace).backends(Backends.of(List.of(own))).open()) {
      assertThat(Wsl2GuestTest.run(sandbox, "echo", "runs").output()).isEqualTo("runs\n");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noPlantedModuleRunsWithoutASandbox(boolean withJava) throws Exception {
    Path ran = directory.resolve("ran");
    Path modules = planted(ran);
    String places = " PERL5LIB=" + modules + " PYTHONPATH=" + modules;
    // With the second option, perl that takes it fails, so that python3 is asked.
    for (String option : List.of("-MPlanted", "-MMissing")) {
      Wsl2Backend own = backend(withJava, modules, "PERL5OPT=" + option + places);
      demandUsable(own);
      assertRuns(own, modules);
      assertThat(ran).as(option).doesNotExist();
      // The control: the modules run where the interpreters take them.
      Process control =
          new ProcessBuilder("python3", "-c", "import socket").directory(modules.toFile()).start();
      assertThat(control.waitFor()).isZero();
      assertThat(ran).exists();
      Files.delete(ran);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noProgramOfARelativeEntryOfThePathRunsWithoutASandbox(boolean withJava) throws Exception {
    Path ran = directory.resolve("ran");
    Path workspace = Files.createDirectories(directory.resolve("workspace"));
    String hidden = withJava ? "" : WITHOUT_JAVA + ":";
    String path = "PATH=.:" + hidden + System.getenv("PATH");
    demandUsable(backend(withJava, workspace, path));
    for (String name : PROGRAMS) {
      Path program = workspace.resolve(name);
      Files.writeString(program, "#!/bin/sh\necho \"$0\" >>'" + ran + "'\nexit 1\n");
      assertThat(program.toFile().setExecutable(true)).isTrue();
    }
    Wsl2Backend own = backend(withJava, workspace, path);
    assertThat(own.probe().reasons()).isEmpty();
    assertRuns(own, workspace);
    assertThat(ran).doesNotExist();
    // The control: the programs run where the path is searched in the workspace.
    Process control =
        new ProcessBuilder("/usr/bin/env", path, "uname").directory(workspace.toFile()).start();
    assertThat(control.waitFor()).isEqualTo(1);
    assertThat(ran).exists();
  }
}
