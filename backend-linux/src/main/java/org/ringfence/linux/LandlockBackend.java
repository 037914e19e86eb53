package org.ringfence.linux;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.file.HeldDirectories;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.launch.LinuxSession;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.LandlockCompiler;
import org.ringfence.linux.plan.LandlockPlanner;
import org.ringfence.linux.plan.ReadableParts;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.VerifiedKernels;
import org.ringfence.linux.tree.LinuxDirectories;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendInfo.Fit;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.VerifiedBackend;
import org.ringfence.spi.Workload;

/**
 * Applies Landlock and seccomp in this JVM, on a short-lived thread per command. Needs no user
 * namespaces, no root and no helper; can only add rights below a path, never remove them.
 */
public final class LandlockBackend implements SandboxBackend, VerifiedBackend {
  private static final BackendInfo INFO =
      BackendInfo.of(
              "landlock",
              HostSystem.LINUX,
              10,
              "Linux: Landlock and seccomp, applied in this process")
          .fits(
              Workload.AGENT,
              Fit.GOOD,
              "the same without namespaces; cannot hide a path in a readable directory")
          .fits(Workload.BUILD, Fit.BEST, "the lightest that holds files and network")
          .fits(Workload.GUI, Fit.BEST, "name the display's socket in network.unixSockets")
          .fits(Workload.SHARE, Fit.GOOD, "the kernel decides, whatever keeps the files")
          .fits(Workload.CI, Fit.BEST, "needs no namespaces, which containers often forbid");

  /** The newest ABI that {@code explain} compiles for. */
  private static final LandlockAbi NEWEST = new LandlockAbi(9);

  private final LinuxHost host;

  /** Makes the backend, for {@link java.util.ServiceLoader}. */
  public LandlockBackend() {
    this(new LinuxHost());
  }

  private LandlockBackend(LinuxHost host) {
    this.host = host;
  }

  /**
   * Makes a backend that uses no newer Landlock than an ABI version, to try on one kernel what it
   * does on older ones. It holds what its plan says, by the mechanisms that it names.
   *
   * @param version the newest ABI version to use
   * @return the backend
   */
  public static LandlockBackend atMost(int version) {
    return new LandlockBackend(new LinuxHost(version));
  }

  @Override
  public BackendInfo info() {
    return INFO;
  }

  @Override
  public Availability probe() {
    Availability found = host.availability();
    if (found.usable() && host.facts().abi().version() == 0) {
      return Availability.unavailable(
          "the kernel has no Landlock, or it is switched off",
          "Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK, and landlock in the lsm= boot"
              + " parameter");
    }
    return found;
  }

  @Override
  public <T> Optional<T> extension(Class<T> type) {
    return type == HeldDirectories.class && host.availability().usable()
        ? Optional.of(
            type.cast(new LinuxDirectories(new Kernel(host.facts().arch().orElseThrow()))))
        : SandboxBackend.super.extension(type);
  }

  @Override
  public String build() throws SandboxException {
    if (!probe().usable()) {
      throw new SandboxException(String.join("; ", probe().reasons()));
    }
    return VerifiedKernels.build(host.facts(), "");
  }

  private Set<String> shownByFirstRun() {
    String build = VerifiedKernels.build(host.facts(), "");
    return verifiedBuilds().map(builds -> builds.shown(INFO.id(), build)).orElse(Set.of());
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    Availability found = probe();
    List<PlannedGuarantee> guarantees = List.of();
    if (found.usable()) {
      HostFacts facts = host.facts(policy.policy().limits());
      guarantees =
          VerifiedKernels.mark(LandlockPlanner.plan(policy, facts), facts, this::shownByFirstRun);
    }
    return new SandboxPlan(INFO.id(), policy, found, guarantees);
  }

  @Override
  public String explain(EffectivePolicy policy) {
    StringBuilder text = new StringBuilder();
    LandlockCompiler.inexpressible(policy, true)
        .ifPresent(reason -> text.append("refused: ").append(reason).append('\n'));
    text.append("Landlock ruleset (ABI ").append(NEWEST.version()).append(")\n");
    text.append(LandlockCompiler.compile(policy, NEWEST, ReadableParts.ASSUMED).describe());
    text.append("seccomp filter (").append("everything not named is allowed)\n");
    Supervision supervision =
        Supervision.inProcess(policy, HostFacts.ASSUMED, Supervision.Observation.NONE);
    text.append(SeccompCompiler.compile(policy, supervision).describe());
    return text.toString();
  }

  @Override
  public BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException {
    if (!plan.acceptable()) {
      throw new SandboxRefusedException(List.of(plan));
    }
    HostFacts facts = host.facts(plan.policy().policy().limits());
    return LinuxSession.open(
        new Kernel(facts.arch().orElseThrow()), facts, plan.policy(), listener);
  }
}
