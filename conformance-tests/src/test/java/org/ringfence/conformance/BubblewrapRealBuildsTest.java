package org.ringfence.conformance;

import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.spi.SandboxBackend;

/** Runs the real builds in namespaces. */
class BubblewrapRealBuildsTest extends RealBuildsTest {
  @Override
  SandboxBackend backend() {
    return new BubblewrapBackend();
  }
}
