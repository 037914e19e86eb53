package org.ringfence.commonsexec;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.commons.exec.CommandLine;
import org.apache.commons.exec.ExecuteWatchdog;
import org.apache.commons.exec.PumpStreamHandler;
import org.ringfence.Sandbox;
import org.ringfence.policy.json.Presets;

/** The example of README. */
final class CommonsExecReadme {
  private CommonsExecReadme() {}

  static void run(Path project, OutputStream output) throws IOException {
    try (Sandbox sandbox = Sandbox.opener(Presets.workspaceWrite()).workspace(project).open()) {
      SandboxedExecutor executor = new SandboxedExecutor(sandbox);
      executor.setStreamHandler(new PumpStreamHandler(output));
      executor.setWatchdog(ExecuteWatchdog.builder().setTimeout(Duration.ofMinutes(10)).get());
      executor.execute(CommandLine.parse("git init --quiet made"));
    }
  }
}
