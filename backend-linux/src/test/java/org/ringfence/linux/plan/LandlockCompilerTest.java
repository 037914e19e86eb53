package org.ringfence.linux.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.linux.plan.HostFacts.Feature;
import org.ringfence.linux.plan.LandlockRuleset.PathRule;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

class LandlockCompilerTest {
  private static final PathContext PLACES = PathContext.of(PathStyle.POSIX, "/ws", "/home/me");
  private static final LandlockAbi ABI = new LandlockAbi(7);

  private static PolicyBuilder writing() {
    return SandboxPolicy.builder().write(":workspace").protectedNames(ProtectedNames.OFF);
  }

  private static final ReadableParts PARTS =
      new ReadableParts() {
        @Override
        public boolean leadsToDevices(String path) {
          return ASSUMED.leadsToDevices(path);
        }

        @Override
        public List<String> of(String path) {
          return path.equals("/") ? List.of("/etc", "/usr", "/dev/shm") : List.of("/dev/shm");
        }
      };

  private static HostFacts facts(int abi, boolean listener, boolean root) {
    return new HostFacts(
        "6.18",
        Optional.of(Arch.X86_64),
        new LandlockAbi(abi),
        new HostFacts.SeccompNotification(
            listener ? "" : "the kernel has no seccomp filters", true),
        root ? EnumSet.allOf(Feature.class) : HostFacts.ORDINARY,
        HostFacts.CgroupParent.none("not delegated"));
  }

  private static Map<String, PlannedGuarantee> plan(SandboxPolicy policy, HostFacts facts) {
    return LandlockPlanner.plan(EffectivePolicy.of(policy, PLACES), facts).stream()
        .collect(Collectors.toMap(PlannedGuarantee::id, Function.identity()));
  }

  @Test
  void limitsOfATreeAreEnforcedInAnyPlaceForGroups() {
    SandboxPolicy policy = writing().memory(1 << 20).processes(7).build();
    HostFacts none = facts(7, true, false);
    assertThat(plan(policy, none).get("limits.memory").level()).isEqualTo(Enforcement.ADVISORY);
    assertThat(plan(policy, none).get("limits.memory").reason()).contains("not delegated");
    HostFacts scopes = none.with(new HostFacts.CgroupParent.UserScope());
    HostFacts delegated = none.with(new HostFacts.CgroupParent.Delegated("/made"));
    for (String limit : List.of("limits.memory", "limits.processes")) {
      assertThat(plan(policy, scopes).get(limit).level()).isEqualTo(Enforcement.ENFORCED);
      assertThat(plan(policy, scopes).get(limit).mechanism()).contains("systemd's user manager");
      assertThat(plan(policy, delegated).get(limit).mechanism()).contains("below /made");
    }
    HostFacts deaf = facts(7, false, false).with(new HostFacts.CgroupParent.UserScope());
    assertThat(plan(policy, deaf).get("limits.memory").level()).isEqualTo(Enforcement.UNSUPPORTED);
  }

  @Test
  void readableDefaultOmitsDevices() {
    LandlockRuleset ruleset =
        LandlockCompiler.compile(EffectivePolicy.of(writing().build(), PLACES), ABI, PARTS);
    assertThat(ruleset.handledFiles())
        .as("listing and execution need no rule")
        .isEqualTo(ABI.write() | LandlockAbi.READ_FILE);
    assertThat(ruleset.rules())
        .anyMatch(rule -> rule.path().equals("/ws"))
        .contains(
            new PathRule("/etc", LandlockAbi.READ_FILE, "files.default read", true),
            new PathRule("/dev/shm", LandlockAbi.READ_FILE, "files.default read", true))
        .noneMatch(rule -> rule.path().equals("/") || rule.path().equals("/dev"));
    assertThat(ruleset.handledNetwork()).isEqualTo(LandlockAbi.TCP);
    assertThat(ruleset.scoped()).isEqualTo(3);
  }

