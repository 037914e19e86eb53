package org.ringfence.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.ringfence.conformance.scenario.AftermathScenarios;
import org.ringfence.conformance.scenario.EgressPrograms;
import org.ringfence.conformance.scenario.EgressScenarios;
import org.ringfence.conformance.scenario.EquivalenceScenarios;
import org.ringfence.conformance.scenario.EscapeScenarios;
import org.ringfence.conformance.scenario.GitScenarios;
import org.ringfence.conformance.scenario.GitSurfaceScenarios;
import org.ringfence.conformance.scenario.HomeScenarios;
import org.ringfence.conformance.scenario.HostileScenarios;
import org.ringfence.conformance.scenario.LifetimeScenarios;
import org.ringfence.conformance.scenario.NamedSocketScenarios;
import org.ringfence.conformance.scenario.OwnFileScenarios;
import org.ringfence.conformance.scenario.PlantedRepositoryScenarios;
import org.ringfence.conformance.scenario.PortScenarios;
import org.ringfence.conformance.scenario.ProbeCase;
import org.ringfence.conformance.scenario.ProcessScenarios;
import org.ringfence.conformance.scenario.PseudoTerminalScenarios;
import org.ringfence.conformance.scenario.RaceScenarios;
import org.ringfence.conformance.scenario.ReplacedPathScenarios;
import org.ringfence.conformance.scenario.StreamScenarios;
import org.ringfence.conformance.scenario.TerminalScenarios;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.ConformanceCase.NotApplicableException;
import org.ringfence.conformance.stage.Fixture;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.conformance.windows.WindowsCases;
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

  /** The workplace for one worker's cases. */
  private interface Workplace extends AutoCloseable {
    String run(ConformanceCase each) throws Exception;
  }

  private final Callable<Workplace> making;
  private final List<ConformanceCase> cases;
  private final Queue<Workplace> idle = new ConcurrentLinkedQueue<>();
  private final Queue<Workplace> made = new ConcurrentLinkedQueue<>();
  private final ReadWriteLock beside = new ReentrantReadWriteLock(true);
  private final ExecutorService workers;

  private ConformanceSuite(Callable<Workplace> making, List<ConformanceCase> cases, int jobs) {
    this.making = making;
    this.cases = List.copyOf(cases);
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
    if (PathStyle.current() == PathStyle.WINDOWS) {
      WindowsCases windows = WindowsCases.against(backend);
      return new ConformanceSuite(() -> onWindows(windows), windowsCatalogue(), 1).withOne();
    }
    Map<ConformanceCase, Body> bodies = bodies();
    return new ConformanceSuite(
            () -> onUnix(new TestContext(backend, Fixture.create()), bodies),
            List.copyOf(bodies.keySet()),
            jobs)
        .withOne();
  }

  private static Workplace onWindows(WindowsCases windows) {
    return new Workplace() {
      @Override
      public String run(ConformanceCase each) throws Exception {
        return ConformanceSuite.run(windows, each.id());
      }

      @Override
      public void close() throws Exception {
        windows.close();
      }
    };
  }

  private static Workplace onUnix(TestContext stage, Map<ConformanceCase, Body> bodies) {
    return new Workplace() {
      @Override
      public String run(ConformanceCase each) throws Exception {
        return bodies.get(each).run(stage);
      }

      @Override
      public void close() throws Exception {
        stage.fixture().close();
      }
    };
  }

  /** Creates one workplace first: a fixture that cannot be created fails before any case runs. */
  private ConformanceSuite withOne() throws IOException {
    try {
      idle.add(workplace());
      return this;
    } catch (IOException | RuntimeException e) {
      workers.shutdownNow();
      throw e;
    } catch (Exception e) {
      workers.shutdownNow();
      throw new IOException(e);
    }
  }

  private Workplace workplace() throws Exception {
    Workplace free = idle.poll();
    if (free == null) {
      free = making.call();
      made.add(free);
    }
    return free;
  }

  private static String run(WindowsCases windows, String id) throws Exception {
    String reason = windows.inapplicable(id);
    if (!reason.isEmpty()) {
      throw new NotApplicableException(reason);
    }
    return windows.body(id).call();
  }

  private static List<ConformanceCase> windowsCatalogue() {
    return WindowsCases.catalogue().stream()
        .map(each -> new ConformanceCase(each.id(), each.group(), each.title(), each.needs()))
        .toList();
  }

  /**
   * Returns all cases of all systems, without preparing to run them.
   *
   * @return the cases, by group
   * @throws IOException if the jar lacks the data file
   */
  public static List<ConformanceCase> catalogue() throws IOException {
    List<ConformanceCase> all = new ArrayList<>(bodies().keySet());
    all.addAll(windowsCatalogue());
    return List.copyOf(all);
  }

  private static Map<ConformanceCase, Body> bodies() throws IOException {
    Map<ConformanceCase, Body> bodies = new LinkedHashMap<>();
    for (ProbeCase each : probeCases()) {
      bodies.put(each.about(), each);
    }
    ProcessScenarios.addTo(bodies);
    LifetimeScenarios.addTo(bodies);
    AftermathScenarios.addTo(bodies);
    NamedSocketScenarios.addTo(bodies);
    HostileScenarios.addTo(bodies);
    RaceScenarios.addTo(bodies);
    EscapeScenarios.addTo(bodies);
    PortScenarios.addTo(bodies);
    ReplacedPathScenarios.addTo(bodies);
    OwnFileScenarios.addTo(bodies);
    EgressScenarios.addTo(bodies);
    EgressPrograms.addTo(bodies);
    GitScenarios.addTo(bodies);
    GitSurfaceScenarios.addTo(bodies);
    PlantedRepositoryScenarios.addTo(bodies);
    HomeScenarios.addTo(bodies);
    EquivalenceScenarios.addTo(bodies);
    TerminalScenarios.addTo(bodies);
    PseudoTerminalScenarios.addTo(bodies);
    StreamScenarios.addTo(bodies);
    WslScenarios.addTo(bodies);
    Set<String> ids = new HashSet<>();
    for (ConformanceCase each : bodies.keySet()) {
      if (!ids.add(each.id())) {
        throw new IllegalStateException("case " + each.id() + " is there twice");
      }
    }
    return bodies;
  }

  static List<ProbeCase> probeCases() throws IOException {
    List<ProbeCase> cases = new ArrayList<>();
    try (InputStream in = ConformanceSuite.class.getResourceAsStream("cases.json")) {
      JsonNode root = new ObjectMapper().readTree(in);
      for (JsonNode group : root) {
        for (JsonNode each : group.get("cases")) {
          List<String> needs = new ArrayList<>();
          group.withArray("needs").forEach(need -> needs.add(need.asText()));
          each.withArray("needs").forEach(need -> needs.add(need.asText()));
          List<String> probe = new ArrayList<>();
          each.get("probe").forEach(word -> probe.add(word.asText()));
          ConformanceCase about =
              new ConformanceCase(
                  each.get("id").asText(),
                  group.get("group").asText(),
                  each.get("title").asText(),
                  needs);
          String policy = each.path("policy").asText(group.path("policy").asText("write"));
          ProbeCase.Expected expected =
              ProbeCase.Expected.valueOf(
                  each.path("expect").asText("denied").toUpperCase(Locale.ROOT).replace('-', '_'));
          List<String> errors = new ArrayList<>();
          each.withArray("errors").forEach(error -> errors.add(error.asText()));
          cases.add(new ProbeCase(about, policy, probe, expected, errors));
        }
      }
    }
    return cases;
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
      return CaseResult.of(each, () -> inWorkplace(each));
    } finally {
      lock.unlock();
    }
  }

  private String inWorkplace(ConformanceCase each) throws Exception {
    Workplace place = workplace();
    try {
      return place.run(each);
    } finally {
      idle.add(place);
    }
  }

  @Override
  public void close() throws IOException {
    workers.shutdownNow();
    IOException failure = null;
    for (Workplace place = made.poll(); place != null; place = made.poll()) {
      try {
        place.close();
      } catch (Exception e) {
        failure = e instanceof IOException io ? io : new IOException(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
