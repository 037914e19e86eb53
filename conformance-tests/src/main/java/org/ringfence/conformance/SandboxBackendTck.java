package org.ringfence.conformance;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.spi.SandboxBackend;

/**
 * The suite as a test class of JUnit 5 or later. The author of a backend extends it:
 *
 * <pre>{@code
 * class MyBackendTest extends SandboxBackendTck {
 *   @Override
 *   protected SandboxBackend backend() {
 *     return new MyBackend();
 *   }
 * }
 * }</pre>
 *
 * <p>Each case is a dynamic test with the case's claim as its name. A case that this machine cannot
 * show, or that tests what the backend does not promise, is skipped with the reason. A run in which
 * no case has passed fails, so a backend that cannot run here does not look verified. To skip the
 * class where the backend cannot run, abort in {@link #backend()}.
 *
 * <p>Two cases run at a time, in threads of the suite.
 */
public abstract class SandboxBackendTck {
  private static final int JOBS = 2;

  /** Creates the test class; JUnit calls it. */
  protected SandboxBackendTck() {}

  /**
   * Creates the backend under test.
   *
   * @return the backend; the suite uses it from several threads
   * @throws Exception to fail the test, or to skip it with an exception of {@link
   *     org.junit.jupiter.api.Assumptions}
   */
  protected abstract SandboxBackend backend() throws Exception;

  /**
   * Returns whether a case is part of this run. By default every case of this system is.
   *
   * @param each a case
   * @return false to leave it out
   */
  protected boolean selects(ConformanceCase each) {
    return true;
  }

  /**
   * Passes, fails or skips the test of a case.
   *
   * @param result the result of the case
   */
  protected void check(CaseResult result) {
    switch (result.verdict()) {
      case PASS -> {
        // The dynamic test passes.
      }
      case FAIL -> Assertions.fail(result.id() + ": " + result.detail());
      case SKIPPED -> abort("skipped: " + result.detail());
      case NOT_APPLICABLE -> abort("not applicable: " + result.detail());
    }
  }

  /**
   * Starts the cases. JUnit calls it.
   *
   * @return a test for each case, and one that fails if none has passed
   * @throws Exception if there is no backend or no fixture
   */
  @TestFactory
  protected final Stream<DynamicTest> cases() throws Exception {
    ConformanceSuite suite = ConformanceSuite.against(backend(), JOBS);
    List<ConformanceCase> cases = suite.cases().stream().filter(this::selects).toList();
    List<Future<CaseResult>> results = suite.start(cases);
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      ConformanceCase each = cases.get(i);
      Future<CaseResult> result = results.get(i);
      tests.add(
          DynamicTest.dynamicTest(each.id() + ": " + each.title(), () -> check(result.get())));
    }
    tests.add(
        DynamicTest.dynamicTest(
            "The run has verified at least one case", () -> checkNotEmpty(results)));
    return tests.stream().onClose(() -> close(suite));
  }

  private static void checkNotEmpty(List<Future<CaseResult>> results) throws Exception {
    for (Future<CaseResult> each : results) {
      if (each.get().verdict() == CaseVerdict.PASS) {
        return;
      }
    }
    Assertions.fail("none of " + results.size() + " cases has passed: nothing is verified");
  }

  private static void close(ConformanceSuite suite) {
    try {
      suite.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
