package org.ringfence.windows;

import java.util.List;
import java.util.function.Supplier;
import org.ringfence.SandboxException;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendInfo.Fit;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.Workload;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.AppContainerPlan;
import org.ringfence.windows.plan.AppContainerPlanner;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.probe.WindowsHostProbe;
import org.ringfence.windows.sandbox.WindowsSandboxes;
import org.ringfence.windows.system.WindowsSystem;

/**
 * A separate AppContainer for each sandbox: the kernel denies it the network and every file whose
 * list names neither it nor all packages. Some programs do not start in it.
 */
public final class AppContainerBackend extends UnprivilegedBackend {
  private static final BackendInfo INFO =
      BackendInfo.of("app-container", HostSystem.WINDOWS, 30, "Windows: AppContainer")
          .fits(
              Workload.AGENT,
              Fit.FALLBACK,
              "no administrator is needed; MSYS and Cygwin programs do not start")
          .fits(Workload.CI, Fit.GOOD, "nothing is set up");

  /** If {@code true}, containers get no rights of all packages. */
  public static final String LESS_PRIVILEGED = "ringfence.windows.lessPrivileged";

  private static final Sid EXAMPLE = new Sid("S-1-15-2-1-2-3-4-5-6-7");

  /** For {@link java.util.ServiceLoader}. */
  public AppContainerBackend() {
    this(UnprivilegedBackend::nativeWindows);
  }

  AppContainerBackend(Supplier<WindowsSystem> systems) {
    super(systems);
  }

  @Override
  public BackendInfo info() {
    return INFO;
  }

  @Override
  public String explain(EffectivePolicy policy) {
    return "a container's SID is made for each sandbox, here "
        + EXAMPLE
        + "\n"
        + AppContainerPlan.compile(policy, EXAMPLE).describe();
  }

  @Override
  WindowsHostProbe.Result tried(WindowsHostProbe probe) {
    return probe.appContainer();
  }

  @Override
  List<PlannedGuarantee> guarantees(EffectivePolicy policy, WindowsFacts facts) {
    return AppContainerPlanner.plan(policy, facts);
  }

  @Override
  BackendSession open(WindowsSandboxes sandboxes, EffectivePolicy policy, WindowsFacts facts)
      throws SandboxException {
    return sandboxes.appContainer(policy, facts, Boolean.getBoolean(LESS_PRIVILEGED));
  }
}
