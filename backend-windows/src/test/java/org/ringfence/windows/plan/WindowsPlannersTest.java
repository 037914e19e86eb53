package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.mitigation.ProcessMitigations;

class WindowsPlannersTest {
  private static final PathContext PLACES =
      PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me");
  private static final WindowsFacts GOOD =
      new WindowsFacts(false, List.of(), true, true, ProcessMitigations.USUAL);
  private static final WindowsFacts OPEN =
      new WindowsFacts(true, List.of("C:\\open"), false, false, ProcessMitigations.USUAL);

  private static PolicyBuilder writing() {
    return SandboxPolicy.builder().write(":workspace").protectedNames(ProtectedNames.OFF);
  }

  private static Map<String, PlannedGuarantee> token(PolicyBuilder policy, WindowsFacts facts) {
    return byId(RestrictedTokenPlanner.plan(EffectivePolicy.of(policy.build(), PLACES), facts));
  }

  private static Map<String, PlannedGuarantee> container(PolicyBuilder policy) {
    return byId(AppContainerPlanner.plan(EffectivePolicy.of(policy.build(), PLACES), GOOD));
  }

  private static Map<String, PlannedGuarantee> byId(List<PlannedGuarantee> guarantees) {
    return guarantees.stream().collect(Collectors.toMap(PlannedGuarantee::id, one -> one));
  }

  private static void assertLevels(
      Map<String, PlannedGuarantee> plan, Enforcement level, String... guarantees) {
    for (String id : guarantees) {
      assertThat(plan).containsKey(id);
      assertThat(plan.get(id).level()).as(id).isEqualTo(level);
      if (level != Enforcement.ENFORCED) {
        assertThat(plan.get(id).reason()).as(id).isNotEmpty();
        assertThat(plan.get(id).remedy()).as(id).isNotEmpty();
      }
    }
  }

  @Test
  void restrictedTokenEnforcesPrivilegesAndReportsItsGaps() {
    Map<String, PlannedGuarantee> plan = token(writing(), GOOD);
    assertLevels(
        plan,
        Enforcement.ENFORCED,
        "process.privileges",
        "process.descriptors",
        "environment.filtered");
    assertLevels(
        plan,
        Enforcement.UNSUPPORTED,
        "files.delete",
        "network.external",
        "process.isolation",
        "process.signals");
    // System services act for a command with the user's full rights.
    assertLevels(
        plan,
        Enforcement.ADVISORY,
        "files.write",
        "files.metadata",
        "registry.write",
        "process.desktop",
        "process.programs",
        "lifetime.tree",
        "lifetime.jvm-exit");
  }

  @Test
  void restrictedTokenReportsUnenforceablePartsAsUnsupported() {
    assertLevels(
        token(
            writing()
                .none("C:\\Users\\me\\.ssh")
                .denyGlobs(List.of("**/.env"))
                .protectedPath(":workspace/policy.json")
                .protectedNames(ProtectedNames.READ_ONLY)
                .network(NetworkMode.ALLOWLIST)
                .allowHost("example.org")
                .checkServerName(true)
                .publish("80")
                .hostLoopbackPort(99)
                .openFiles(10)
                .fileSize(10),
            GOOD),
        Enforcement.UNSUPPORTED,
        "files.read",
        "files.deny-globs",
        "files.protected-paths",
        "files.protected-names",
        "network.external",
        "network.server-name",
        "network.publish",
        "network.host-loopback",
        "limits.open-files",
        "limits.file-size");
    // A command can delete the file through its writable directory and create it again. Outside
    // every root it could not create it.
    assertLevels(
        token(writing().read("C:\\work\\kept"), GOOD), Enforcement.UNSUPPORTED, "files.write");
    assertLevels(token(writing().read("C:\\other"), GOOD), Enforcement.ADVISORY, "files.write");
    assertLevels(
        token(writing().tmp(TmpPolicy.SHARED), GOOD), Enforcement.UNSUPPORTED, "files.write");
    assertLevels(
        token(writing().fileDefault(FileDefault.WRITE), GOOD),
        Enforcement.UNSUPPORTED,
        "files.write");
    assertLevels(
        token(writing().network(NetworkMode.FULL).denyHost("example.org"), GOOD),
        Enforcement.UNSUPPORTED,
        "network.deny");
  }

  @Test
  void everyoneSidWeakensTheRestrictedToken() {
    Map<String, PlannedGuarantee> plan = token(writing(), OPEN);
    assertLevels(plan, Enforcement.ADVISORY, "files.write", "registry.write");
    assertThat(plan.get("files.write").reason()).contains("C:\\open");
    assertLevels(plan, Enforcement.UNSUPPORTED, "process.desktop");
  }

  @Test
  void jobLimitsAreAdvisoryAndTheOutputLimitIsEnforced() {
    assertLevels(
        token(
            writing()
                .memory(1 << 20)
                .processes(4)
                .cpuTime(Duration.ofSeconds(1))
                .wallTime(Duration.ofSeconds(2))
                .outputBytes(10),
            GOOD),
        Enforcement.ADVISORY,
        "limits.memory",
        "limits.processes",
        "limits.cpu-time",
        "limits.wall-time");
    assertLevels(token(writing().outputBytes(10), GOOD), Enforcement.ENFORCED, "limits.output");
  }

