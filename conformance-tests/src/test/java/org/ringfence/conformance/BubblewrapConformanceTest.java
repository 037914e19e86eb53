package org.ringfence.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.linux.BubblewrapBackend;

/** Runs the suite against bubblewrap, as the user of the build. */
class BubblewrapConformanceTest {
  private static RunningSuite suite;

  @TestFactory
  Stream<DynamicTest> cases() throws IOException {
    BubblewrapBackend backend = new BubblewrapBackend();
    assumeTrue(backend.probe().usable(), () -> "no bubblewrap here: " + backend.probe().reasons());
    suite = RunningSuite.against(backend, Selection::asRoot);
    return suite.tests(LandlockConformanceTest::report);
  }

  @AfterAll
  static void close() throws IOException {
    if (suite != null) {
      suite.close();
    }
  }
}
