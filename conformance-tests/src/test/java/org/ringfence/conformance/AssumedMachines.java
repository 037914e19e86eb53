package org.ringfence.conformance;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.BubblewrapPlanner;
import org.ringfence.linux.plan.BubblewrapPlanner.Starter;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.HostFacts.CgroupParent;
import org.ringfence.linux.plan.HostFacts.Feature;
import org.ringfence.linux.plan.HostFacts.SeccompNotification;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.LandlockPlanner;
import org.ringfence.linux.plan.VerifiedKernels;
import org.ringfence.macos.plan.SeatbeltPlanner;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.LooseMounts;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.plan.AppContainerPlanner;
import org.ringfence.windows.plan.DedicatedUserFacts;
import org.ringfence.windows.plan.DedicatedUserPlanner;
import org.ringfence.windows.plan.RestrictedTokenPlanner;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.wsl2.plan.GuestPolicy;
import org.ringfence.wsl2.plan.WslDoubts;
import org.ringfence.wsl2.plan.WslPaths;

/** The planners of every backend, each with the facts of fictitious machines. */
final class AssumedMachines {
  private static final WslPaths PATHS = new WslPaths("Ubuntu", "/mnt/");

  /** Plans a policy on one machine. */
  interface Planner extends Function<EffectivePolicy, List<PlannedGuarantee>> {}

  private AssumedMachines() {}

  /** Returns the planners by machine, for each backend id. */
  static Map<String, Map<String, Planner>> all() {
    Map<String, Map<String, Planner>> all = new LinkedHashMap<>();
    Map<String, Planner> landlock = new LinkedHashMap<>();
    Map<String, Planner> bubblewrap = new LinkedHashMap<>();
    linux()
        .forEach(
            (name, facts) -> {
              landlock.put(name, policy -> marked(LandlockPlanner.plan(policy, facts), facts));
              bubblewrap.put(
                  name,
                  policy ->
                      marked(
                          bubblewrap(policy, facts, BubblewrapFeatures.ASSUMED, Starter.JVM),
                          facts));
            });
    programs()
        .forEach(
            (name, features) ->
                bubblewrap.put(
                    name, policy -> bubblewrap(policy, HostFacts.ASSUMED, features, Starter.JVM)));
    all.put("landlock", landlock);
    all.put("bubblewrap", bubblewrap);
    all.put("seatbelt", Map.of("mac", SeatbeltPlanner::plan));
    Map<String, Planner> tokens = new LinkedHashMap<>();
    Map<String, Planner> containers = new LinkedHashMap<>();
    windows()
        .forEach(
            (name, facts) -> {
              tokens.put(name, policy -> RestrictedTokenPlanner.plan(policy, facts));
              containers.put(name, policy -> AppContainerPlanner.plan(policy, facts));
            });
    all.put("restricted-token", tokens);
    all.put("app-container", containers);
    Map<String, Planner> users = new LinkedHashMap<>();
    accounts().forEach((name, facts) -> users.put(name, p -> DedicatedUserPlanner.plan(p, facts)));
    all.put("dedicated-user", users);
    Map<String, Planner> guests = new LinkedHashMap<>();
    for (Starter starter : Starter.values()) {
      for (boolean onDrive : new boolean[] {false, true}) {
        guests.put(
            starter + (onDrive ? ", on a drive" : ", in the distribution"),
            policy ->
                WslDoubts.apply(
                    bubblewrap(
                        onDrive ? onDrive(policy) : policy,
                        HostFacts.ASSUMED,
                        BubblewrapFeatures.ASSUMED,
                        starter),
                    PATHS,
                    List.of(),
                    "",
                    false));
      }
    }
    all.put("wsl2", guests);
    return all;
  }

  /** Places a policy on a machine whose home and workspace lie on a drive of Windows. */
  private static EffectivePolicy onDrive(EffectivePolicy policy) {
    PathLookup drive =
        new PathLookup() {
          @Override
          public String real(String path) {
            return NONE.real(path);
          }

          @Override
          public Map<String, String> linksOn(String path) {
            return NONE.linksOn(path);
          }

          @Override
          public boolean exists(String path) {
            return NONE.exists(path);
          }

          @Override
          public LooseMounts looseMounts() {
            return new LooseMounts(
                List.of(new LooseMounts.Mount("/mnt/c", LooseMounts.Names.SHORT)), true);
          }
        };
    String home = "/mnt/c/Users/me";
    return EffectivePolicy.of(
        GuestPolicy.of(policy.policy(), PATHS),
        PathContext.of(PathStyle.POSIX, home + "/ws", home).lookedUp(drive));
  }

  /**
   * Adds the remark about the kernel for one ABI only: for all ABIs every guarantee would differ.
   */
  private static List<PlannedGuarantee> marked(List<PlannedGuarantee> plan, HostFacts facts) {
    return facts.abi().version() == 7 ? VerifiedKernels.mark(plan, facts, Set::of) : plan;
  }

