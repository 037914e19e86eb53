package org.ringfence.conformance.stage;

import java.io.File;
import java.nio.file.Path;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.file.LoadedArchives;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.json.Presets;

/** A JVM that opens a sandbox, starts a script in it and waits until a test kills it. */
public final class SandboxHost {
  private SandboxHost() {}

  /** Returns the command that starts one. */
  public static ProcessBuilder command(TestContext stage, String script) {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            String.join(File.pathSeparator, LoadedArchives.paths()),
            SandboxHost.class.getName(),
            stage.backend().info().id(),
            stage.fixture().workspace().toString(),
            script)
        .redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  /**
   * Runs it.
   *
   * @param args backend, workspace, script
   * @throws Exception if the sandbox cannot be opened
   */
  public static void main(String[] args) throws Exception {
    try (Sandbox sandbox =
        Sandbox.opener(
                Presets.load("workspace-write").toBuilder()
                    .protectedNames(ProtectedNames.OFF)
                    .strictness(Strictness.Mode.BEST_EFFORT)
                    .build())
            .backend(args[0])
            .workspace(Path.of(args[1]))
            .open()) {
      System.out.println(sandbox.plan().policy().places().privateTmp().orElse(""));
      sandbox.start(SandboxCommand.of("/bin/sh", "-c", args[2]).inheritIO()).waitFor();
    }
  }
}
