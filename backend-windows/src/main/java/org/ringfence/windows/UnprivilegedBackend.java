package org.ringfence.windows;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.VerifiedBackend;
import org.ringfence.spi.VerifiedBuilds;
import org.ringfence.windows.bind.NativeWindows;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.probe.WindowsHostProbe;
import org.ringfence.windows.sandbox.WindowsSandboxes;
import org.ringfence.windows.system.WindowsSystem;

/** A mode that needs no administrator. It makes no system call before its first use. */
abstract sealed class UnprivilegedBackend implements SandboxBackend, VerifiedBackend
    permits RestrictedTokenBackend, AppContainerBackend {
  /** The remedy for an unknown mitigation. */
  static final String MITIGATIONS =
      "words of " + ProcessMitigations.words() + " after commas, or none";

  private final Supplier<WindowsSystem> systems;
  private WindowsSystem windows;
  private WindowsHostProbe.Result found;

  UnprivilegedBackend(Supplier<WindowsSystem> systems) {
    this.systems = systems;
  }

  /** Returns this machine's Windows. */
  static WindowsSystem nativeWindows() {
    return new NativeWindows();
  }

  abstract WindowsHostProbe.Result tried(WindowsHostProbe probe);

  abstract List<PlannedGuarantee> guarantees(EffectivePolicy policy, WindowsFacts facts);

  abstract BackendSession open(
      WindowsSandboxes sandboxes, EffectivePolicy policy, WindowsFacts facts)
      throws SandboxException;

  private synchronized WindowsHostProbe.Result found() {
    if (found == null) {
      found = looked();
    }
    return found;
  }

  private WindowsHostProbe.Result looked() {
    if (PathStyle.current() != PathStyle.WINDOWS) {
      return unavailable("this is not Windows", "");
    }
    if (installation() == null) {
      return unavailable("LOCALAPPDATA is not set: nothing could be written down", "set it");
    }
    try {
      windows = systems.get();
    } catch (UnsatisfiedLinkError e) {
      return unavailable("JNA cannot be loaded: " + e.getMessage(), "a 64-bit JVM");
    }
    String closed = System.getProperty(ProcessMitigations.PROPERTY);
    return ProcessMitigations.of(closed)
        .map(
            mitigations ->
                tried(new WindowsHostProbe(windows, installation(), System.getenv(), mitigations)))
        .orElseGet(() -> unavailable(noMitigations(closed), MITIGATIONS));
  }

  static String noMitigations(String value) {
    return ProcessMitigations.PROPERTY + ": '" + value + "' has a word that names no mitigation";
  }

  private static WindowsHostProbe.Result unavailable(String reason, String remedy) {
    return new WindowsHostProbe.Result(Availability.unavailable(reason, remedy), Optional.empty());
  }

  private static Installation installation() {
    return Installation.ofUser(System.getenv()).orElse(null);
  }

  @Override
  public Availability probe() {
    return found().availability();
  }

  @Override
  public String build() throws SandboxException {
    Availability here = probe();
    if (!here.usable()) {
      throw new SandboxException(String.join("; ", here.reasons()));
    }
    return windows.machine().version();
  }

  @Override
  public Optional<VerifiedBuilds> verifiedBuilds() {
    return VerifiedBuild.ofUser();
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    WindowsHostProbe.Result result = found();
    List<PlannedGuarantee> guarantees =
        result
            .facts()
            .map(facts -> VerifiedBuild.remarked(info().id(), windows, guarantees(policy, facts)))
            .orElse(List.of());
    return new SandboxPlan(info().id(), policy, result.availability(), guarantees);
  }

  @Override
  public BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException {
    WindowsHostProbe.Result result = found();
    if (result.facts().isEmpty() || !plan.acceptable()) {
      throw new SandboxRefusedException(List.of(plan));
    }
    if (!listener.observes().isEmpty()) {
      // An empty log would claim that nothing happened.
      throw new SandboxException(
          EventSink.Observation.hooks(listener.observes())
              + ": nothing hears of these under "
              + info().id()
              + ", which sees neither denials nor commands; use WSL2");
    }
    WindowsSandboxes sandboxes = new WindowsSandboxes(windows, installation(), System.getenv());
    return open(sandboxes, plan.policy(), result.facts().get());
  }
}
