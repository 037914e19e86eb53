package org.ringfence.linux.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.TerminalSize;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Arch;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.json.Presets;

/**
 * Checks which terminals a command can open for reading if it shares {@code /dev/pts} with the
 * user.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OtherTerminalsTest {
  @TempDir private Path workspace;

  private PseudoTerminal terminal;
  private String name;

  @BeforeEach
  void openTerminal() throws Exception {
    Kernel kernel = new Kernel(Arch.current().orElseThrow());
    terminal = PseudoTerminal.open(kernel, new TerminalSize(24, 80));
    name = new PathResolver(kernel).link(terminal.slave());
    assumeThat(new File(name)).as("a container may hide its terminals").exists();
  }

  @AfterEach
  void closeTerminal() {
    terminal.closeSlave();
    terminal.close();
  }

  private static PolicyBuilder writing() {
    return Presets.load("workspace-write").toBuilder().strictness(Strictness.Mode.BEST_EFFORT);
  }

  private Sandbox open(PolicyBuilder policy) throws SandboxException {
    return Sandbox.opener(policy.build()).workspace(workspace).backend("landlock").open();
  }

  private static int opens(Sandbox sandbox, String path) throws Exception {
    return sandbox.start(opening(path)).waitFor();
  }

  private static SandboxCommand opening(String path) {
    // A failed redirection of exec ends the shell.
    return SandboxCommand.of("/bin/sh", "-c", "exec 3< " + path);
  }

  @Test
  void onlyARuleThatNamesTheTerminalGrantsIt() throws Exception {
    try (Sandbox sandbox = open(writing())) {
      assertThat(opens(sandbox, "/dev/null")).isZero();
      assertThat(opens(sandbox, name)).isNotZero();
    }
    try (Sandbox sandbox = open(writing().read("/dev").read("/"))) {
      assertThat(opens(sandbox, name)).isNotZero();
    }
    try (Sandbox sandbox = open(writing().read(name))) {
      assertThat(opens(sandbox, name)).isZero();
    }
  }

  @Test
  void inheritedTerminalIsReadableOnlyByItsCommand() throws Exception {
    File device = new File(name);
    try (Sandbox sandbox = open(writing())) {
      for (String path : new String[] {name, "/dev/stdin"}) {
        assertThat(sandbox.start(opening(path).redirectInput(Redirect.from(device))).waitFor())
            .as(path)
            .isZero();
      }
      assertThat(opens(sandbox, name))
          .as("the next command does not inherit the terminal")
          .isNotZero();
      assertThat(
              sandbox
                  .start(opening("/proc/self/fd/1").redirectOutput(Redirect.to(device)))
                  .waitFor())
          .as("inherited for output")
          .isNotZero();
    }
  }
}
