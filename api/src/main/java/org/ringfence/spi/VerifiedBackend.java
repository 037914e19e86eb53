package org.ringfence.spi;

import java.util.Optional;
import org.ringfence.SandboxException;

/**
 * The extension of a backend whose plans carry a remark until a first run has passed on the build
 * of this machine. Thread-safe.
 */
public interface VerifiedBackend {
  /**
   * Returns the build of the systems that the backend depends on. A result counts on the same build
   * alone.
   *
   * @return one line, such as {@code macOS 15.5 (24F74) aarch64}
   * @throws SandboxException if the backend cannot run here, or the build is not found out
   */
  String build() throws SandboxException;

  /**
   * Returns the place of the results.
   *
   * @return the results; empty when this user has no directory for them
   */
  default Optional<VerifiedBuilds> verifiedBuilds() {
    return VerifiedBuilds.ofUser();
  }
}
