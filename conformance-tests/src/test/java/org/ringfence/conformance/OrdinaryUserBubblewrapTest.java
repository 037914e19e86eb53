package org.ringfence.conformance;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs every case under {@code bubblewrap} as an ordinary user. */
class OrdinaryUserBubblewrapTest extends OrdinaryUserConformance {
  @TestFactory
  Stream<DynamicTest> cases() throws Exception {
    assumeBubblewrap();
    return cases("bubblewrap");
  }
}
