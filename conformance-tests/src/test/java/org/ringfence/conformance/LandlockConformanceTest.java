package org.ringfence.conformance;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.linux.LandlockBackend;

/** Runs the suite against the Landlock backend, as the user of the build. */
class LandlockConformanceTest {
  private static RunningSuite suite;

  @TestFactory
  Stream<DynamicTest> cases() throws IOException {
    LandlockBackend backend = new LandlockBackend();
    assumeTrue(backend.probe().usable(), () -> "no Landlock here: " + backend.probe().reasons());
    suite = RunningSuite.against(backend, Selection::asRoot);
    return suite.tests(LandlockConformanceTest::report);
  }

  static void report(CaseResult result) {
    switch (result.outcome()) {
      case PASS -> Assertions.assertTrue(result.detail().isEmpty());
      case FAIL -> Assertions.fail(result.id() + ": " + result.detail());
      case NOT_APPLICABLE -> abort("not applicable: " + result.detail());
    }
  }

  @AfterAll
  static void close() throws IOException {
    if (suite != null) {
      suite.close();
    }
  }
}
