package org.ringfence.opentelemetry;

import io.opentelemetry.api.OpenTelemetry;
import java.nio.file.Path;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.policy.json.Presets;

/** The example of README. */
final class OpenTelemetryReadme {
  private OpenTelemetryReadme() {}

  static Result run(Path project, OpenTelemetry openTelemetry) throws Exception {
    SandboxTelemetry recorded = new SandboxTelemetry(openTelemetry);
    try (Sandbox sandbox =
        recorded.recording(Sandbox.opener(Presets.workspaceWrite()).workspace(project)).open()) {
      return sandbox.command("git", "init", "--quiet", "made").run();
    }
  }
}
