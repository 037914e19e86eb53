package org.ringfence.windows;

import org.ringfence.policy.EffectivePolicy;
import org.ringfence.spi.AbsentBackend;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.DedicatedUserPlan;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;
import org.ringfence.windows.plan.Sid;

/**
 * Accounts of the sandbox's own, set up once by an administrator. Nothing runs in this version;
 * what a policy needs can be explained.
 */
public final class DedicatedUserBackend extends AbsentBackend {
  private static final int SECRET_BYTES = 32;

  /** Those of no machine. */
  private static final Accounts EXAMPLE =
      new Accounts(
          new Sid("S-1-5-21-1-1-1-2000"),
          new Sid("S-1-5-21-1-1-1-2001"),
          new Sid("S-1-5-21-1-1-1-2002"),
          ClientAccounts.of("0000000000", java.util.List.of()));

  /** For {@link java.util.ServiceLoader}. */
  public DedicatedUserBackend() {
    super(
        "dedicated-user",
        "Windows: users of the sandbox's own, set up by an administrator",
        "the dedicated-user mode is not in this version",
        "restricted-token, app-container or WSL2");
  }

  @Override
  public String explain(EffectivePolicy policy) {
    return "nothing runs in this version; with accounts of no machine:\n"
        + DedicatedUserPlan.compile(policy, new byte[SECRET_BYTES], EXAMPLE).describe(EXAMPLE);
  }
}
