package org.ringfence.conformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ringfence.Backends;
import org.ringfence.conformance.CaseResult.Outcome;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.plan.SandboxRefusedException;
import org.ringfence.policy.Places;
import org.ringfence.policy.json.Presets;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;

/** The suite behind {@code ringfence verify}. */
public final class SuiteVerification implements Verification {
  private final Optional<Backends> given;

  /** For {@link java.util.ServiceLoader}. */
  public SuiteVerification() {
    this.given = Optional.empty();
  }

  /**
   * With other backends than this system's.
   *
   * @param backends what is chosen from
   */
  public SuiteVerification(Backends backends) {
    this.given = Optional.of(backends);
  }

  @Override
  public List<String> formats() {
    return Report.FORMATS;
  }

  @Override
  public boolean run(Request request, Appendable report) throws IOException {
    SandboxBackend backend = backend(request.backend());
    Report written = backend.runsElsewhere() ? elsewhere(backend, request) : here(backend, request);
    written.write(request.format(), report);
    return written.count(Outcome.FAIL) == 0;
  }

  static boolean wanted(String id, List<String> filters) {
    return filters.isEmpty() || filters.stream().anyMatch(id::startsWith);
  }

  private static Report here(SandboxBackend backend, Request request) throws IOException {
    List<CaseResult> results = new ArrayList<>();
    try (ConformanceSuite suite = ConformanceSuite.against(backend)) {
      for (ConformanceCase each : suite.cases()) {
        if (wanted(each.id(), request.filters())) {
          results.add(suite.run(each));
        }
      }
    }
    return new Report(backend.id(), system(), results);
  }

  /** There, with the suite of that system; what leads back to this one is tried from here. */
  private static Report elsewhere(SandboxBackend backend, Request request) throws IOException {
    List<String> there =
        request.filters().stream().filter(id -> !id.startsWith(WslScenarios.PREFIX)).toList();
    List<CaseResult> results = new ArrayList<>();
    String system = system();
    if (request.filters().isEmpty() || !there.isEmpty()) {
      StringBuilder told = new StringBuilder();
      Request asked = new Request(request.backend(), there, "json");
      if (backend.verifyElsewhere(asked, told).isEmpty()) {
        return here(backend, request);
      }
      Report report = Report.read(told.toString());
      system = report.backend() + " on " + report.system() + ", from " + system;
      report.results().stream()
          .filter(result -> !result.id().startsWith(WslScenarios.PREFIX))
          .forEach(results::add);
    }
    results.addAll(WslScenarios.run(backend, request.filters()));
    return new Report(backend.id(), system, results);
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
    List<SandboxPlan> plans = backends.plans(Presets.load("workspace-write").in(Places.current()));
    if (plans.isEmpty() || !plans.get(0).availability().usable()) {
      throw new SandboxRefusedException(plans);
    }
    return backends.byId(plans.get(0).backend());
  }
}
