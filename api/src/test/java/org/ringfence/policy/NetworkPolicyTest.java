package org.ringfence.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.policy.value.AddressRange;
import org.ringfence.policy.value.DnsServer;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.policy.value.PublishedPort;

class NetworkPolicyTest {
  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static PolicyBuilder allowlist() {
    return SandboxPolicy.builder().network(NetworkMode.ALLOWLIST);
  }

  @Test
  void allowedNameDoesNotAllowSpecialAddress() {
    NetworkPolicy policy = allowlist().allowHost("repo.test").denyHost("9.9.9.9").build().network();
    assertThat(policy.evaluate("repo.test", address("1.2.3.4"), 443).allowed()).isTrue();
    assertThat(policy.evaluate("other.test", address("1.2.3.4"), 443).reason())
        .isEqualTo(new Reason.Unlisted("other.test", 443));
    assertThat(policy.evaluate("repo.test", address("10.0.0.1"), 443).rule())
        .isEqualTo("network.privateRanges");
    assertThat(policy.evaluate("repo.test", address("9.9.9.9"), 443).rule())
        .isEqualTo("network.deny 9.9.9.9");
    NetworkPolicy named =
        allowlist().allowHost("repo.test").privateRange("10.0.0.0/8").build().network();
    assertThat(named.evaluate("repo.test", address("10.0.0.1"), 443).allowed()).isTrue();
    // A private range admits addresses of allowed names, but not an address that a program names
    // itself.
    assertThat(named.evaluate("10.0.0.1", 443).allowed()).isFalse();
    NetworkPolicy literal =
        allowlist().allowHost("repo.test").allowHost("10.0.0.1:443").build().network();
    assertThat(literal.evaluate("repo.test", address("10.0.0.1"), 443).allowed()).isTrue();
    assertThat(literal.evaluate("repo.test", address("10.0.0.1"), 80).allowed()).isFalse();
  }

  @Test
  void denialWithoutPortCoversAllPorts() {
    NetworkPolicy policy =
        allowlist()
            .allowHost("*.b.test:1-65535")
            .allowHost("192.0.2.1:22")
            .denyHost("evil.b.test")
            .denyHost("half.b.test:80")
            .denyHost("192.0.2.1")
            .build()
            .network();
    for (int port : new int[] {1, 22, 80, 443, 8080, 65535}) {
      assertThat(policy.evaluate("good.b.test", port).allowed()).isTrue();
      assertThat(policy.evaluate("evil.b.test", port).rule()).isEqualTo("network.deny evil.b.test");
      assertThat(policy.evaluate("half.b.test", port).allowed()).isEqualTo(port != 80);
    }
    assertThat(policy.evaluate("192.0.2.1", 22).allowed()).isFalse();
    assertThat(policy.resolvable("evil.b.test")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "::ffff:0:10.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::a00:1",
        "::127.0.0.1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2620:9b::5efe:10.0.0.1",
        "2620:9b::200:5efe:127.0.0.1"
      })
  void ipv4AddressInsideIpv6IsSpecial(String form) {
    assertThat(AddressRange.isSpecial(address(form))).isTrue();
    NetworkPolicy policy = allowlist().allowHost("repo.test").build().network();
    assertThat(policy.evaluate("repo.test", address(form), 443).rule())
        .isEqualTo("network.privateRanges");
    assertThat(policy.resolvesTo(address(form))).isFalse();
    NetworkPolicy named =
        allowlist().allowHost("repo.test").allowHost("[" + form + "]").build().network();
    assertThat(named.resolvesTo(address(form))).isTrue();
    assertThat(policy.resolvesTo(address("2620:9b::5efd:10.0.0.1"))).isTrue();
  }

  @Test
  void nameIsResolvableIfAnyPortIsAllowed() {
    NetworkPolicy policy =
        allowlist()
            .allowHost("a.test:1000-2000")
            .allowHost("*.b.test")
            .denyHost("a.test:1000-1999")
            .denyHost("x.b.test")
            .denyHost("y.b.test:443")
            .build()
            .network();
    assertThat(policy.resolvable("a.test")).as("port 2000 stays allowed").isTrue();
    assertThat(policy.resolvable("x.b.test")).isFalse();
    assertThat(policy.resolvable("y.b.test")).as("port 80 stays allowed").isTrue();
    assertThat(policy.resolvable("b.test")).isFalse();
    assertThat(SandboxPolicy.builder().build().network().resolvable("a.test")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:db8::1",
        "::ffff:10.0.0.1"
      })
  void specialAddressIsRecognised(String text) {
    assertThat(AddressRange.isSpecial(address(text))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"})
  void publicAddressIsNotSpecial(String text) {
    assertThat(AddressRange.isSpecial(address(text))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.0.1, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.1.2.3, 10.1.2.3, true",
    "10.1.2.3, 10.1.2.4, false",
    "fd00::/8, fdff::1, true",
    "fd00::/8, 10.0.0.1, false",
    "0.0.0.0/0, 1.2.3.4, true",
    "192.168.128.0/17, 192.168.127.255, false"
  })
  void rangeContainsOnlyItsAddresses(String range, String address, boolean inside) {
    AddressRange parsed = AddressRange.parse(range);
    assertThat(parsed.contains(address(address))).isEqualTo(inside);
    assertThat(AddressRange.parse(parsed.toString())).isEqualTo(parsed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.1/8 | the first address of the range, 10.0.0.0/8",
        "10.0.0.0/33 | a prefix from 0 to 32",
        "10.0.0.0/ | a prefix length",
        "10.0.0.0/-1 | a prefix length",
        "10.0/8 | an IPv4 address as four decimal numbers",
        "fe80::1%eth0/64 | an address without a zone id",
        "example.org | an address range"
      })
  void malformedRangeErrorSuggestsTheNearestForm(String range, String nearest) {
    assertThatThrownBy(() -> SandboxPolicy.builder().privateRange(range))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(nearest)
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.53, 192.0.2.53:53",
    "192.0.2.53:5353, 192.0.2.53:5353",
    "2001:db8::53, [2001:db8:0:0:0:0:0:53]:53",
    "[2001:db8::53], [2001:db8:0:0:0:0:0:53]:53",
    "[2001:db8::53]:5353, [2001:db8:0:0:0:0:0:53]:5353"
  })
  void nameServerDefaultsToPort53(String text, String shown) {
    assertThat(DnsServer.parse(text)).hasToString(shown);
    assertThat(DnsServer.parse(shown)).hasToString(shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"dns.test", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:70000", "192.0.2:53", ""})
  void malformedNameServerIsRejected(String text) {
    assertThatThrownBy(() -> DnsServer.parse(text))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageStartingWith("network.dnsServers: ");
  }

  @Test
  void publishedPortIsParsedAndConflictIsRejected() {
    assertThat(PublishedPort.parse("3000")).isEqualTo(new PublishedPort(3000, 3000));
    assertThat(PublishedPort.parse("8080:3000")).isEqualTo(new PublishedPort(8080, 3000));
    for (String text : new String[] {"0", "65536", "1:2:3", "a", "", "-1", "80:"}) {
      assertThatThrownBy(() -> PublishedPort.parse(text))
          .as(text)
          .isInstanceOf(InvalidPolicyException.class)
          .hasMessageStartingWith("network.publish: ");
    }
    assertThatThrownBy(() -> SandboxPolicy.builder().publish("1:2").publish("1:3").build())
        .hasMessageContaining("each port of the host once");
    assertThatThrownBy(() -> SandboxPolicy.builder().publish("1").ownLoopback(false).build())
        .hasMessageContaining("network.ownLoopback true");
  }
}
