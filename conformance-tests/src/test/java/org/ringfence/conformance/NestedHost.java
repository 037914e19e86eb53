package org.ringfence.conformance;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.json.Presets;

/** Opens a sandbox, attempts a granted and a denied write, and prints the results. */
public final class NestedHost {
  private NestedHost() {}

  /**
   * Runs the host.
   *
   * @param args workspace, a directory outside, and guarantees that may be weaker
   * @throws Exception if the sandbox cannot be opened
   */
  public static void main(String[] args) throws Exception {
    Path workspace = Path.of(args[0]);
    Path outside = Path.of(args[1]);
    PolicyBuilder policy = Presets.load("workspace-write").toBuilder();
    List.of(args)
        .subList(2, args.length)
        .forEach(name -> policy.acceptWeaker(Guarantee.named(name)));
    try (Sandbox sandbox = Sandbox.opener(policy.build()).workspace(workspace).open()) {
      Process process =
          sandbox.start(
              SandboxCommand.of(
                  "/bin/sh",
                  "-c",
                  "echo in > inside; echo t > \"$TMPDIR/t\" && echo tmp; cat inside; echo out > "
                      + outside
                      + "/planted"));
      String output = new String(process.getInputStream().readAllBytes());
      process.waitFor();
      System.out.println(
          sandbox.plan().backend()
              + " "
              + output.replace('\n', ' ').strip()
              + " "
              + Files.exists(outside.resolve("planted")));
    }
  }
}
