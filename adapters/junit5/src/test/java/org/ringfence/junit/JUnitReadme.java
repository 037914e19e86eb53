package org.ringfence.junit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.ringfence.Result;
import org.ringfence.Sandbox;

/** The example of README, which no build finds by itself. */
final class JUnitReadme {
  private JUnitReadme() {}

  @Sandboxed
  static class ScriptTest {
    @Test
    void aScriptWritesInItsWorkspaceAlone(Sandbox sandbox) throws Exception {
      Result result = sandbox.command("sh", "-c", "echo in > file; echo out > /etc/file").run();
      assertThat(result.succeeded()).isFalse();
    }

    @Test
    @Sandboxed({"read-only", "no-credentials"})
    void aToolStartsItsProcessesInTheSandbox(SandboxedProcessFactory processes) throws Exception {
      Process process = processes.start(new ProcessBuilder("sh", "-c", "echo in > file"));
      assertThat(process.waitFor()).isNotZero();
    }
  }
}
