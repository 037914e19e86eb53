package org.ringfence.policy.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.SandboxPolicy;

class HostPatternTest {
  @ParameterizedTest
  @CsvSource({
    "example.org, example.org, 443, true",
    "example.org, EXAMPLE.org, 80, true",
    "example.org, example.org, 8080, false",
    "example.org:8080, example.org, 8080, true",
    "example.org:8000-8100, example.org, 8099, true",
    "example.org:8000-8100, example.org, 8101, false",
    "*.example.org, a.example.org, 443, true",
    "*.example.org, a.b.example.org, 443, true",
    "*.example.org, example.org, 443, false",
    "*.example.org, badexample.org, 443, false",
    "192.0.2.7:80, 192.0.2.7, 80, true",
    "[2001:db8::1]:443, 2001:db8:0::1, 443, true",
    "bücher.example, xn--bcher-kva.example, 443, true"
  })
  void patternMatchesHostAndPort(String pattern, String host, int port, boolean expected) {
    SandboxPolicy policy =
        SandboxPolicy.builder().network(NetworkMode.ALLOWLIST).allowHost(pattern).build();
    assertThat(policy.evaluate(host, port).allowed()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "example.org.",
        "user@example.org",
        "https://example.org",
        "example.org:0",
        "example.org:65536",
        "example.org:+80",
        "example.org:90-80",
        "*.org",
        "*",
        "0x7f.1",
        "2130706433",
        "127.1",
        "0177.0.0.1",
        "256.1.1.1",
        "exa mple.org",
        "fe80::1%eth0",
        "-a.example",
        "[::1",
        "*.192.0.2.1"
      })
  void malformedPatternIsRejected(String pattern) {
    assertThatThrownBy(() -> HostPattern.parse(pattern))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageNotContaining("\n");
  }

  @Test
  void hostWithNulIsRejected() {
    SandboxPolicy policy =
        SandboxPolicy.builder().network(NetworkMode.ALLOWLIST).allowHost("*.example.org").build();
    assertThatThrownBy(() -> policy.evaluate("evil.test\0.example.org", 443))
        .isInstanceOf(InvalidPolicyException.class);
  }

  @Test
  void denyWinsOverAllow() {
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .network(NetworkMode.ALLOWLIST)
            .allowHost("*.example.org")
            .denyHost("bad.example.org")
            .build();
    assertThat(policy.evaluate("good.example.org", 443).allowed()).isTrue();
    assertThat(policy.evaluate("bad.example.org", 443).rule()).contains("network.deny");
  }

  @Test
  void emptyAllowlistAllowsNothing() {
    SandboxPolicy policy = SandboxPolicy.builder().network(NetworkMode.ALLOWLIST).build();
    assertThat(policy.evaluate("example.org", 443).allowed()).isFalse();
  }

  @org.junit.jupiter.api.Test
  void starAllowsEveryNameButNoAddress() {
    NetworkPolicy policy = NetworkPolicy.allowlist("*:443");
    assertThat(policy.evaluate("repo.example.org", 443).allowed()).isTrue();
    assertThat(policy.evaluate("repo.example.org", 80).allowed()).isFalse();
    assertThat(policy.evaluate("192.0.2.1", 443).allowed()).isFalse();
    assertThat(policy.evaluate("localhost", 443).allowed()).isFalse();
    NetworkPolicy denied =
        SandboxPolicy.builder()
            .network(n -> n.allow("*:1-65535", "192.0.2.1:25").deny("*:25"))
            .build()
            .network();
    assertThat(denied.evaluate("repo.example.org", 26).allowed()).isTrue();
    assertThat(denied.evaluate("repo.example.org", 25).allowed()).isFalse();
    assertThat(denied.evaluate("192.0.2.1", 25).allowed()).isFalse();
    assertThat(HostPattern.parse("*:443")).hasToString("*:443");
  }
}
