package org.ringfence.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.ringfence.egress.decision.ResolvedAddresses;
import org.ringfence.policy.Decision;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;

class ResolvedAddressesTest {
  private static PolicyBuilder allowlist() {
    return SandboxPolicy.builder().network(NetworkMode.ALLOWLIST).allowHost("repo.test");
  }

  private static ResolvedAddresses of(PolicyBuilder policy) throws UnknownHostException {
    InetAddress own = InetAddress.getByName("1.2.3.4");
    return new ResolvedAddresses(policy.build().network(), own::equals);
  }

  @Test
  void addressOfThisMachineIsDeniedUnlessNamed() throws UnknownHostException {
    InetAddress own = InetAddress.getByName("1.2.3.4");
    InetAddress other = InetAddress.getByName("1.2.3.5");
    Decision allowed = Decision.allow(new Reason.Listed("repo.test"));
    ResolvedAddresses plain = of(allowlist());
    assertThat(plain.evaluate(allowed, own, 443).rule()).isEqualTo("network.privateRanges");
    assertThat(plain.resolvesTo(own)).isFalse();
    assertThat(plain.evaluate(allowed, other, 443).allowed()).isTrue();
    assertThat(plain.resolvesTo(other)).isTrue();
    ResolvedAddresses ranges = of(allowlist().privateRange("1.2.3.0/24"));
    assertThat(ranges.evaluate(allowed, own, 443).allowed()).isTrue();
    assertThat(ranges.resolvesTo(own)).isTrue();
    ResolvedAddresses named = of(allowlist().allowHost("1.2.3.4:443"));
    assertThat(named.evaluate(allowed, own, 443).allowed()).isTrue();
    assertThat(named.evaluate(allowed, own, 22).allowed()).isFalse();
  }

  @Test
  void addressesOfThisMachineAreThoseOfItsInterfaces() throws Exception {
    NetworkPolicy policy = allowlist().build().network();
    InetAddress loopback = InetAddress.getLoopbackAddress();
    assertThat(ResolvedAddresses.of(policy).ofMachine().test(loopback)).isTrue();
    assertThat(ResolvedAddresses.of(policy).ofMachine().test(InetAddress.getByName("1.2.3.4")))
        .isFalse();
  }
}
