package org.ringfence.conformance.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.spi.SandboxBackend;

/**
 * Compares random system calls of several processes and threads inside a sandbox with the same
 * calls outside. A build runs the same few sequences each time, so it does not depend on the speed
 * of the machine. With {@code ringfence.fuzz.seconds} each backend is searched for that time, from
 * a new seed, which the test names show; {@code ringfence.fuzz.seed} repeats a seed.
 */
class FuzzTest {
  private static final int SEQUENCES = Boolean.getBoolean("ringfence.test.full") ? 8 : 1;
  // The time excludes start-up and restoration of the trees.
  private static final long SECONDS = Long.getLong("ringfence.fuzz.seconds", 0);
  private static final long SEED =
      Long.getLong("ringfence.fuzz.seed", SECONDS == 0 ? 1 : System.currentTimeMillis());

  @TestFactory
  Stream<DynamicTest> landlock() {
    return scenarios(new LandlockBackend());
  }

  @TestFactory
  Stream<DynamicTest> bubblewrap() {
    return scenarios(new BubblewrapBackend());
  }

  private static Stream<DynamicTest> scenarios(SandboxBackend backend) {
    assumeTrue(NativeCalls.LINUX, "the fuzzer supports only Linux");
    assumeTrue(backend.probe().usable(), () -> "not here: " + backend.probe().reasons());
    List<Scenario> all = Scenario.all(backend.info().id());
    return all.stream()
        .map(
            scenario ->
                DynamicTest.dynamicTest(
                    scenario + ", from seed " + SEED,
                    () -> {
                      // Scenarios with several runs open new sandboxes for each sequence, so they
                      // take longest.
                      String bound =
                          SECONDS == 0
                              ? Math.max(1, SEQUENCES / scenario.runs()) + "x"
                              : Long.toString(SECONDS / all.size());
                      assertThat(Fuzzer.run(scenario, List.of(bound, Long.toString(SEED))))
                          .isEmpty();
                    }));
  }

  @TestFactory
  Stream<DynamicTest> recordedSequencesPass() throws IOException {
    assumeTrue(NativeCalls.LINUX, "the fuzzer supports only Linux");
    return Stream.of(new LandlockBackend(), new BubblewrapBackend())
        .filter(backend -> backend.probe().usable())
        .flatMap(backend -> kept().entrySet().stream().map(entry -> kept(backend, entry)));
  }

  private static DynamicTest kept(SandboxBackend backend, Map.Entry<String, String> entry) {
    Scenario scenario = Scenario.parse(backend.info().id() + " " + entry.getKey());
    Scenario fitting =
        backend.info().id().equals("landlock") ? scenario.withoutCarving() : scenario;
    return DynamicTest.dynamicTest(
        fitting.toString(),
        () -> assertThat(Fuzzer.run(fitting, List.of(entry.getValue()))).isEmpty());
  }

  /** Returns the recorded sequences by scenario. */
  private static Map<String, String> kept() {
    try (InputStream in = FuzzTest.class.getResourceAsStream("sequences.txt")) {
      Map<String, String> all = new LinkedHashMap<>();
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String part : text.substring(text.indexOf("\n= ") + 3).split("\n= ")) {
        int end = part.indexOf('\n');
        all.put(part.substring(0, end), part.substring(end + 1));
      }
      return all;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aSequenceIsReadAsItIsWritten() {
    Sequence drawn = Sequence.draw(7, 500, false);
    assertThat(Sequence.parse(drawn.toString())).isEqualTo(drawn);
    assertThat(Sequence.draw(7, 500, false)).isEqualTo(drawn);
  }

  @Test
  void aShrunkSequenceKeepsItsFaultAlone() throws Exception {
    Sequence drawn = Sequence.draw(7, 200, false);
    String needed = drawn.steps().get(90).toString();
    Sequence shrunk = Shrinker.shrink(drawn, sequence -> sequence.toString().contains(needed));
    assertThat(shrunk.steps()).hasSize(1);
  }
}
