package org.ringfence.conformance;

import java.nio.file.Path;
import java.util.List;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;

/**
 * Prints what each backend finds and plans for {@code workspace-write} where it runs, and the
 * verdicts of some cases.
 */
public final class ContainerGuest {
  private static final String BETWEEN = " | ";

  private ContainerGuest() {}

  /**
   * Prints it, a line for each backend, guarantee and case.
   *
   * @param args the workspace, and the ids of cases
   * @throws Exception if the policy cannot be resolved or the fixture cannot be made
   */
  public static void main(String[] args) throws Exception {
    EffectivePolicy policy =
        EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current(Path.of(args[0])));
    List<String> cases = List.of(args).subList(1, args.length);
    for (SandboxBackend backend : List.of(new LandlockBackend(), new BubblewrapBackend())) {
      String id = backend.info().id();
      Availability found = backend.probe();
      print(
          id,
          found.usable() ? "available" : "unavailable",
          String.valueOf(found.reasons()),
          String.valueOf(found.remedies()));
      if (found.usable()) {
        for (PlannedGuarantee each : backend.plan(policy).guarantees()) {
          print(id, each.id(), each.level().name(), each.reason(), each.remedy());
        }
        StringBuilder report = new StringBuilder();
        new SuiteVerification()
            .run(
                new Verification.Request(id, cases, "json", VerifyToStandardOutput.JOBS),
                report,
                Verification.Progress.NONE);
        for (CaseResult each : Report.read(report.toString()).results()) {
          print(id, each.id(), each.verdict().name(), each.detail());
        }
      }
    }
  }

  private static void print(String... parts) {
    System.out.println(String.join(BETWEEN, parts).replace('\n', ' '));
  }
}
