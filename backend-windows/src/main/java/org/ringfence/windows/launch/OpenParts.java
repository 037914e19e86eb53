package org.ringfence.windows.launch;

import java.util.ArrayDeque;
import java.util.Deque;
import org.ringfence.SandboxException;

/** What a sandbox consists of; closed in the other order, each also when another cannot be. */
final class OpenParts implements AutoCloseable {
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  @Override
  public void close() throws SandboxException {
    SandboxException failed = null;
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        SandboxException told =
            e instanceof SandboxException own
                ? own
                : new SandboxException("sandbox: " + e.getMessage(), e);
        if (failed == null) {
          failed = told;
        } else {
          failed.addSuppressed(told);
        }
      }
    }
    if (failed != null) {
      throw failed;
    }
  }
}
