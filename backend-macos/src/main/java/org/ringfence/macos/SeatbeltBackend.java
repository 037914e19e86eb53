package org.ringfence.macos;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.macos.bind.MacProcessMemory;
import org.ringfence.macos.launch.SeatbeltPrograms;
import org.ringfence.macos.launch.SeatbeltSession;
import org.ringfence.macos.plan.SeatbeltCompiler;
import org.ringfence.macos.plan.SeatbeltPlanner;
import org.ringfence.macos.plan.SeatbeltProfile;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendInfo.Fit;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.VerifiedBackend;
import org.ringfence.spi.VerifiedBuilds;
import org.ringfence.spi.Workload;

/** macOS: Seatbelt, through {@code sandbox-exec}. */
public final class SeatbeltBackend implements SandboxBackend, VerifiedBackend {
  private static final BackendInfo INFO =
      BackendInfo.of("seatbelt", HostSystem.MACOS, 10, "macOS: Seatbelt through sandbox-exec")
          .alias("macos")
          .fits(Workload.AGENT, Fit.BEST, "the system's own sandbox")
          .fits(Workload.BUILD, Fit.BEST, "the system's own sandbox")
          .fits(Workload.GUI, Fit.BEST, "the system's own sandbox")
          .fits(Workload.CI, Fit.BEST, "the system's own sandbox");
  private static final int SOME_PORT = 3128;

  private final SeatbeltPrograms programs;
  private final SeatbeltSession.MemorySource memory;
  private final boolean anywhere;
  private final Optional<VerifiedBuilds> results;
  private Availability availability;
  private String build;

  /** For {@link java.util.ServiceLoader}. */
  public SeatbeltBackend() {
    this(SeatbeltPrograms.OF_SYSTEM, MacProcessMemory::load, false, VerifiedBuilds.ofUser());
  }

  private SeatbeltBackend(
      SeatbeltPrograms programs,
      SeatbeltSession.MemorySource memory,
      boolean anywhere,
      Optional<VerifiedBuilds> results) {
    this.programs = programs;
    this.memory = memory;
    this.anywhere = anywhere;
    this.results = results;
  }

  /**
   * Makes a backend with programs in place of the system's, on any POSIX system: for tests of the
   * launch. It confines as much as they do.
   *
   * @param programs the programs
   * @param results the place of the results of first runs
   * @return the backend
   */
  public static SeatbeltBackend with(SeatbeltPrograms programs, VerifiedBuilds results) {
    return with(programs, MacProcessMemory::load, results);
  }

  /**
   * As {@link #with(SeatbeltPrograms, VerifiedBuilds)}, with an account of memory in place of the
   * system's.
   *
   * @param programs the programs
   * @param memory the memory of processes
   * @param results the place of the results of first runs
   * @return the backend
   */
  public static SeatbeltBackend with(
      SeatbeltPrograms programs, SeatbeltSession.MemorySource memory, VerifiedBuilds results) {
    return new SeatbeltBackend(programs, memory, true, Optional.of(results));
  }

  @Override
  public BackendInfo info() {
    return INFO;
  }

  @Override
  public synchronized Availability probe() {
    if (availability == null) {
      availability =
          anywhere || System.getProperty("os.name").startsWith("Mac")
              ? programs.probe()
              : Availability.unavailable("this is not macOS", "");
    }
    return withVerification(availability);
  }

  /** Adds whether a first run has passed on this very build. */
  private Availability withVerification(Availability here) {
    if (!here.usable()) {
      return here;
    }
    Map<String, String> facts = new LinkedHashMap<>(here.facts());
    int shown = shown().size();
    facts.put(
        "verified",
        shown == 0
            ? VerifiedBuilds.NOT_YET
            : "by a first run on this build, guarantees that it has shown: " + shown);
    return Availability.available(facts);
  }

  private Set<String> shown() {
    try {
      return results.isPresent() ? results.get().shown(INFO.id(), build()) : Set.of();
    } catch (SandboxException e) {
      // Without a build, no result counts.
      return Set.of();
    }
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    Availability here = probe();
    return new SandboxPlan(INFO.id(), policy, here, here.usable() ? remarked(policy) : List.of());
  }

  /**
   * Returns the guarantees, without a remark where a first run has shown them on this very build.
   */
  private List<PlannedGuarantee> remarked(EffectivePolicy policy) {
    List<PlannedGuarantee> planned = SeatbeltPlanner.plan(policy);
    try {
      return results.isEmpty()
          ? planned
          : results.get().remarked(INFO.id(), build(), VerifiedBuilds.NOT_YET, planned);
    } catch (SandboxException e) {
      // The build is not known: the planner's own remark stays.
      return planned;
    }
  }

  @Override
  public synchronized String build() throws SandboxException {
    if (build == null) {
      build = programs.build();
    }
    return build;
  }

  @Override
  public Optional<VerifiedBuilds> verifiedBuilds() {
    return results;
  }

  @Override
  public String explain(EffectivePolicy policy) {
    EffectivePolicy there = policy;
    if (!System.getProperty("os.name").startsWith("Mac")) {
      PathContext places = policy.places();
      boolean posix = places.style() == PathStyle.POSIX;
      there =
          EffectivePolicy.of(
              policy.policy(),
              PathContext.ofMac(
                  posix ? places.workspace() : "/Users/user/workspace",
                  posix ? places.home() : "/Users/user"));
    }
    OptionalInt proxy =
        there.policy().network().mode() == NetworkMode.ALLOWLIST
            ? OptionalInt.of(SOME_PORT)
            : OptionalInt.empty();
    SeatbeltProfile profile =
        SeatbeltCompiler.compile(
            there, new SeatbeltCompiler.Surroundings("ringfence-tag", proxy, ""));
    StringBuilder text = new StringBuilder(profile.text());
    for (Map.Entry<String, String> parameter : profile.parameters().entrySet()) {
      text.append("; -D ").append(parameter.getKey()).append('=').append(parameter.getValue());
      text.append('\n');
    }
    return text.toString();
  }

  @Override
  public BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException {
    if (!plan.acceptable()) {
      throw new SandboxRefusedException(List.of(plan));
    }
    return SeatbeltSession.open(programs, memory, plan.policy(), listener);
  }
}
