package org.ringfence.windows;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.ringfence.SandboxException;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.AccessPredictor;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendInfo.Fit;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.Workload;
import org.ringfence.windows.plan.RestrictedTokenPlan;
import org.ringfence.windows.plan.RestrictedTokenPlanner;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.probe.WindowsHostProbe;
import org.ringfence.windows.sandbox.WindowsSandboxes;
import org.ringfence.windows.system.WindowsSystem;

/**
 * The same user with a write-restricted token: it neither changes nor adds files outside the
 * writable roots. It does not deny reading, deleting or the network.
 */
public final class RestrictedTokenBackend extends UnprivilegedBackend implements AccessPredictor {
  private static final BackendInfo INFO =
      BackendInfo.of(
              "restricted-token",
              HostSystem.WINDOWS,
              20,
              "Windows: write-restricted token of the same user")
          .fits(
              Workload.BUILD,
              Fit.FALLBACK,
              "against mistakes, not against an enemy; nothing is set up")
          .fits(Workload.GUI, Fit.BEST, "the same user, so that windows work; advisory");
  private static final int SECRET_BYTES = 32;

  /** For {@link java.util.ServiceLoader}. */
  public RestrictedTokenBackend() {
    this(UnprivilegedBackend::nativeWindows);
  }

  RestrictedTokenBackend(Supplier<WindowsSystem> systems) {
    super(systems);
  }

  @Override
  public BackendInfo info() {
    return INFO;
  }

  @Override
  public String explain(EffectivePolicy policy) {
    // Each installation has a different secret, and so different SIDs.
    StringBuilder text =
        new StringBuilder(RestrictedTokenPlan.compile(policy, new byte[SECRET_BYTES]).describe());
    RestrictedTokenPlan.limits(policy)
        .forEach(limit -> text.append("not held: ").append(limit).append('\n'));
    return text.toString();
  }

  @Override
  public Map<String, Boolean> predict(EffectivePolicy policy, String path) {
    return RestrictedTokenPlan.compile(policy, new byte[SECRET_BYTES])
        .permitted(policy.places().style(), path);
  }

  @Override
  WindowsHostProbe.Result tried(WindowsHostProbe probe) {
    return probe.restrictedToken();
  }

  @Override
  List<PlannedGuarantee> guarantees(EffectivePolicy policy, WindowsFacts facts) {
    return RestrictedTokenPlanner.plan(policy, facts);
  }

  @Override
  BackendSession open(WindowsSandboxes sandboxes, EffectivePolicy policy, WindowsFacts facts)
      throws SandboxException {
    return sandboxes.restrictedToken(policy, facts);
  }
}
