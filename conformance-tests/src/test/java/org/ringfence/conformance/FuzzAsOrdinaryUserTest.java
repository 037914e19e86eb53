package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.conformance.fuzz.Fuzzer;
import org.ringfence.conformance.probe.NativeCalls;

/** Runs the fuzzer in a JVM of an ordinary user if the build runs as root: root hides faults. */
class FuzzAsOrdinaryUserTest {
  private static final String SEQUENCES = "2x";
  private static final String SEED = "1";

  @TestFactory
  Stream<DynamicTest> sequences() {
    assumeTrue(NativeCalls.LINUX, "the fuzzer supports only Linux");
    return Stream.of("landlock", "bubblewrap")
        .flatMap(
            backend ->
                Stream.of("0", "2")
                    .map(
                        scenario ->
                            DynamicTest.dynamicTest(
                                backend + ", scenario " + scenario + ", from seed " + SEED,
                                () -> run(backend, scenario))));
  }

  private static void run(String backend, String scenario) throws Exception {
    try (OrdinaryUser user = OrdinaryUser.create()) {
      Process jvm = user.java(Fuzzer.class.getName(), backend, SEQUENCES, SEED, scenario).start();
      String told = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(jvm.waitFor()).as(told).isZero();
    }
  }
}
