package org.ringfence.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.spi.SandboxBackend;

/** Runs the cases of {@link OlderLandlock} as the user of the build, and as an ordinary user. */
class OlderLandlockTest extends SandboxBackendTck {
  private static final int FEWEST_PASSES = 20;

  @Override
  protected SandboxBackend backend() {
    LandlockBackend backend = OlderLandlock.backend();
    assumeTrue(backend.probe().usable(), () -> "no Landlock here: " + backend.probe().reasons());
    return backend;
  }

  @Override
  protected boolean selects(ConformanceCase each) {
    return OlderLandlock.selects(each.id());
  }

  @TestFactory
  Stream<DynamicTest> casesAsOrdinaryUser() throws Exception {
    try (OrdinaryUser user = OrdinaryUser.create()) {
      return OrdinaryUserConformance.cases(
          user.java(OlderLandlock.class.getName()), FEWEST_PASSES, this::check);
    }
  }
}