  @Test
  void ruleForAllDevicesGrantsNoTerminal() {
    for (String path : List.of("/", "/dev")) {
      EffectivePolicy policy = EffectivePolicy.of(writing().read(path).build(), PLACES);
      assertThat(LandlockCompiler.compile(policy, ABI, PARTS).rules())
          .noneMatch(rule -> rule.path().equals("/") || rule.path().equals("/dev"));
      assertThat(ReadableParts.named(policy, "/dev/pts/3")).isFalse();
    }
    EffectivePolicy terminals = EffectivePolicy.of(writing().read("/dev/pts").build(), PLACES);
    assertThat(LandlockCompiler.compile(terminals, ABI, PARTS).rules())
        .anyMatch(
            rule -> rule.path().equals("/dev/pts") && (rule.access() & LandlockAbi.READ_FILE) != 0);
    assertThat(ReadableParts.named(terminals, "/dev/pts/3")).isTrue();
    assertThat(ReadableParts.named(terminals, "/dev/ptsx")).isFalse();
    assertThat(ReadableParts.named(terminals, "/dev/null")).as("built in").isTrue();
  }

  @Test
  void rulesThatAddNoRightAreLeftOut() {
    PolicyBuilder policy =
        writing()
            .rule("/ws/kept", Access.READ, MissingPath.SKIP)
            .rule("/etc/a", Access.READ, MissingPath.SKIP)
            .rule("/srv/b", Access.READ, MissingPath.SKIP)
            .rule("/srv/b/c", Access.WRITE, MissingPath.SKIP)
            .rule("/srv/b/c/d", Access.WRITE, MissingPath.SKIP);
    assertThat(
            LandlockCompiler.compile(EffectivePolicy.of(policy.build(), PLACES), ABI, PARTS)
                .rules())
        .extracting(PathRule::path)
        .contains("/ws", "/etc", "/srv/b", "/srv/b/c")
        .doesNotContain("/ws/kept", "/etc/a", "/srv/b/c/d");
    assertThat(
            LandlockCompiler.compile(
                    EffectivePolicy.of(policy.fileDefault(FileDefault.MINIMAL).build(), PLACES),
                    ABI,
                    PARTS)
                .rules())
        .as("the minimal view gives reading below /etc, and nothing below /srv")
        .extracting(PathRule::path)
        .contains("/etc", "/srv/b", "/srv/b/c")
        .doesNotContain("/ws/kept", "/etc/a", "/srv/b/c/d");
  }

  @Test
  void minimalDefaultRestrictsReading() {
    EffectivePolicy policy =
        EffectivePolicy.of(writing().fileDefault(FileDefault.MINIMAL).build(), PLACES);
    LandlockRuleset ruleset = LandlockCompiler.compile(policy, ABI, PARTS);
    assertThat(ruleset.handledFiles()).isEqualTo(ABI.write() | ABI.read());
    assertThat(ruleset.rules())
        .anyMatch(rule -> rule.path().equals("/usr") && rule.access() == ABI.read())
        .anyMatch(rule -> rule.path().equals("/dev/shm") && rule.access() == ABI.read())
        .anyMatch(
            rule ->
                rule.path().equals("/dev")
                    && rule.access() == (ABI.read() & ~LandlockAbi.READ_FILE));
  }

  @Test
  void noRuleGrantsCreationOfDeviceNodes() {
    long makeChar = 1 << 6;
    long makeBlock = 1 << 11;
    LandlockCompiler.compile(EffectivePolicy.of(writing().build(), PLACES), ABI, PARTS)
        .rules()
        .forEach(rule -> assertThat(rule.access() & (makeChar | makeBlock)).isZero());
    assertThat(ABI.write() & makeChar).isNotZero();
  }

  @Test
  void stricterRuleForTheSamePathWins() {
    EffectivePolicy policy =
        EffectivePolicy.of(SandboxPolicy.builder().write(":workspace").read("/ws").build(), PLACES);
    assertThat(LandlockCompiler.compile(policy, ABI, PARTS).rules())
        .noneMatch(
            rule -> rule.path().equals("/ws") && (rule.access() & LandlockAbi.WRITE_FILE) != 0);
  }

