package org.ringfence.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.spi.SandboxBackend;

/** Runs the suite against bubblewrap, as the user of the build. */
class BubblewrapConformanceTest extends SandboxBackendTck {
  @Override
  protected SandboxBackend backend() {
    BubblewrapBackend backend = new BubblewrapBackend();
    assumeTrue(backend.probe().usable(), () -> "no bubblewrap here: " + backend.probe().reasons());
    return backend;
  }

  @Override
  protected boolean selects(ConformanceCase each) {
    return Selection.asRoot(each);
  }
}
