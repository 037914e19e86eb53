package org.ringfence.linux;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.file.HeldDirectories;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.launch.LinuxSession;
import org.ringfence.linux.plan.BubblewrapCompiler;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.BubblewrapFeatures.OwnLoopbackShell;
import org.ringfence.linux.plan.BubblewrapPlanner;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.HostTree;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.LandlockCompiler;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.linux.plan.SeccompFilter;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.VerifiedKernels;
import org.ringfence.linux.probe.BubblewrapProbe;
import org.ringfence.linux.tree.LinuxDirectories;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Operation;
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
 * Runs commands in namespaces made by bubblewrap, behind the same command thread, filter and
 * supervisor as the in-process backend. Can deny a path below a granted one; needs user namespaces.
 */
public final class BubblewrapBackend implements SandboxBackend, VerifiedBackend {
  private static final BackendInfo INFO =
      BackendInfo.of(
              "bubblewrap",
              HostSystem.LINUX,
              20,
              "Linux: namespaces made by bubblewrap, seccomp and Landlock in front")
          // Landlock checks each directory above a file at each opening; docs/performance.md.
          .atWork(5)
          .fits(
              Workload.AGENT,
              Fit.BEST,
              "names, files and network are held, also for files that do not exist yet")
          .fits(Workload.BUILD, Fit.GOOD, "holds more, and costs a millisecond more a command")
          .fits(Workload.GUI, Fit.GOOD, "name the display's socket in network.unixSockets")
          .fits(Workload.SHARE, Fit.BEST, "mounts decide, whatever keeps the files")
          .fits(Workload.CI, Fit.GOOD, "where user namespaces are allowed");
  private static final LandlockAbi NEWEST = new LandlockAbi(7);

  private final LinuxHost host = new LinuxHost();
  private BubblewrapProbe.Found found;
  private OwnLoopbackShell shell;

  /** Makes the backend, for {@link java.util.ServiceLoader}. */
  public BubblewrapBackend() {}

  @Override
  public BackendInfo info() {
    return INFO;
  }

  @Override
  public Availability probe() {
    Availability base = host.availability();
    if (!base.usable()) {
      return base;
    }
    Availability own = found().availability();
    if (!own.usable()) {
      return own;
    }
    Map<String, String> facts = new HashMap<>(base.facts());
    facts.putAll(own.facts());
    return Availability.available(facts);
  }

  private synchronized BubblewrapProbe.Found found() {
    if (found == null || !found.lasting()) {
      found = BubblewrapProbe.probe();
    }
    return found;
  }

  /** Returns the features; without an allowlist, no process is started to probe for its needs. */
  private synchronized BubblewrapFeatures features(NetworkPolicy network) {
    BubblewrapFeatures features = found().features();
    String problem = BubblewrapCompiler.sharedLoopback(network);
    if (!problem.isEmpty()) {
      return features.with(new OwnLoopbackShell(Optional.empty(), problem));
    }
    if (shell == null) {
      OwnLoopbackShell tried =
          BubblewrapProbe.ownLoopback(new Kernel(host.facts().arch().orElseThrow()), features);
      if (tried.shell().isEmpty()) {
        // What is missing may be descriptors, for a moment.
        return features.with(tried);
      }
      shell = tried;
    }
    return features.with(shell);
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
    return VerifiedKernels.build(host.facts(), "bubblewrap " + found().features().version());
  }

  private Set<String> shownByFirstRun() {
    String build =
        VerifiedKernels.build(host.facts(), "bubblewrap " + found().features().version());
    return verifiedBuilds().map(builds -> builds.shown(INFO.id(), build)).orElse(Set.of());
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    Availability availability = probe();
    if (!availability.usable()) {
      return new SandboxPlan(INFO.id(), policy, availability, List.of());
    }
    BubblewrapFeatures features = features(policy.policy().network());
    if (policy.check(features.path(), Operation.WRITE).allowed()) {
      Availability replaceable =
          Availability.unavailable(
              features.path() + " lies where the policy grants writing",
              "bwrap in a directory that no command writes");
      return new SandboxPlan(INFO.id(), policy, replaceable, List.of());
    }
    int words = BubblewrapCompiler.compile(policy, HostTree.ASSUMED, features).size();
    if (words > BubblewrapCompiler.MOST_OPTIONS) {
      Availability tooMany =
          Availability.unavailable(
              BubblewrapCompiler.tooMany(words),
              "rules on directories in place of those on files, or landlock");
      return new SandboxPlan(INFO.id(), policy, tooMany, List.of());
    }
    HostFacts facts = host.facts(policy.policy().limits());
    List<PlannedGuarantee> guarantees =
        BubblewrapPlanner.plan(policy, facts, features, BubblewrapPlanner.Starter.JVM);
    return new SandboxPlan(
        INFO.id(),
        policy,
        availability,
        VerifiedKernels.mark(guarantees, facts, this::shownByFirstRun));
  }

  @Override
  public String explain(EffectivePolicy policy) {
    StringBuilder text = new StringBuilder();
    policy.unsteadyRule().ifPresent(reason -> text.append("refused: ").append(reason).append('\n'));
    text.append("bwrap options\n");
    for (String word :
        BubblewrapCompiler.compile(policy, HostTree.ASSUMED, BubblewrapFeatures.ASSUMED)) {
      text.append(word.startsWith("--") ? "\n  " : " ").append(word);
    }
    text.deleteCharAt(text.indexOf("\n\n")).append('\n');
    text.append("Landlock ruleset in front (ABI ").append(NEWEST.version()).append(")\n");
    text.append(LandlockCompiler.compileWithoutFiles(policy, NEWEST).describe());
    SeccompFilter filter =
        SeccompCompiler.compile(
            policy,
            Supervision.inNamespaces(policy, HostFacts.ASSUMED, Supervision.Observation.NONE));
    text.append("seccomp filter with the supervisor (in front)\n");
    text.append(filter.notifying().describe());
    text.append("seccomp filter of the command (everything not named is allowed)\n");
    text.append(filter.deciding().describe());
    return text.toString();
  }

  @Override
  public BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException {
    if (!plan.acceptable()) {
      throw new SandboxRefusedException(List.of(plan));
    }
    HostFacts facts = host.facts(plan.policy().policy().limits());
    return LinuxSession.openInNamespaces(
        new Kernel(facts.arch().orElseThrow()),
        facts,
        plan.policy(),
        features(plan.policy().policy().network()),
        listener);
  }
}
