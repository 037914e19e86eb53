package org.ringfence.windows;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.ringfence.SandboxException;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.spi.BackendSession;
import org.ringfence.windows.plan.RestrictedTokenPlan;
import org.ringfence.windows.plan.RestrictedTokenPlanner;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.probe.HostProbe;
import org.ringfence.windows.sandbox.WindowsSandboxes;
import org.ringfence.windows.system.WindowsSystem;

/**
 * The same user with a write-restricted token: it neither changes nor adds files outside the
 * writable roots. It does not deny reading, deleting or the network.
 */
public final class RestrictedTokenBackend extends UnprivilegedBackend {
  private static final int SECRET_BYTES = 32;

  /** For {@link java.util.ServiceLoader}. */
  public RestrictedTokenBackend() {
    this(UnprivilegedBackend::nativeWindows);
  }

  RestrictedTokenBackend(Supplier<WindowsSystem> systems) {
    super(systems);
  }

  @Override
  public String id() {
    return "restricted-token";
  }

  @Override
  public String description() {
    return "Windows: write-restricted token of the same user";
  }

  @Override
  public int weight() {
    return 20;
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
  public Map<String, Boolean> outlook(EffectivePolicy policy, String path) {
    return RestrictedTokenPlan.compile(policy, new byte[SECRET_BYTES])
        .outlook(policy.places().style(), path);
  }

  @Override
  HostProbe.Result tried(HostProbe probe) {
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
