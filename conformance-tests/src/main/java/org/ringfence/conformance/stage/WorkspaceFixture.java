package org.ringfence.conformance.stage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A workspace alone, for cases whose commands run in another system than this process.
 *
 * @param workspace an existing directory; closing the fixture removes it
 */
public record WorkspaceFixture(Path workspace) implements Fixture {
  /** Creates one in the directory for temporary files. */
  public static WorkspaceFixture create() throws IOException {
    return new WorkspaceFixture(Files.createTempDirectory("ringfence-conformance-").toRealPath());
  }

  @Override
  public void reset() {
    // Each of these cases removes its own files.
  }

  @Override
  public void close() throws IOException {
    PosixFixture.deleteTree(workspace);
  }
}