  @Test
  void inexpressibleRuleIsReportedWithItsReason() {
    EffectivePolicy carved = EffectivePolicy.of(writing().read("/ws/vendor").build(), PLACES);
    assertThat(LandlockCompiler.inexpressible(EffectivePolicy.of(writing().build(), PLACES), false))
        .isEmpty();
    assertThat(LandlockCompiler.inexpressible(carved, false))
        .hasValueSatisfying(reason -> assertThat(reason).contains("/ws/vendor", "write"));
    assertThat(LandlockCompiler.inexpressible(carved, true))
        .as("the supervisor decides on writing")
        .isEmpty();
    EffectivePolicy hidden = EffectivePolicy.of(writing().none("/etc/shadow").build(), PLACES);
    assertThat(LandlockCompiler.inexpressible(hidden, true)).isPresent();
    assertThat(
            LandlockCompiler.inexpressible(
                EffectivePolicy.of(
                    writing().fileDefault(FileDefault.MINIMAL).none("/home/me/.ssh").build(),
                    PLACES),
                true))
        .as("no rule grants a parent, so the denial needs no rule")
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1,0", "2,0", "3,0", "4,3", "5,3", "6,3", "7,3"})
  void olderKernelsGetOnlySupportedRights(int version, long network) {
    LandlockRuleset ruleset =
        LandlockCompiler.compile(
            EffectivePolicy.of(writing().build(), PLACES), new LandlockAbi(version), PARTS);
    assertThat(ruleset.handledNetwork()).isEqualTo(network);
    assertThat(ruleset.scoped()).isEqualTo(version >= 6 ? 3 : 0);
    assertThat((ruleset.handledFiles() & LandlockAbi.TRUNCATE) != 0).isEqualTo(version >= 3);
  }

  @Test
  void newKernelEnforcesEveryGuarantee() {
    Map<String, PlannedGuarantee> plan = plan(writing().build(), facts(7, true, false));
    assertThat(plan.values()).allMatch(guarantee -> guarantee.level() == Enforcement.ENFORCED);
    assertThat(plan)
        .containsKeys("files.write", "files.metadata", "network.external", "lifetime.jvm-exit");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void oldKernelEnforcesEveryGuaranteeThroughTheSupervisor(int abi) {
    Map<String, PlannedGuarantee> plan = plan(writing().build(), facts(abi, true, false));
    assertThat(plan.values()).allMatch(guarantee -> guarantee.level() == Enforcement.ENFORCED);
    assertThat(plan.get("process.signals").mechanism()).contains("notification", "mark");
    assertThat(plan.get("lifetime.tree").mechanism()).contains("mark");
    assertThat(plan.get("files.write").mechanism().contains("truncation: seccomp"))
        .isEqualTo(abi < 3);
  }

  @Test
  void oldKernelWithoutMarksReportsMissingGuarantees() {
    HostFacts facts = lacking(Feature.MARKED_PROCESSES).atMost(4);
    Map<String, PlannedGuarantee> plan = plan(writing().build(), facts);
    for (String id : List.of("process.signals", "lifetime.jvm-exit")) {
      assertThat(plan.get(id).level()).isEqualTo(Enforcement.UNSUPPORTED);
      assertThat(plan.get(id).reason()).contains("ulimit -x", "hidepid");
      assertThat(plan.get(id).remedy()).contains("6.12", "hidepid=0");
    }
    assertThat(plan.get("lifetime.tree").level()).isEqualTo(Enforcement.ADVISORY);
    assertThat(Supervision.signalsDecided(facts)).isFalse();
  }

  @Test
  void oldKernelWithoutASupervisorReportsMissingGuarantees() {
    Map<String, PlannedGuarantee> plan = plan(writing().build(), facts(2, false, false));
    for (String id : List.of("process.signals", "lifetime.jvm-exit", "files.write")) {
      assertThat(plan.get(id).level()).as(id).isEqualTo(Enforcement.UNSUPPORTED);
      assertThat(plan.get(id).reason()).contains("seccomp");
    }
  }

  @Test
  void supervisedGuaranteesAreUnsupportedWithoutAListener() {
    Map<String, PlannedGuarantee> plan =
        plan(
            writing().openFiles(9).protectedPath("/ws/policy.json").build(),
            facts(7, false, false));
    for (String id :
        List.of("files.protected-paths", "network.own-loopback", "limits.open-files")) {
      assertThat(plan.get(id).level()).as(id).isEqualTo(Enforcement.UNSUPPORTED);
      assertThat(plan.get(id).reason()).contains("seccomp");
    }
    for (String id : List.of("files.metadata", "network.unix-sockets")) {
      assertThat(plan.get(id).level()).as(id).isEqualTo(Enforcement.ENFORCED);
      assertThat(plan.get(id).mechanism()).contains("denied");
    }
  }

  @Test
  void namesAndGlobsNeedAListenerAndLimitsAreNotEnforced() {
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .write(":workspace")
            .network(NetworkMode.ALLOWLIST)
            .denyGlobs(List.of("**/.env"))
            .memory(1 << 30)
            .processes(10)
            .build();
    Map<String, PlannedGuarantee> plan = plan(policy, facts(7, true, true));
    assertThat(plan.get("files.protected-names").level()).isEqualTo(Enforcement.ENFORCED);
    assertThat(plan.get("files.deny-globs").level()).isEqualTo(Enforcement.ENFORCED);
    Map<String, PlannedGuarantee> deaf = plan(policy, facts(7, false, true));
    assertThat(deaf.get("files.protected-names").level()).isEqualTo(Enforcement.UNSUPPORTED);
    assertThat(deaf.get("files.deny-globs").level()).isEqualTo(Enforcement.UNSUPPORTED);
    assertThat(plan.get("limits.memory").level()).isEqualTo(Enforcement.ADVISORY);
    assertThat(plan.get("limits.processes").level())
        .as("root is exempt from RLIMIT_NPROC")
        .isEqualTo(Enforcement.UNSUPPORTED);
  }

  @Test
  void allowlistNeedsASupervisorThatReachesItsChildren() {
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .network(NetworkMode.ALLOWLIST)
            .allowHost("example.org")
            .publish("8080:3000")
            .build();
    HostFacts able = facts(7, true, false);
    HostFacts yama = lacking(Feature.YAMA_PERMITS);
    for (String id : List.of("network.external", "network.publish")) {
      assertThat(plan(policy, able).get(id).level()).isEqualTo(Enforcement.ENFORCED);
      assertThat(plan(policy, facts(7, false, false)).get(id).level())
          .isEqualTo(Enforcement.UNSUPPORTED);
      PlannedGuarantee refused = plan(policy, yama).get(id);
      assertThat(refused.level()).isEqualTo(Enforcement.UNSUPPORTED);
      assertThat(refused.reason()).contains("ptrace_scope");
      assertThat(refused.remedy()).contains("sysctl kernel.yama.ptrace_scope=1");
      assertThat(
              BubblewrapPlanner.plan(
                  EffectivePolicy.of(policy, PLACES),
                  yama,
                  BubblewrapFeatures.ASSUMED,
                  BubblewrapPlanner.Starter.JVM))
          .anyMatch(each -> each.id().equals(id) && each.level() == Enforcement.UNSUPPORTED);
    }
  }

  private static HostFacts lacking(Feature feature) {
    HostFacts able = facts(7, true, false);
    return new HostFacts(
        "6.18",
        able.arch(),
        able.abi(),
        able.seccomp(),
        EnumSet.complementOf(EnumSet.of(feature, Feature.ROOT)),
        HostFacts.CgroupParent.none(""));
  }

  private static List<PlannedGuarantee> ofBoth(EffectivePolicy policy, HostFacts facts) {
    List<PlannedGuarantee> all = new ArrayList<>(LandlockPlanner.plan(policy, facts));
    all.addAll(
        BubblewrapPlanner.plan(
            policy, facts, BubblewrapFeatures.ASSUMED, BubblewrapPlanner.Starter.JVM));
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 9, 10})
  void kernelDeniesNamesOfSocketsOutsideWhereItCan(int version) {
    SandboxPolicy granted =
        SandboxPolicy.builder().write("/work").unixSocket("/run/granted.sock").build();
    LandlockAbi abi = new LandlockAbi(version);
    LandlockRuleset ruleset =
        LandlockCompiler.compile(EffectivePolicy.of(granted, PLACES), abi, PARTS);
    assertThat(ruleset.handledFiles() & LandlockAbi.RESOLVE_UNIX)
        .isEqualTo(version >= 9 ? LandlockAbi.RESOLVE_UNIX : 0);
    assertThat(ruleset.rules()).noneMatch(rule -> (rule.access() & LandlockAbi.RESOLVE_UNIX) != 0);
    assertThat(plan(granted, facts(version, true, false)).get("network.unix-sockets").mechanism())
        .matches(text -> text.contains("reach a socket outside by its path") == version >= 9);
  }

  @Test
  void namesOfSocketsStayOpenWhereAllAreGrantedOrNoFileIsHandled() {
    SandboxPolicy all = SandboxPolicy.builder().network(NetworkMode.FULL).unixSocket("/").build();
    SandboxPolicy writable =
        SandboxPolicy.builder()
            .fileDefault(FileDefault.WRITE)
            .protectedNames(ProtectedNames.OFF)
            .build();
    for (SandboxPolicy policy : List.of(all, writable)) {
      LandlockRuleset ruleset =
          LandlockCompiler.compile(EffectivePolicy.of(policy, PLACES), new LandlockAbi(9), PARTS);
      assertThat(ruleset.handledFiles() & LandlockAbi.RESOLVE_UNIX).isZero();
    }
  }

  @Test
  void containersProfileIsNamedWithTheCallsThatItDenies() {
    EffectivePolicy policy = EffectivePolicy.of(Presets.load("workspace-write"), PLACES);
    Map<Feature, String> calls =
        Map.of(
            Feature.CHILD_MEMORY, "process_vm_readv",
            Feature.CHILD_DESCRIPTORS, "pidfd_getfd",
            Feature.OWN_FILE_STATE, "unshare");
    calls.forEach(
        (feature, call) ->
            assertThat(ofBoth(policy, lacking(feature)))
                .filteredOn(each -> each.level() == Enforcement.UNSUPPORTED)
                .hasSizeGreaterThan(2)
                .allMatch(each -> each.reason().endsWith("denies " + call))
                .allMatch(each -> each.remedy().contains("--security-opt seccomp=FILE")));
  }

  @Test
  void eachReasonThatNamesYamaHasARemedyThatNamesIt() {
    EffectivePolicy policy = EffectivePolicy.of(Presets.load("workspace-write"), PLACES);
    assertThat(ofBoth(policy, lacking(Feature.YAMA_PERMITS)))
        .filteredOn(each -> each.reason().contains("ptrace_scope"))
        .hasSizeGreaterThan(2)
        .allMatch(each -> each.remedy().contains("kernel.yama.ptrace_scope=1"));
  }

  @Test
  void kernelWithoutCloseRangeIsRefusedWithTheReason() {
    EffectivePolicy policy = EffectivePolicy.of(SandboxPolicy.builder().build(), PLACES);
    assertThat(ofBoth(policy, facts(7, true, false)))
        .filteredOn(each -> each.id().equals("process.descriptors"))
        .hasSize(2)
        .allMatch(each -> each.level() == Enforcement.ENFORCED);
    assertThat(ofBoth(policy, lacking(Feature.CLOSE_RANGE)))
        .filteredOn(each -> each.id().equals("process.descriptors"))
        .hasSize(2)
        .allMatch(each -> each.level() == Enforcement.UNSUPPORTED)
        .allMatch(each -> each.reason().contains("close_range"));
  }

  @Test
  void denyListIsUnsupportedWithFullNetwork() {
    SandboxPolicy policy =
        SandboxPolicy.builder().network(NetworkMode.FULL).denyHost("example.org").build();
    assertThat(plan(policy, facts(7, true, false)).get("network.deny").level())
        .isEqualTo(Enforcement.UNSUPPORTED);
  }

  @Test
  void readRuleUnderAWritableDefaultIsReportedAsUnsupported() {
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .fileDefault(FileDefault.WRITE)
            .protectedNames(ProtectedNames.OFF)
            .read("/etc")
            .build();
    HostFacts facts = facts(7, true, false);
    assertThat(LandlockPlanner.plan(EffectivePolicy.of(policy, PLACES), facts))
        .anyMatch(guarantee -> guarantee.level() == Enforcement.UNSUPPORTED);
    assertThat(
            BubblewrapPlanner.plan(
                EffectivePolicy.of(policy, PLACES),
                facts,
                BubblewrapFeatures.ASSUMED,
                BubblewrapPlanner.Starter.JVM))
        .anyMatch(guarantee -> guarantee.level() == Enforcement.UNSUPPORTED);
    SandboxPolicy open =
        SandboxPolicy.builder()
            .fileDefault(FileDefault.WRITE)
            .protectedNames(ProtectedNames.OFF)
            .build();
    assertThat(LandlockPlanner.plan(EffectivePolicy.of(open, PLACES), facts))
        .allMatch(guarantee -> guarantee.level() == Enforcement.ENFORCED);
  }
}