  @Test
  void containerEnforcesReadingAndTheNetwork() {
    Map<String, PlannedGuarantee> plan = container(writing().fileDefault(FileDefault.MINIMAL));
    assertLevels(
        plan,
        Enforcement.ENFORCED,
        "files.write",
        "files.read",
        "network.external",
        "process.isolation",
        "process.signals",
        "registry.write");
    assertThat(plan).doesNotContainKey("files.delete");
    assertLevels(plan, Enforcement.ADVISORY, "process.programs");
    // The plan and the refusal of programs by name follow the same model.
    assertThat(plan.get("process.programs").reason())
        .contains("MSYS and Cygwin programs", "(NUL)")
        .doesNotContain("PowerShell");
    assertLevels(plan, Enforcement.UNSUPPORTED, "network.own-loopback", "process.desktop");
    assertLevels(container(writing()), Enforcement.UNSUPPORTED, "files.readable");
    assertLevels(
        container(writing().tmp(TmpPolicy.SHARED)), Enforcement.UNSUPPORTED, "files.write");
  }

  @Test
  void containerEntriesNameOnlyItsSid() {
    Sid sid = new Sid("S-1-15-2-1-2-3-4-5-6-7");
    EffectivePolicy policy =
        EffectivePolicy.of(
            writing()
                .fileDefault(FileDefault.MINIMAL)
                .read("C:\\read")
                .none("C:\\read\\secret")
                .network(NetworkMode.FULL)
                .build(),
            PLACES);
    AppContainerPlan plan = AppContainerPlan.compile(policy, sid);
    assertThat(plan.capabilities()).hasSize(3);
    // An entry that denies something to a package is never looked at, so that none is set.
    assertThat(plan.entries())
        .allMatch(entry -> entry.ace().sid().equals(sid) && entry.ace().type() == Ace.Type.ALLOW);
    AccessToken token = container(sid);
    assertThat(may(plan, token, "C:\\work", AccessMask.WRITE_DATA)).isTrue();
    assertThat(may(plan, token, "C:\\read", AccessMask.READ_DATA)).isTrue();
    assertThat(may(plan, token, "C:\\read", AccessMask.WRITE_DATA)).isFalse();
    assertThat(plan.closed())
        .extracting(AppContainerPlan.Closed::path)
        .contains("C:\\read", "C:\\read\\secret");
    assertThat(plan.describe())
        .contains("C:\\work  (A;OICI;")
        .contains("C:\\read\\secret  must give all packages no right 0x1");
    assertThat(AppContainerPlan.knownNotToStart("C:\\x\\Bash.exe")).isTrue();
    // microsoft/mxc, docs/playground-limitations.md: both start.
    assertThat(AppContainerPlan.knownNotToStart("C:\\x\\powershell.exe")).isFalse();
    assertThat(AppContainerPlan.knownNotToStart("C:\\x\\pwsh.exe")).isFalse();
    assertThat(AppContainerPlan.knownNotToStart("C:\\x\\cmd.exe")).isFalse();
  }

  /** A container of an ordinary user, whose own access to its files is not in doubt. */
  private static AccessToken container(Sid sid) {
    return AccessToken.of(Sid.SYSTEM, java.util.Set.of())
        .inContainer(new AccessToken.Container(sid, java.util.Set.of(), false));
  }

  /** Asks the model, with the path's own entries before those of the root above it. */
  private static boolean may(AppContainerPlan plan, AccessToken token, String path, int right) {
    java.util.stream.Stream<Ace> own =
        plan.entries().stream()
            .filter(entry -> entry.path().equals(path))
            .map(RestrictedTokenPlan.Entry::ace);
    java.util.stream.Stream<Ace> inherited =
        plan.entries().stream()
            .filter(entry -> path.startsWith(entry.path() + "\\"))
            .map(RestrictedTokenPlan.Entry::ace);
    java.util.stream.Stream<Ace> users =
        java.util.stream.Stream.of(
            new Ace(Ace.Type.ALLOW, Sid.SYSTEM, GenericMapping.FILE.all(), Ace.Scope.TREE));
    Ace[] aces =
        java.util.stream.Stream.of(own, inherited, users)
            .flatMap(java.util.function.Function.identity())
            .toArray(Ace[]::new);
    return AccessCheck.check(
            token, SecurityDescriptor.of(Sid.SYSTEM, aces), GenericMapping.FILE, right)
        .allowed();
  }

  @Test
  void containerCannotEnforceADenialBelowAReadableOrWritableRoot() {
    PolicyBuilder taking = writing().rule("C:\\work\\lib", Access.READ, MissingPath.SKIP);
    assertLevels(container(taking), Enforcement.UNSUPPORTED, "files.write");
    assertLevels(container(writing()), Enforcement.ENFORCED, "files.write", "files.metadata");
    assertLevels(
        container(
            SandboxPolicy.builder()
                .protectedNames(ProtectedNames.OFF)
                .fileDefault(FileDefault.MINIMAL)
                .read(":workspace")
                .none("C:\\work\\secret")),
        Enforcement.UNSUPPORTED,
        "files.read");
    assertLevels(
        container(
            SandboxPolicy.builder()
                .protectedNames(ProtectedNames.OFF)
                .fileDefault(FileDefault.MINIMAL)
                .read(":workspace")),
        Enforcement.ENFORCED,
        "files.read");
  }

  @Test
  void everyGuaranteeIsMarkedAsUnverifiedOnARealSystem() {
    for (Map<String, PlannedGuarantee> plan :
        List.of(token(writing(), GOOD), container(writing()))) {
      assertThat(plan.values())
          .isNotEmpty()
          .allMatch(
              guarantee -> guarantee.verification().equals(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM));
    }
  }
}
