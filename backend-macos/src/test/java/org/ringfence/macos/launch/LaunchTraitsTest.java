package org.ringfence.macos.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.macos.SeatbeltBackend;
import org.ringfence.macos.bind.Posix;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.spi.VerifiedBuilds;

/** Traits of macOS at a launch that Linux lacks, with programs that imitate them. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launch needs posix_spawn")
class LaunchTraitsTest {
  @TempDir private Path directory;

  private Sandbox open(String sandboxExec, String log, boolean hears) throws Exception {
    return open("/bin/sh", sandboxExec, log, hears, policy());
  }

  private static PolicyBuilder policy() {
    return SandboxPolicy.builder()
        .write(":workspace")
        .variable("DYLD_LIBRARY_PATH", "/ws/lib")
        .strictness(Strictness.Mode.BEST_EFFORT);
  }

  private Sandbox open(
      String shell, String sandboxExec, String log, boolean hears, PolicyBuilder policy)
      throws Exception {
    Path program = script("sandbox-exec", sandboxExec);
    SeatbeltPrograms programs =
        new SeatbeltPrograms(
            shell,
            List.of("/bin/sh", program.toString()),
            script("log", log).toString(),
            script("sw_vers", "").toString());
    Sandbox.Opener opener =
        Sandbox.opener(policy.build())
            .workspace(Files.createDirectories(directory.resolve("ws")))
            .backends(
                Backends.of(List.of(SeatbeltBackend.with(programs, VerifiedBuilds.in(directory)))));
    return (hears ? opener.onDenied(violation -> {}) : opener).open();
  }

  private Path script(String name, String text) throws IOException {
    Path script = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + text);
    script.toFile().setExecutable(true);
    return script;
  }

  private static String output(Sandbox sandbox, String... words) throws Exception {
    SandboxedProcess process = sandbox.start(SandboxCommand.of(words));
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said.strip();
  }

  /** Passes over options, and runs the rest. */
  private static final String PLAIN =
      "while case $1 in -*) true ;; *) false ;; esac; do shift 2; done\n"
          + "[ -e \"$1\" ] || { echo \"$1: missing\" >&2; exit 71; }\n";

  @Test
  void commandStartsOnceTheLogHears() throws Exception {
    Path hears = directory.resolve("hears");
    String log =
        "sleep 0.7; : >'" + hears + "'; echo 'Filtering the log data using x'; exec sleep 100049\n";
    try (Sandbox sandbox = open(PLAIN + "exec \"$@\"\n", log, true)) {
      assertThat(output(sandbox, "sh", "-c", "test -e '" + hears + "' && echo heard"))
          .isEqualTo("heard");
    }
  }

  /** The linker takes its variables from no program of the system. */
  @Test
  void variablesOfTheLinkerReachTheCommand() throws Exception {
    String purging = PLAIN + "unset DYLD_LIBRARY_PATH\nexec \"$@\"\n";
    try (Sandbox sandbox = open(purging, "exec sleep 100049\n", false)) {
      assertThat(output(sandbox, "sh", "-c", "echo \"$DYLD_LIBRARY_PATH\"")).isEqualTo("/ws/lib");
    }
  }

  /** The shell of macOS is bash, which takes functions from its environment. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "names functions as bash does since 4.3")
  void variablesOfTheCommandRunNothingInTheShellBeforeIt() throws Exception {
    Path shell = Files.createSymbolicLink(directory.resolve("sh"), Path.of("/bin/bash"));
    Path ran = directory.resolve("ran");
    String name = "BASH_FUNC_cd%%";
    String function = "() { : >'" + ran + "'; }";
    PolicyBuilder policy = policy().variable(name, function).variable("SHELLOPTS", "noglob");
    String runs = PLAIN + "exec \"$@\"\n";
    try (Sandbox sandbox = open(shell.toString(), runs, "exec sleep 100049\n", false, policy)) {
      assertThat(output(sandbox, "env").lines())
          .contains(name + "=" + function, "SHELLOPTS=noglob");
      assertThat(ran).doesNotExist();
    }
    // The control: the shell runs the function where it sees it.
    ProcessBuilder control = new ProcessBuilder(shell.toString(), "-c", "cd -- /");
    control.environment().put(name, function);
    control.start().waitFor();
    assertThat(ran).exists();
  }

  /** macOS forgets the size of a terminal that no process has open. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "looks at /proc/self/fd")
  void terminalStaysOpenWhileNoCommandHasIt() throws Exception {
    Posix posix = new Posix();
    Posix.Terminal terminal = posix.terminal();
    int held = posix.openTerminal(terminal.path());
    assertThat(open(terminal.path())).isTrue();
    posix.close(held);
    assertThat(open(terminal.path())).isFalse();
    posix.close(terminal.master());
  }

  private static boolean open(String path) throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.anyMatch(
          each -> {
            try {
              return Files.readSymbolicLink(each).toString().equals(path);
            } catch (IOException e) {
              return false;
            }
          });
    }
  }
}
