package org.ringfence.macos.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

class SeatbeltPlannerTest {
  private static final PathContext PLACES = PathContext.ofMac("/ws", "/home");

  private static Map<String, PlannedGuarantee> plan(PolicyBuilder policy) {
    return SeatbeltPlanner.plan(EffectivePolicy.of(policy.build(), PLACES)).stream()
        .collect(Collectors.toMap(PlannedGuarantee::id, Function.identity()));
  }

  @Test
  void planReportsUnenforcedGuarantees() {
    Map<String, PlannedGuarantee> usual = plan(SandboxPolicy.builder().write(":workspace"));
    assertThat(
            usual.values().stream()
                .filter(one -> one.level() != Enforcement.ENFORCED)
                .map(PlannedGuarantee::id))
        .containsExactlyInAnyOrder(
            "network.external", "network.own-loopback", "lifetime.tree", "lifetime.jvm-exit");
    assertThat(usual.values())
        .filteredOn(one -> one.level() != Enforcement.ENFORCED)
        .allMatch(one -> !one.reason().isEmpty() && !one.remedy().isEmpty());
    assertThat(plan(SandboxPolicy.builder().ownLoopback(false)))
        .doesNotContainKey("network.own-loopback");
    assertThat(plan(SandboxPolicy.builder().hostLoopbackPort(80).ownLoopback(false)))
        .hasEntrySatisfying(
            "network.host-loopback",
            one -> assertThat(one.level()).isEqualTo(Enforcement.ENFORCED));
    assertThat(plan(SandboxPolicy.builder().hostLoopbackPort(80).ownLoopback(true)))
        .hasEntrySatisfying(
            "network.host-loopback",
            one -> assertThat(one.level()).isEqualTo(Enforcement.UNSUPPORTED));
  }

  /** The profile has permissions alone, so that no precedence between rules decides. */
  @Test
  void denialsInsideAWiderPermissionAreEnforced() {
    Map<String, PlannedGuarantee> plan =
        plan(
            SandboxPolicy.builder()
                .write(":workspace")
                .read(":workspace/lib")
                .protectedPath(":workspace/kept")
                .denyGlobs(List.of("**/.env")));
    for (String id :
        List.of(
            "files.write",
            "files.metadata",
            "files.protected-names",
            "files.protected-paths",
            "files.deny-globs")) {
      assertThat(plan.get(id).level()).as(id).isEqualTo(Enforcement.ENFORCED);
    }
  }

  @Test
  void readingIsEnforcedSincePreferencesOfProgramsAreNotShown() {
    assertThat(
            plan(SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL))
                .get("files.read")
                .level())
        .isEqualTo(Enforcement.ENFORCED);
  }

  @Test
  void externalNetworkIsEnforcedWithoutServersInside() {
    assertThat(plan(SandboxPolicy.builder().ownLoopback(false)).get("network.external").level())
        .isEqualTo(Enforcement.ENFORCED);
    assertThat(plan(SandboxPolicy.builder().ownLoopback(true)).get("network.external").level())
        .isEqualTo(Enforcement.ADVISORY);
  }

  @Test
  void privilegesAreEnforcedAlsoWithAFullNetwork() {
    assertThat(
            plan(SandboxPolicy.builder().network(NetworkMode.FULL))
                .get("process.privileges")
                .level())
        .isEqualTo(Enforcement.ENFORCED);
  }

  @Test
  void everyGuaranteeIsMarkedAsUnverifiedOnARealSystem() {
    assertThat(plan(SandboxPolicy.builder().write(":workspace")).values())
        .isNotEmpty()
        .allMatch(
            guarantee -> guarantee.verification().equals(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM));
  }

  @Test
  void globsWithRenamableDirectoriesAreUnsupported() {
    for (String glob : List.of("secret/*.key", "**/conf/prod/*.pem", "/ws/secret/*.key", "a/**")) {
      PlannedGuarantee held =
          plan(SandboxPolicy.builder().write("/ws").denyGlobs(List.of(glob)))
              .get("files.deny-globs");
      assertThat(held.level()).as(glob).isEqualTo(Enforcement.UNSUPPORTED);
      assertThat(held.reason()).contains(glob);
    }
    for (String glob : List.of("/etc/keys/*.pem", "*.pem", "**/secrets")) {
      assertThat(
              plan(SandboxPolicy.builder().write("/ws").denyGlobs(List.of(glob)))
                  .get("files.deny-globs")
                  .level())
          .as(glob)
          .isNotEqualTo(Enforcement.UNSUPPORTED);
    }
  }

  @Test
  void publishedPortsAreUnsupportedAndMemoryLimitsAdvisory() {
    Map<String, PlannedGuarantee> plan =
        plan(
            SandboxPolicy.builder()
                .network(NetworkMode.ALLOWLIST)
                .allowHost("example.org")
                .publish("8080:3000")
                .memory(1 << 30));
    assertThat(plan.get("network.external").level()).isEqualTo(Enforcement.ADVISORY);
    assertThat(plan.get("network.publish").level()).isEqualTo(Enforcement.UNSUPPORTED);
    assertThat(plan.get("limits.memory").level()).isEqualTo(Enforcement.ADVISORY);
  }
}
