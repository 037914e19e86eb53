package org.ringfence.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.spi.SandboxBackend;

/** Runs the suite against the Landlock backend, as the user of the build. */
class LandlockConformanceTest extends SandboxBackendTck {
  @Override
  protected SandboxBackend backend() {
    LandlockBackend backend = new LandlockBackend();
    assumeTrue(backend.probe().usable(), () -> "no Landlock here: " + backend.probe().reasons());
    return backend;
  }

  @Override
  protected boolean selects(ConformanceCase each) {
    return Selection.asRoot(each);
  }
}
