package org.ringfence.wsl2;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.ringfence.SandboxException;
import org.ringfence.event.SandboxListener;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.plan.Availability;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.plan.SandboxRefusedException;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.PathStyle;
import org.ringfence.policy.Places;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.wsl2.launch.WslDiscovery;
import org.ringfence.wsl2.plan.GuestPolicy;
import org.ringfence.wsl2.plan.WslPaths;

/**
 * Windows: the Linux sandbox inside a WSL2 distribution. In this version it is looked for and its
 * policy can be explained; nothing runs in it.
 */
public final class Wsl2Backend implements SandboxBackend {
  /** The system property that names a distribution. */
  public static final String DISTRIBUTION = "ringfence.wsl.distribution";

  private static final WslPaths USUAL = new WslPaths("Ubuntu", "/mnt/");
  private static final String HOME = "/home/user";

  private final Supplier<WslDiscovery> discovery;
  private WslDiscovery.Found found;

  /** For {@link java.util.ServiceLoader}. */
  public Wsl2Backend() {
    this(
        () ->
            new WslDiscovery(
                System.getenv(), Optional.ofNullable(System.getProperty(DISTRIBUTION))));
  }

  Wsl2Backend(Supplier<WslDiscovery> discovery) {
    this.discovery = discovery;
  }

  @Override
  public String id() {
    return "wsl2";
  }

  @Override
  public String description() {
    return "Windows: the Linux sandbox inside a WSL2 distribution";
  }

  @Override
  public int weight() {
    return 100;
  }

  private synchronized WslDiscovery.Found found() {
    if (found == null) {
      found = discovery.get().look();
    }
    return found;
  }

  @Override
  public Availability probe() {
    if (PathStyle.current() != PathStyle.WINDOWS) {
      return Availability.unavailable("this is not Windows", "");
    }
    return looked();
  }

  /** What was found, and that nothing runs there yet. */
  Availability looked() {
    Availability there = found().availability();
    List<String> reasons = new ArrayList<>(there.reasons());
    reasons.add("nothing is run in WSL2 in this version");
    List<String> remedies = new ArrayList<>(there.remedies());
    remedies.add("run Ringfence inside the distribution");
    return new Availability(false, reasons, remedies, there.facts());
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    return new SandboxPlan(id(), policy, probe(), List.of());
  }

  @Override
  public String explain(EffectivePolicy policy) {
    SandboxPolicy inside = GuestPolicy.of(policy.policy(), USUAL);
    String workspace = policy.places().workspace();
    String there =
        policy.places().style() == PathStyle.WINDOWS ? USUAL.toLinux(workspace) : workspace;
    StringBuilder text =
        new StringBuilder("workspace ").append(workspace).append(" is ").append(there).append('\n');
    if (USUAL.onDrive(there)) {
      text.append(
          "it lies on a drive of Windows: slow there, without notifications, and with the"
              + " permissions of Windows\n");
    }
    GuestPolicy.doors(USUAL)
        .forEach(
            door -> text.append("door shut unless a rule opens it: ").append(door).append('\n'));
    return text.append(
            new BubblewrapBackend().explain(inside.in(Places.of(PathStyle.POSIX, there, HOME))))
        .toString();
  }

  @Override
  public BackendSession open(SandboxPlan plan, SandboxListener listener) throws SandboxException {
    throw new SandboxRefusedException(List.of(plan));
  }
}
