package org.ringfence.junit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.ringfence.Sandbox;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.PolicyReader;

/**
 * The sandbox of a test, and its workspace if that is temporary.
 *
 * @param sandbox the sandbox
 * @param temporary the directory to remove
 */
record TestSandbox(Sandbox sandbox, Optional<Path> temporary) implements Closeable {
  static TestSandbox open(Sandboxed asked) throws IOException {
    SandboxPolicy policy = PolicyReader.combined(List.of(asked.value()));
    Optional<Path> temporary =
        asked.workspace().isEmpty()
            ? Optional.of(Files.createTempDirectory("sandboxed-test").toRealPath())
            : Optional.empty();
    boolean done = false;
    try {
      Sandbox sandbox =
          Sandbox.opener(policy)
              .workspace(temporary.orElseGet(() -> Path.of(asked.workspace())))
              .backend(asked.backend().isEmpty() ? null : asked.backend())
              .open();
      done = true;
      return new TestSandbox(sandbox, temporary);
    } finally {
      if (!done && temporary.isPresent()) {
        Files.delete(temporary.get());
      }
    }
  }

  @Override
  public void close() throws IOException {
    sandbox.close();
    if (temporary.isPresent()) {
      Files.walkFileTree(temporary.get(), new WrittenTree());
    }
  }
}
