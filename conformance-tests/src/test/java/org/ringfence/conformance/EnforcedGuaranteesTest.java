package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.BubblewrapPlanner;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.LandlockPlanner;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.ProcessGrant;

/** Checks that plans enforce only guarantees with conformance cases. */
class EnforcedGuaranteesTest {
  private static final PathContext PLACES = PathContext.current(Path.of("").toAbsolutePath());

  /** Returns policies that together ask for every guarantee. */
  private static Stream<SandboxPolicy> policies() {
    PolicyBuilder everything =
        SandboxPolicy.builder()
            .write(":workspace")
            .fileDefault(FileDefault.MINIMAL)
            .protectedPath(":workspace/kept")
            .denyGlobs(List.of("**/.env"))
            .memory(1 << 30)
            .processes(64)
            .cpuTime(Duration.ofSeconds(10))
            .openFiles(256)
            .fileSize(1 << 20)
            .wallTime(Duration.ofMinutes(1))
            .outputBytes(1 << 20);
    SandboxPolicy none = everything.build();
    SandboxPolicy allowlist =
        none.toBuilder()
            .network(NetworkMode.ALLOWLIST)
            .allowHost("example.org:443")
            .checkServerName(true)
            .hostLoopbackPort(8080)
            .publish("8081:3000")
            .build();
    return Stream.concat(Stream.of(none, allowlist), Presets.names().stream().map(Presets::load));
  }

  private static List<PlannedGuarantee> planned(EffectivePolicy policy) {
    List<PlannedGuarantee> planned =
        new ArrayList<>(LandlockPlanner.plan(policy, HostFacts.ASSUMED));
    planned.addAll(
        BubblewrapPlanner.plan(
            policy, HostFacts.ASSUMED, BubblewrapFeatures.ASSUMED, BubblewrapPlanner.Starter.JVM));
    return planned;
  }

  private static Set<String> enforced(EffectivePolicy policy) {
    return planned(policy).stream()
        .filter(guarantee -> guarantee.level() == Enforcement.ENFORCED)
        .map(PlannedGuarantee::id)
        .collect(Collectors.toSet());
  }

  @Test
  void casesNameKnownGuarantees() throws Exception {
    for (ConformanceCase each : ConformanceSuite.catalogue()) {
      assertThat(Guarantee.ids()).as(each.id()).containsAll(each.needs());
    }
  }

  @Test
  void planContainsOnlyGuaranteesThatThePolicyAsksFor() {
    policies()
        .forEach(
            policy -> {
              EffectivePolicy placed = EffectivePolicy.of(policy, PLACES);
              assertThat(planned(placed))
                  .allMatch(guarantee -> placed.asksFor(guarantee.guarantee()));
            });
  }

  @Test
  void servicesOfMacosAreRefusedOnLinuxByName() {
    SandboxPolicy policy =
        SandboxPolicy.builder().allow(ProcessGrant.KEYCHAIN, ProcessGrant.TRUSTD).build();
    assertThat(planned(EffectivePolicy.of(policy, PLACES)))
        .filteredOn(guarantee -> guarantee.guarantee() == Guarantee.PROCESS_MAC_SERVICES)
        .hasSize(2)
        .allSatisfy(
            guarantee -> {
              assertThat(guarantee.level()).isEqualTo(Enforcement.UNSUPPORTED);
              assertThat(guarantee.reason()).isEqualTo("trustd, keychain: a part of macOS alone");
              assertThat(guarantee.remedy()).contains("process.allow");
            });
  }

  @Test
  void everyEnforcedGuaranteeHasConformanceCases() throws Exception {
    Set<String> promised = new TreeSet<>();
    policies().forEach(policy -> promised.addAll(enforced(EffectivePolicy.of(policy, PLACES))));
    Set<String> tried =
        ConformanceSuite.catalogue().stream()
            .flatMap(each -> each.needs().stream())
            .collect(Collectors.toSet());
    assertThat(promised).hasSizeGreaterThan(20);
    promised.removeAll(tried);
    assertThat(promised).as("promised, but no case needs it").isEmpty();
  }
}
