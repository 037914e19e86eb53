package org.ringfence.agentsandbox;

import java.io.IOException;
import java.nio.file.Path;
import org.ringfence.policy.json.Presets;
import org.springaicommunity.sandbox.ExecResult;
import org.springaicommunity.sandbox.ExecSpec;
import org.springaicommunity.sandbox.Sandbox;

/** The example of README. */
final class AgentSandboxReadme {
  private AgentSandboxReadme() {}

  static String run(Path project) throws IOException {
    try (Sandbox sandbox =
        new RingfenceSandbox(
            org.ringfence.Sandbox.opener(Presets.workspaceWrite()).workspace(project).open())) {
      sandbox.files().create("src/hello.sh", "echo hello").and();
      ExecResult result = sandbox.exec(ExecSpec.of("sh", "src/hello.sh"));
      return result.stdout();
    }
  }
}
