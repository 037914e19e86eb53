package org.ringfence.conformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.spi.SandboxBackend;

/**
 * Runs a suite for a test class, two cases at a time. Each case is a dynamic test that waits for
 * its result.
 */
final class RunningSuite implements AutoCloseable {
  /** The number of processors of the build's machines. */
  static final int JOBS = 2;

  private final ConformanceSuite suite;
  private final Predicate<ConformanceCase> wanted;

  private RunningSuite(ConformanceSuite suite, Predicate<ConformanceCase> wanted) {
    this.suite = suite;
    this.wanted = wanted;
  }

  static RunningSuite against(SandboxBackend backend) throws IOException {
    return against(backend, each -> true);
  }

  static RunningSuite against(SandboxBackend backend, Predicate<ConformanceCase> wanted)
      throws IOException {
    return new RunningSuite(ConformanceSuite.against(backend, JOBS), wanted);
  }

  Stream<DynamicTest> tests(Consumer<CaseResult> report) {
    List<ConformanceCase> cases = suite.cases().stream().filter(wanted).toList();
    List<Future<CaseResult>> results = suite.start(cases);
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      ConformanceCase each = cases.get(i);
      Future<CaseResult> result = results.get(i);
      tests.add(
          DynamicTest.dynamicTest(
              each.id() + ": " + each.title(), () -> report.accept(result.get())));
    }
    return tests.stream();
  }

  /** Runs the cases and returns their results. */
  List<CaseResult> results() throws InterruptedException, ExecutionException {
    List<CaseResult> ended = new ArrayList<>();
    for (Future<CaseResult> result : suite.start(suite.cases().stream().filter(wanted).toList())) {
      ended.add(result.get());
    }
    return ended;
  }

  @Override
  public void close() throws IOException {
    suite.close();
  }
}
