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
  /** For {@link java.util.ServiceLoader}. */
  public SuiteVerification() {}

  @Override
  public List<String> formats() {
    return Report.FORMATS;
  }

  @Override
  public boolean run(Request request, Appendable report) throws IOException {
    SandboxBackend backend = backend(request.backend());
    Optional<Boolean> elsewhere = backend.verifyElsewhere(request, report);
    if (elsewhere.isPresent()) {
      return elsewhere.get();
    }
    List<CaseResult> results = new ArrayList<>();
    try (ConformanceSuite suite = ConformanceSuite.against(backend)) {
      for (ConformanceCase each : suite.cases()) {
        boolean wanted =
            request.filters().isEmpty()
                || request.filters().stream().anyMatch(filter -> each.id().startsWith(filter));
        if (wanted) {
          results.add(suite.run(each));
        }
      }
    }
    String system =
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch")
            + ", user "
            + System.getProperty("user.name")
            + ", Java "
            + Runtime.version();
    Report written = new Report(backend.id(), system, results);
    written.write(request.format(), report);
    return written.count(Outcome.FAIL) == 0;
  }

  private static SandboxBackend backend(String id) throws IOException {
    Backends backends = Backends.load();
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
