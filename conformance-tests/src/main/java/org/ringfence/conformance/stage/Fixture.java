package org.ringfence.conformance.stage;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The place of a case's run. One case at a time uses it.
 *
 * <p>A fixture removes its files when it is closed.
 */
public sealed interface Fixture extends AutoCloseable permits HostFixture, WorkspaceFixture {
  /**
   * Returns the workspace of the sandboxes.
   *
   * @return an absolute path
   */
  Path workspace();

  /**
   * Restores the state at the start of every case.
   *
   * @throws IOException if a file cannot be made or removed
   */
  void reset() throws IOException;

  @Override
  void close() throws IOException;
}
