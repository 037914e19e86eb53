package org.ringfence.mcp;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import org.ringfence.Sandbox;
import org.ringfence.policy.json.Presets;

/** A server of the usual policy. */
final class ServerProcess {
  /** The exit code after bad input. */
  static final int NOT_OK = 1;

  private ServerProcess() {}

  public static void main(String[] args) throws Exception {
    try (McpToolServer server =
        McpToolServer.over(
            Sandbox.opener(Presets.workspaceWrite()).backend(args[0]).workspace(Path.of(args[1])),
            McpToolServer.Denials.DECIDED,
            "test",
            new FileInputStream(FileDescriptor.in),
            new FileOutputStream(FileDescriptor.out))) {
      server.serve();
    } catch (IOException e) {
      System.exit(NOT_OK);
    }
    System.exit(0);
  }
}