  private static List<PlannedGuarantee> bubblewrap(
      EffectivePolicy policy, HostFacts facts, BubblewrapFeatures features, Starter starter) {
    return BubblewrapPlanner.plan(policy, facts, features, starter);
  }

  private static Map<String, HostFacts> linux() {
    Map<String, HostFacts> linux = new LinkedHashMap<>();
    linux.put("assumed", HostFacts.ASSUMED);
    linux.put("root with cgroups", able(Arch.X86_64, 7, true, Optional.of("/sys/fs/cgroup/made")));
    linux.put(
        "scopes of the user manager",
        able(Arch.X86_64, 7, false, Optional.empty()).with(new CgroupParent.UserScope()));
    for (int abi = 1; abi <= 6; abi++) {
      linux.put("Landlock " + abi, able(Arch.X86_64, abi, false, Optional.empty()));
    }
    linux.put("aarch64", able(Arch.AARCH64, 7, false, Optional.empty()));
    linux.put(
        "no listener",
        lacking(new SeccompNotification("another filter has the listener", true), Set.of()));
    linux.put("calls are interrupted", lacking(new SeccompNotification("", false), Set.of()));
    linux.put("children out of reach", lacking(Feature.YAMA_PERMITS));
    linux.put("no loopback binding", lacking(Feature.LOOPBACK_BINDING));
    linux.put("no close_range", lacking(Feature.CLOSE_RANGE));
    linux.put("no sock_diag", lacking(Feature.UNIX_DIAG));
    linux.put("Landlock 5, processes not marked", unmarked());
    linux.put("no shell", lacking(Feature.SHELL));
    return linux;
  }

  private static HostFacts able(Arch arch, int abi, boolean root, Optional<String> cgroup) {
    return new HostFacts(
        "made up",
        Optional.of(arch),
        new LandlockAbi(abi),
        SeccompNotification.COMPLETE,
        root ? EnumSet.allOf(Feature.class) : HostFacts.ORDINARY,
        cgroup
            .<CgroupParent>map(CgroupParent.Delegated::new)
            .orElse(CgroupParent.none("not looked for")));
  }

  private static HostFacts unmarked() {
    return lacking(Feature.MARKED_PROCESSES).atMost(5);
  }

  private static HostFacts lacking(Feature feature) {
    return lacking(SeccompNotification.COMPLETE, Set.of(feature));
  }

  private static HostFacts lacking(SeccompNotification seccomp, Set<Feature> missing) {
    Set<Feature> features = EnumSet.copyOf(HostFacts.ORDINARY);
    features.removeAll(missing);
    return new HostFacts(
        "made up",
        Optional.of(Arch.X86_64),
        new LandlockAbi(7),
        seccomp,
        features,
        CgroupParent.none("not looked for"));
  }

  private static Map<String, BubblewrapFeatures> programs() {
    Map<String, BubblewrapFeatures> programs = new LinkedHashMap<>();
    programs.put("no own /proc", new BubblewrapFeatures("/usr/bin/bwrap", "0.8.0", false, false));
    programs.put("setuid bwrap", new BubblewrapFeatures("/usr/bin/bwrap", "0.8.0", true, true));
    return programs;
  }

  private static Map<String, WindowsFacts> windows() {
    Map<String, WindowsFacts> windows = new LinkedHashMap<>();
    windows.put("good", new WindowsFacts(false, List.of(), true, true, ProcessMitigations.USUAL));
    windows.put(
        "Everyone is needed",
        new WindowsFacts(true, List.of(), true, true, ProcessMitigations.USUAL));
    windows.put(
        "an open place",
        new WindowsFacts(false, List.of("C:\\open"), true, true, ProcessMitigations.USUAL));
    windows.put(
        "no desktop", new WindowsFacts(false, List.of(), false, false, ProcessMitigations.USUAL));
    return windows;
  }

  private static Map<String, DedicatedUserFacts> accounts() {
    Map<String, DedicatedUserFacts> accounts = new LinkedHashMap<>();
    windows()
        .forEach(
            (name, base) ->
                accounts.put(
                    name,
                    new DedicatedUserFacts(
                        base, AccountToken.OWN_SID, false, true, List.of(), false, "", "")));
    WindowsFacts good = windows().get("good");
    accounts.put(
        "the caller's logon",
        new DedicatedUserFacts(good, AccountToken.OWN_SID, true, true, List.of(), false, "", ""));
    accounts.put(
        "files only",
        new DedicatedUserFacts(good, AccountToken.OWN_SID, false, false, List.of(), false, "", ""));
    accounts.put(
        "others delete",
        new DedicatedUserFacts(
            good, AccountToken.OWN_SID, false, true, List.of("C:\\tools"), false, "", ""));
    accounts.put(
        "echoes",
        new DedicatedUserFacts(good, AccountToken.OWN_SID, false, true, List.of(), true, "", ""));
    for (AccountToken token : AccountToken.values()) {
      accounts.put(
          "token " + token,
          new DedicatedUserFacts(good, token, false, true, List.of(), false, "", ""));
    }
    return accounts;
  }
}
