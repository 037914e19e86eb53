package org.ringfence.windows;

import org.ringfence.policy.EffectivePolicy;
import org.ringfence.spi.AbsentBackend;
import org.ringfence.windows.plan.RestrictedTokenPlan;

/**
 * Windows: restricted token, AppContainer or dedicated users. Nothing runs in this version; what a
 * restricted token would need can be explained.
 */
public final class WindowsBackend extends AbsentBackend {
  private static final int SECRET_BYTES = 32;

  /** For {@link java.util.ServiceLoader}. */
  public WindowsBackend() {
    super(
        "windows",
        "Windows: restricted token, AppContainer or dedicated users",
        "the Windows backend is not in this version",
        "a later version");
  }

  @Override
  public String explain(EffectivePolicy policy) {
    StringBuilder text = new StringBuilder("nothing runs in this version; a restricted token:\n");
    // Each installation has a secret of its own, and so other SIDs.
    text.append(RestrictedTokenPlan.compile(policy, new byte[SECRET_BYTES]).describe());
    RestrictedTokenPlan.limits(policy)
        .forEach(limit -> text.append("not held: ").append(limit).append('\n'));
    return text.toString();
  }
}
