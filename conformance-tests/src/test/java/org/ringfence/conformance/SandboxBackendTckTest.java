package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.macos.SeatbeltBackend;
import org.ringfence.spi.SandboxBackend;

/** Checks how results become outcomes of tests. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the selected cases are those of Linux")
class SandboxBackendTckTest {
  /** Runs one case, and returns how its test and the last test of the run ended. */
  private static List<Optional<Throwable>> run(SandboxBackend backend, String id) throws Exception {
    SandboxBackendTck tck =
        new SandboxBackendTck() {
          @Override
          protected SandboxBackend backend() {
            return backend;
          }

          @Override
          protected boolean selects(ConformanceCase each) {
            return each.id().equals(id);
          }
        };
    try (Stream<DynamicTest> tests = tck.cases()) {
      return tests.map(SandboxBackendTckTest::ending).toList();
    }
  }

  private static Optional<Throwable> ending(DynamicTest test) {
    try {
      test.getExecutable().execute();
      return Optional.empty();
    } catch (Throwable e) {
      return Optional.of(e);
    }
  }

  @Test
  void aCaseThatPassesVerifiesTheRun() throws Exception {
    assertThat(run(new PassThroughBackend(), "PROC-EXIT-7"))
        .containsExactly(Optional.empty(), Optional.empty());
  }

  @Test
  void aCaseThatTheBackendFailsFailsItsTest() throws Exception {
    assertThat(run(new PassThroughBackend(), "FW-CREATE").get(0).orElseThrow())
        .isInstanceOf(AssertionFailedError.class)
        .hasMessageContaining("FW-CREATE: expected to be denied, but: OK");
  }

  @Test
  void aRunInWhichNoCaseAppliesFails() throws Exception {
    List<Optional<Throwable>> endings = run(new SeatbeltBackend(), "PROC-EXIT-7");
    assertThat(endings.get(0).orElseThrow())
        .isInstanceOf(TestAbortedException.class)
        .hasMessageContaining("not applicable");
    assertThat(endings.get(1).orElseThrow())
        .isInstanceOf(AssertionFailedError.class)
        .hasMessageContaining("nothing is verified");
  }

  @Test
  void aRunWithoutCasesFails() throws Exception {
    assertThat(run(new PassThroughBackend(), "no such case").get(0).orElseThrow())
        .isInstanceOf(AssertionFailedError.class)
        .hasMessageContaining("none of 0 cases has passed");
  }
}
