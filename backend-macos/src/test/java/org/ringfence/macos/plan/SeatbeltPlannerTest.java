package org.ringfence.macos.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Places;
import org.ringfence.policy.SandboxPolicy;

class SeatbeltPlannerTest {
  private static final Places PLACES = Places.ofMac("/ws", "/home");

  private static Map<String, Guarantee> plan(SandboxPolicy.Builder policy) {
    return SeatbeltPlanner.plan(policy.build().in(PLACES)).stream()
        .collect(Collectors.toMap(Guarantee::id, Function.identity()));
  }

  @Test
  void whatIsLeftOpenIsSaid() {
    Map<String, Guarantee> usual = plan(SandboxPolicy.builder().write(":workspace"));
    assertThat(
            usual.values().stream()
                .filter(one -> one.level() != Enforcement.ENFORCED)
                .map(Guarantee::id))
        .containsExactlyInAnyOrder("network.own-loopback", "lifetime.tree", "lifetime.jvm-exit");
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

  @Test
  void namesAndGlobsAreHeldByPatterns() {
    Map<String, Guarantee> plan =
        plan(
            SandboxPolicy.builder()
                .write(":workspace")
                .protectedPath(":workspace/kept")
                .denyGlobs(List.of("**/.env")));
    for (String id :
        List.of("files.protected-names", "files.protected-paths", "files.deny-globs")) {
      assertThat(plan.get(id).level()).as(id).isEqualTo(Enforcement.ENFORCED);
    }
  }

  @Test
  void globsThatNameDirectoriesAreNotHeldWhereThoseCanBeRenamed() {
    for (String glob : List.of("secret/*.key", "**/conf/prod/*.pem", "/ws/secret/*.key", "a/**")) {
      Guarantee held =
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
          .isEqualTo(Enforcement.ENFORCED);
    }
  }

  @Test
  void portsAndLimitsThatCannotBeHeldAreRefused() {
    Map<String, Guarantee> plan =
        plan(
            SandboxPolicy.builder()
                .network(NetworkMode.ALLOWLIST)
                .allowHost("example.org")
                .publish("8080:3000")
                .memory(1 << 30));
    assertThat(plan.get("network.external").level()).isEqualTo(Enforcement.ENFORCED);
    assertThat(plan.get("network.publish").level()).isEqualTo(Enforcement.UNSUPPORTED);
    assertThat(plan.get("limits.memory").level()).isEqualTo(Enforcement.UNSUPPORTED);
  }
}
