package org.ringfence.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.macos.SeatbeltBackend;

/** Runs the suite against Seatbelt on macOS. */
@EnabledOnOs(value = OS.MAC, disabledReason = "only macOS has Seatbelt")
class SeatbeltConformanceTest {
  private static RunningSuite suite;

  @TestFactory
  Stream<DynamicTest> cases() throws IOException {
    SeatbeltBackend backend = new SeatbeltBackend();
    assumeTrue(backend.probe().usable(), () -> "no sandbox here: " + backend.probe().reasons());
    suite = RunningSuite.against(backend);
    return suite.tests(LandlockConformanceTest::report);
  }

  @AfterAll
  static void close() throws IOException {
    if (suite != null) {
      suite.close();
    }
  }
}
