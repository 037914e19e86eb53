package org.ringfence.spi;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The extension of a backend whose commands run in another system than this JVM, such as a virtual
 * machine. Such a backend also creates the private temporary directories of its sandboxes there.
 * Thread-safe.
 */
public interface RemoteBackend {
  /**
   * Runs the conformance suite in the other system.
   *
   * @param request the cases and the report's format
   * @param report the destination of the report
   * @return whether no case failed; empty if there is no other system, so that the suite runs here
   * @throws IOException if the suite cannot be run there
   */
  Optional<Boolean> verify(Verification.Request request, Appendable report) throws IOException;

  /**
   * Returns a command that runs in the other system without a sandbox, as the control for denials.
   *
   * @param command the program and its arguments, as in {@link org.ringfence.SandboxCommand}
   * @return the command to start on this machine
   */
  List<String> unconfined(List<String> command);
}
