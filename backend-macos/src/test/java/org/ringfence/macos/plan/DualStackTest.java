package org.ringfence.macos.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.ringfence.macos.plan.SbplInterpreter.Question;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

/** Sockets of both families, as Java opens them: 127.0.0.1 is ::ffff:127.0.0.1 in them. */
class DualStackTest {
  private static final PathContext PLACES = PathContext.ofMac("/ws", "/home");
  private static final String MAPPED = "::ffff:127.0.0.1:3128";

  private static SbplInterpreter profile(PolicyBuilder policy, OptionalInt proxy) {
    SeatbeltProfile profile =
        SeatbeltCompiler.compile(
            EffectivePolicy.of(policy.build(), PLACES),
            new SeatbeltCompiler.Surroundings("t", proxy, ""));
    return new SbplInterpreter(profile.text(), profile.parameters());
  }

  @Test
  void serversOfJvmsListenOnEachLoopbackAddress() {
    for (PolicyBuilder policy :
        List.of(
            SandboxPolicy.builder().ownLoopback(true),
            SandboxPolicy.builder().ownLoopback(true).publish("3128"))) {
      SbplInterpreter profile = profile(policy, OptionalInt.empty());
      for (String operation : List.of("network-bind", "network-inbound")) {
        for (String address : List.of("127.0.0.1:3128", "::1:3128", MAPPED)) {
          assertThat(profile.allows(Question.network(operation, address))).as(address).isTrue();
        }
      }
    }
  }

  @Test
  void proxyIsReachedOnIp6AndOnIp4ByOtherPrograms() {
    SbplInterpreter profile =
        profile(
            SandboxPolicy.builder()
                .network(NetworkMode.ALLOWLIST)
                .allowHost("example.org")
                .ownLoopback(false),
            OptionalInt.of(3128));
    for (String address : List.of("127.0.0.1:3128", "::1:3128")) {
      assertThat(profile.allows(Question.network("network-outbound", address))).isTrue();
    }
    assertThat(profile.allows(Question.network("network-outbound", MAPPED))).isFalse();
    assertThat(profile.allows(Question.network("network-outbound", "10.0.0.1:3128"))).isFalse();
  }

  @Test
  void planSaysThatJvmsConnectToIp6Alone() {
    for (PolicyBuilder policy :
        List.of(
            SandboxPolicy.builder().ownLoopback(true),
            SandboxPolicy.builder().ownLoopback(false).hostLoopbackPort(80),
            SandboxPolicy.builder()
                .ownLoopback(false)
                .network(NetworkMode.ALLOWLIST)
                .allowHost("example.org"))) {
      assertThat(SeatbeltPlanner.plan(EffectivePolicy.of(policy.build(), PLACES)))
          .extracting(PlannedGuarantee::mechanism)
          .anyMatch(mechanism -> mechanism.contains("[::1]"));
    }
  }
}
