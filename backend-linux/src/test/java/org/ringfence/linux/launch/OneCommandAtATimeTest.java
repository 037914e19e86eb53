package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;

/** Starts commands one after another at the level that searches when each of them has ended. */
class OneCommandAtATimeTest {
  // A launch is refused beside the sandbox's own trial launch in some of the rounds only.
  private static final int ROUNDS = 10;

  private static final SandboxPolicy EXISTING =
      SandboxPolicy.builder().write(":workspace").protectedNames(ProtectedNames.EXISTING).build();

  @TempDir private Path workspace;

  private Sandbox open() throws SandboxException {
    return Sandbox.opener(EXISTING).workspace(workspace).backend("bubblewrap").open();
  }

  @Test
  void refusedLaunchLeavesRoomForTheNextCommand() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "bubblewrap is not installed");
    for (int i = 0; i < ROUNDS; i++) {
      try (Sandbox sandbox = open()) {
        assertThatThrownBy(
                () ->
                    sandbox.start(
                        SandboxCommand.of("/bin/cat")
                            .redirectInput(ProcessBuilder.Redirect.from(workspace.toFile()))))
            .hasMessageContaining("directory");
        Result next = sandbox.command("/bin/echo", "next").run();
        assertThat(next.stdout().text()).isEqualTo("next\n");
      }
    }
  }

  @Test
  void secondCommandIsRefusedWhileTheFirstRuns() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "bubblewrap is not installed");
    try (Sandbox sandbox = open()) {
      SandboxedProcess first = sandbox.start(SandboxCommand.of("/bin/cat"));
      assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("/bin/true")))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("one command at a time");
      first.getOutputStream().close();
      assertThat(first.waitFor()).isZero();
      assertThat(sandbox.command("/bin/echo", "next").run().stdout().text()).isEqualTo("next\n");
    }
  }
}
