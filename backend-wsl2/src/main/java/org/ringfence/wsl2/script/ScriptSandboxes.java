package org.ringfence.wsl2.script;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.BubblewrapPlanner;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.HostFacts.Feature;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Operation;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.LooseMounts;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Verification;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.ringfence.wsl2.distribution.WslProgram;
import org.ringfence.wsl2.distribution.WslSandboxes;
import org.ringfence.wsl2.plan.DoorMounts;
import org.ringfence.wsl2.plan.DoorTrial;
import org.ringfence.wsl2.plan.GuestFacts;
import org.ringfence.wsl2.plan.GuestPolicy;
import org.ringfence.wsl2.plan.WslDoubts;
import org.ringfence.wsl2.plan.WslPaths;

/**
 * Sandboxes in a distribution without Java: bubblewrap and scripts, without a supervisor that
 * answers system calls. Enforces less than a guest of Java, and plans only that.
 */
public final class ScriptSandboxes implements WslSandboxes {
  private static final String NO_SUPERVISOR =
      "the distribution has no Java, so that no supervisor decides";

  private final WslProgram program;
  private final WslPaths paths;
  private final GuestFacts facts;
  private final Arch arch;
  private ScriptGuest guest;

  public ScriptSandboxes(WslProgram program, WslPaths paths, GuestFacts facts, Arch arch) {
    this.program = program;
    this.paths = paths;
    this.facts = facts;
    this.arch = arch;
  }

  private synchronized ScriptGuest guest() throws SandboxException {
    if (guest == null || !guest.alive()) {
      guest = ScriptGuest.start(program, paths.distribution());
    }
    return guest;
  }

  private String there(String path) {
    return path.startsWith("/") ? path : paths.toLinux(path);
  }

  private BubblewrapFeatures features() {
    return facts.features();
  }

  private HostFacts host() {
    return new HostFacts(
        facts.told().getOrDefault("kernel", ""),
        Optional.of(arch),
        new LandlockAbi(0),
        new HostFacts.SeccompNotification(NO_SUPERVISOR, false),
        facts.root() ? EnumSet.of(Feature.SHELL, Feature.ROOT) : EnumSet.of(Feature.SHELL),
        HostFacts.CgroupParent.none("a script makes none"));
  }

  /**
   * Returns the policy there: it hides the guests' directory from commands, and looks paths up
   * there.
   */
  private EffectivePolicy placed(
      ScriptGuest asked,
      SandboxPolicy policy,
      String workspace,
      Optional<String> tmp,
      String mounts)
      throws SandboxException {
    try {
      SandboxPolicy inside = GuestPolicy.of(policy, paths, List.of(asked.all()));
      PathContext places =
          PathContext.of(PathStyle.POSIX, there(workspace), facts.home())
              .lookedUp(new GuestTree(asked, LooseMounts.of(mounts)));
      PathContext all = tmp.isPresent() ? places.withPrivateTmp(tmp.get()) : places;
      return EffectivePolicy.of(DoorMounts.shut(inside, all, DoorMounts.of(mounts)), all);
    } catch (IllegalArgumentException e) {
      throw new SandboxException(e.getMessage(), e);
    } catch (UncheckedIOException e) {
      throw new SandboxException(e.getCause().getMessage(), e);
    }
  }

  @Override
  public GuestMessage.Planned plan(SandboxPolicy policy, String workspace) throws SandboxException {
    EffectivePolicy placed =
        placed(guest(), policy, workspace, Optional.empty(), guest().text("mounts all"));
    Map<String, String> told = new LinkedHashMap<>();
    told.put("guest", facts.guest());
    List<String> reasons = new ArrayList<>();
    List<String> remedies = new ArrayList<>();
    List<PlannedGuarantee> guarantees = List.of();
    if (placed.check(features().path(), Operation.WRITE).allowed()) {
      reasons.add(features().path() + " lies where the policy grants writing");
      remedies.add("bwrap in a directory that no command writes");
    } else {
      guarantees =
          BubblewrapPlanner.plan(placed, host(), features(), BubblewrapPlanner.Starter.SCRIPT);
    }
    return new GuestMessage.Planned(
        0,
        reasons.isEmpty(),
        reasons,
        remedies,
        told,
        WslDoubts.withUntriedDoors(guarantees, DoorTrial.problem(placed)));
  }

  @Override
  public boolean verify(Verification.Request request, Appendable report) throws SandboxException {
    throw new SandboxException(
        "verify: the suite needs Java 17 or later in "
            + paths.distribution()
            + ", which has none; sudo apt-get install openjdk-17-jre-headless");
  }

  @Override
  public BackendSession open(SandboxPolicy policy, String workspace, EventSink listener)
      throws SandboxException {
    if (!listener.observes().isEmpty()) {
      throw new SandboxException(
          EventSink.Observation.hooks(listener.observes())
              + ": nothing hears of these here: "
              + NO_SUPERVISOR
              + "; leave them out");
    }
    ScriptGuest asked = guest();
    String own = "s" + asked.number();
    boolean done = false;
    try {
      asked.make(own);
      Optional<String> tmp = Optional.empty();
      if (policy.tmp() == TmpPolicy.PRIVATE) {
        asked.make(own + "/tmp");
        tmp = Optional.of(asked.top() + "/" + own + "/tmp");
      }
      String mounts = asked.text("mounts all");
      BackendSession session =
          ScriptSession.open(
              new ScriptSession.Opening(
                  asked,
                  own,
                  placed(asked, policy, workspace, tmp, mounts),
                  mounts,
                  features(),
                  arch,
                  facts.terminal(),
                  policy,
                  this::there));
      done = true;
      return session;
    } catch (UncheckedIOException e) {
      throw new SandboxException(e.getCause().getMessage(), e);
    } finally {
      if (!done) {
        asked.ask("remove " + own);
      }
    }
  }
}
