package org.ringfence.conformance;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.ringfence.Backends;
import org.ringfence.SandboxRefusedException;
import org.ringfence.conformance.scenario.WslScenarios;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.WorkspaceFixture;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.RemoteBackend;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;

/** The suite behind {@code ringfence verify}. */
public final class SuiteVerification implements Verification {
  private final Optional<Backends> given;

  /** Called by {@link java.util.ServiceLoader}. */
  public SuiteVerification() {
    this.given = Optional.empty();
  }

  /**
   * Creates it with other backends than this system's.
   *
   * @param backends the backends to choose from
   */
  public SuiteVerification(Backends backends) {
    this.given = Optional.of(backends);
  }

  @Override
  public List<String> formats() {
    return Report.FORMATS;
  }

  @Override
  public List<String> unknown(List<String> filters) throws IOException {
    List<String> ids = ConformanceSuite.catalogue().stream().map(ConformanceCase::id).toList();
    return filters.stream()
        .filter(each -> ids.stream().noneMatch(id -> id.startsWith(each)))
        .toList();
  }

  @Override
  public List<String> firstRun() throws IOException {
    return CaseCatalogue.firstRun();
  }

  @Override
  public Map<String, List<String>> shows() throws IOException {
    return ConformanceSuite.catalogue().stream()
        .collect(Collectors.toMap(ConformanceCase::id, ConformanceCase::shows));
  }

  @Override
  public Result run(Request request, Appendable report, Progress progress) throws IOException {
    SandboxBackend backend = backend(request.backend());
    Optional<RemoteBackend> remote = backend.extension(RemoteBackend.class);
    Report written =
        remote.isPresent()
            ? elsewhere(backend, remote.get(), request, progress)
            : here(backend, request, progress);
    written.write(request.format(), report);
    if (written.count(CaseVerdict.FAIL) > 0) {
      return Result.FAILED;
    }
    return written.count(CaseVerdict.PASS) == 0 ? Result.NOTHING_VERIFIED : Result.PASSED;
  }

  static boolean wanted(String id, List<String> filters) {
    return filters.isEmpty() || filters.stream().anyMatch(id::startsWith);
  }

  private static Report here(SandboxBackend backend, Request request, Progress progress)
      throws IOException {
    List<CaseResult> results = new ArrayList<>();
    try (ConformanceSuite suite = ConformanceSuite.against(backend, request.jobs())) {
      run(backend, suite, request, progress, results);
    }
    return new Report(backend.info().id(), system(), results);
  }

  /** Runs the wanted cases of a suite, and adds their results to others. */
  private static void run(
      SandboxBackend backend,
      ConformanceSuite suite,
      Request request,
      Progress progress,
      List<CaseResult> results)
      throws IOException {
    List<ConformanceCase> cases =
        suite.cases().stream().filter(each -> wanted(each.id(), request.filters())).toList();
    int before = results.size();
    List<Future<CaseResult>> running = suite.start(cases);
    try {
      for (int i = 0; i < cases.size(); i++) {
        progress.waiting(i, cases.size(), cases.get(i).id());
        results.add(running.get(i).get());
        progress.ended(
            out ->
                new Report(backend.info().id(), system(), results)
                    .of(before + cases.size())
                    .write(request.format(), out));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the run was interrupted");
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  /** Runs that system's suite there; the cases that lead back to this system run from here. */
  private static Report elsewhere(
      SandboxBackend backend, RemoteBackend remote, Request request, Progress progress)
      throws IOException {
    List<String> there =
        request.filters().stream().filter(id -> !id.startsWith(WslScenarios.PREFIX)).toList();
    List<CaseResult> results = new ArrayList<>();
    String system = system();
    if (request.filters().isEmpty() || !there.isEmpty()) {
      StringBuilder told = new StringBuilder();
      Request asked = new Request(request.backend(), there, "json", request.jobs());
      if (remote.verify(asked, told).isEmpty()) {
        return here(backend, request, progress);
      }
      Report report = Report.read(told.toString());
      system = report.backend() + " on " + report.system() + ", from " + system;
      report.results().stream()
          .filter(result -> !result.id().startsWith(WslScenarios.PREFIX))
          .forEach(results::add);
    }
    try (ConformanceSuite doors = ConformanceSuite.ofDoors(backend, WorkspaceFixture.create())) {
      run(backend, doors, request, progress, results);
    }
    return new Report(backend.info().id(), system, results);
  }

  private static String system() {
    return System.getProperty("os.name")
        + " "
        + System.getProperty("os.version")
        + " "
        + System.getProperty("os.arch")
        + ", user "
        + System.getProperty("user.name")
        + ", Java "
        + Runtime.version();
  }

  private SandboxBackend backend(String id) throws IOException {
    Backends backends = given.isPresent() ? given.get() : Backends.load();
    if (id != null) {
      return backends.byId(id);
    }
    List<SandboxPlan> plans =
        backends.plans(EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current()));
    if (plans.isEmpty() || !plans.get(0).availability().usable()) {
      throw new SandboxRefusedException(plans);
    }
    return backends.byId(plans.get(0).backend());
  }
}
