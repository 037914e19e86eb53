package org.ringfence.linux;

import java.util.List;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.event.SandboxListener;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.launch.HostProbe;
import org.ringfence.linux.launch.LandlockSession;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.LandlockCompiler;
import org.ringfence.linux.plan.LandlockPlanner;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.plan.Availability;
import org.ringfence.plan.Guarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.plan.SandboxRefusedException;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.SandboxBackend;

/**
 * Landlock and seccomp, applied in this JVM by a short-lived thread per command. Needs no user
 * namespaces, no root and no helper; can only add to what is allowed below a path, never take away.
 */
public final class LandlockBackend implements SandboxBackend {
  /** The newest ABI that {@code explain} compiles for. */
  private static final LandlockAbi NEWEST = new LandlockAbi(7);

  private Probed probed;

  /** What the probe found, kept for the life of the backend. */
  private record Probed(Availability availability, HostFacts facts) {}

  /** For {@link java.util.ServiceLoader}. */
  public LandlockBackend() {}

  @Override
  public String id() {
    return "landlock";
  }

  @Override
  public String description() {
    return "Linux: Landlock and seccomp, applied in this process";
  }

  @Override
  public int weight() {
    return 10;
  }

  @Override
  public Availability probe() {
    return probed().availability();
  }

  private synchronized Probed probed() {
    if (probed == null) {
      probed = look();
    }
    return probed;
  }

  private static Probed look() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return unusable("this is not Linux", "");
    }
    Optional<Arch> arch = Arch.current();
    if (arch.isEmpty()) {
      return unusable(
          "the seccomp filter is not built for " + System.getProperty("os.arch"),
          "x86_64 or aarch64");
    }
    try {
      HostFacts facts = HostProbe.probe(arch.get());
      if (facts.abi().version() == 0) {
        return unusable(
            "the kernel has no Landlock, or it is switched off",
            "Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK, and landlock in the lsm= boot"
                + " parameter");
      }
      return new Probed(Availability.available(facts.describe()), facts);
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      return unusable(
          "JNA cannot load its native library: " + String.valueOf(e.getMessage()).split("\n")[0],
          "a writable and executable directory in -Djna.tmpdir, or the library unpacked in"
              + " -Djna.boot.library.path");
    }
  }

  private static Probed unusable(String reason, String remedy) {
    return new Probed(Availability.unavailable(reason, remedy), null);
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    Probed found = probed();
    List<Guarantee> guarantees =
        found.facts() == null ? List.of() : LandlockPlanner.plan(policy, found.facts());
    return new SandboxPlan(id(), policy, found.availability(), guarantees);
  }

  @Override
  public String explain(EffectivePolicy policy) {
    StringBuilder text = new StringBuilder();
    LandlockCompiler.inexpressible(policy)
        .ifPresent(reason -> text.append("refused: ").append(reason).append('\n'));
    text.append("Landlock ruleset (ABI ").append(NEWEST.version()).append(")\n");
    text.append(LandlockCompiler.compile(policy, NEWEST).describe());
    text.append("seccomp filter (").append("everything not named is allowed)\n");
    text.append(SeccompCompiler.compile(policy, policy.policy().limits()).describe());
    return text.toString();
  }

  @Override
  public BackendSession open(SandboxPlan plan, SandboxListener listener) throws SandboxException {
    if (!plan.acceptable()) {
      throw new SandboxRefusedException(List.of(plan));
    }
    HostFacts facts = probed().facts();
    return LandlockSession.open(
        new Kernel(facts.arch().orElseThrow()), facts, plan.policy(), listener);
  }
}
