package org.ringfence.conformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.Fixture;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.conformance.stage.WindowsFixture;
import org.ringfence.conformance.stage.WorkspaceFixture;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.SandboxBackend;

/**
 * All cases, and the run of them against a backend.
 *
 * <pre>{@code
 * try (ConformanceSuite suite = ConformanceSuite.against(backend, 2)) {
 *   for (Future<CaseResult> result : suite.start(suite.cases())) {
 *     CaseResult ended = result.get();
 *   }
 * }
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class ConformanceSuite implements AutoCloseable {
  /**
   * Cases that would see other cases, or disturb them: they count the user's processes or mounts,
   * or load the whole machine. No case runs beside them.
   */
  private static final List<String> ALONE =
      List.of(
          "LIFE-FORK",
          "LIFE-JVM-KILLED",
          "LIFE-ZOMBIES",
          "LIMIT-CPU",
          "LIMIT-MEMORY",
          "LIMIT-PROCESSES",
          "LP-BIND-ALIAS",
          "MOUNT-",
          "PROC-MANY",
          "EGRESS-NAME-MANY",
          "NET-RACE",
          "WSL-");

  /** Creates the fixture of one worker. */
  private interface Place {
    Fixture create() throws IOException;
  }

  private final SandboxBackend backend;
  private final Place place;
  private final List<ConformanceCase> cases;
  private final Queue<Fixture> idle = new ConcurrentLinkedQueue<>();
  private final Queue<Fixture> made = new ConcurrentLinkedQueue<>();
  private final ReadWriteLock beside = new ReentrantReadWriteLock(true);
  private final ExecutorService workers;

  /** Creates one fixture first: where that fails, it fails before any case runs. */
  private ConformanceSuite(
      SandboxBackend backend, Place place, List<ConformanceCase> cases, int jobs)
      throws IOException {
    this.backend = backend;
    this.place = place;
    this.cases = cases;
    idle.add(fixture());
    this.workers =
        Executors.newFixedThreadPool(
            jobs,
            task -> {
              Thread thread = new Thread(task, "conformance");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Prepares the suite, with the cases of this system, one at a time.
   *
   * @param backend the backend under test
   * @return the suite; close it to remove its files
   * @throws IOException if the fixture cannot be created
   */
  public static ConformanceSuite against(SandboxBackend backend) throws IOException {
    return against(backend, 1);
  }

  /**
   * Prepares the suite, with the cases of this system.
   *
   * @param backend the backend under test
   * @param jobs how many cases may run at a time, at least 1; on Windows one at a time runs
   * @return the suite; close it to remove its files
   * @throws IOException if the fixture cannot be created
   */
  public static ConformanceSuite against(SandboxBackend backend, int jobs) throws IOException {
    if (jobs < 1) {
      throw new IllegalArgumentException("jobs: " + jobs + " is below 1");
    }
    return PathStyle.current() == PathStyle.WINDOWS
        ? new ConformanceSuite(backend, WindowsFixture::create, CaseCatalogue.windows(), 1)
        : new ConformanceSuite(backend, PosixFixture::create, CaseCatalogue.posix(), jobs);
  }

  /**
   * Prepares the cases of the doors of WSL2, one at a time, for a backend whose commands run in a
   * distribution.
   */
  static ConformanceSuite ofDoors(SandboxBackend backend, WorkspaceFixture workspace)
      throws IOException {
    return new ConformanceSuite(backend, () -> workspace, CaseCatalogue.doors(), 1);
  }

  /**
   * Returns all cases of all systems, without preparing to run them.
   *
   * @return the cases, by group
   * @throws IOException if the jar lacks the data file
   */
  public static List<ConformanceCase> catalogue() throws IOException {
    return CaseCatalogue.all();
  }

  /**
   * Returns all cases.
   *
   * @return the cases, by group
   */
  public List<ConformanceCase> cases() {
    return cases;
  }

  /**
   * Starts cases, as many at a time as the suite has jobs.
   *
   * @param wanted cases of this suite
   * @return their results, in the order of the cases
   */
  public List<Future<CaseResult>> start(List<ConformanceCase> wanted) {
    List<Future<CaseResult>> results = new ArrayList<>();
    for (ConformanceCase each : wanted) {
      results.add(workers.submit(() -> run(each)));
    }
    return results;
  }

  /** Runs cases, as many at a time as the suite has jobs, and waits for their results. */
  List<CaseResult> results(Predicate<ConformanceCase> wanted)
      throws InterruptedException, ExecutionException {
    List<CaseResult> results = new ArrayList<>();
    for (Future<CaseResult> each : start(cases.stream().filter(wanted).toList())) {
      results.add(each.get());
    }
    return results;
  }

  /**
   * Runs a case on the calling thread.
   *
   * @param each a case of this suite
   * @return its result
   */
  public CaseResult run(ConformanceCase each) {
    boolean alone = ALONE.stream().anyMatch(each.id()::startsWith);
    Lock lock = alone ? beside.writeLock() : beside.readLock();
    lock.lock();
    try {
      Fixture fixture = fixture();
      try {
        return CaseResult.of(each, new TestContext(backend, fixture));
      } finally {
        idle.add(fixture);
      }
    } catch (IOException e) {
      return new CaseResult(
          each.id(), each.group(), each.title(), Outcome.failed("no fixture: " + e), 0);
    } finally {
      lock.unlock();
    }
  }

  private Fixture fixture() throws IOException {
    Fixture free = idle.poll();
    if (free == null) {
      free = place.create();
      made.add(free);
    }
    return free;
  }

  @Override
  public void close() throws IOException {
    workers.shutdownNow();
    IOException failure = null;
    for (Fixture each = made.poll(); each != null; each = made.poll()) {
      try {
        each.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
