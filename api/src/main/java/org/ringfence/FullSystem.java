package org.ringfence;

import java.io.UncheckedIOException;
import java.util.ServiceConfigurationError;

/** Refuses, with the reason, what a system without descriptors or threads does not let begin. */
final class FullSystem {
  private static final String NO_THREADS =
      "sandbox: the system has no process or thread left for this JVM; see ulimit -u";

  private FullSystem() {}

  /** Opens something, and undoes its own parts when that fails. */
  interface Opening<T> {
    T open() throws SandboxException;
  }

  /**
   * Opens something.
   *
   * @throws SandboxException if it fails; also for a file or a module that cannot be read, and for
   *     a thread that cannot be started
   */
  static <T> T refused(Opening<T> opening) throws SandboxException {
    try {
      return opening.open();
    } catch (UncheckedIOException e) {
      throw Sandbox.cannot("sandbox", e.getCause());
    } catch (ServiceConfigurationError e) {
      throw new SandboxException("sandbox: a module cannot be loaded: " + e.getMessage(), e);
    } catch (OutOfMemoryError e) {
      // src/hotspot/share/prims/jvm.cpp, JVM_StartThread. A full heap is not the system's.
      if (String.valueOf(e.getMessage()).startsWith("unable to create")) {
        throw new SandboxException(NO_THREADS, e);
      }
      throw e;
    }
  }
}
