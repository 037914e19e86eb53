package org.ringfence.conformance;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs every case under {@code landlock} as an ordinary user. */
class OrdinaryUserLandlockTest extends OrdinaryUserConformance {
  @TestFactory
  Stream<DynamicTest> cases() throws Exception {
    return cases("landlock");
  }
}
