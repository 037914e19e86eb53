package org.ringfence.egress.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.value.InvalidPolicyException;

class ProxyEnvironmentTest {
  private static final InetSocketAddress ADDRESS = new InetSocketAddress("127.0.0.1", 4711);

  @Test
  void everyCommonProxyVariableIsSet() {
    Map<String, String> variables =
        ProxyEnvironment.variables(
            ADDRESS,
            ADDRESS,
            Optional.of(new ProxyCredentials("u", "p")),
            Map.of("MAVEN_OPTS", "-Xmx1g", "GRADLE_OPTS", " "));
    for (String name :
        new String[] {
          "HTTP_PROXY",
          "http_proxy",
          "HTTPS_PROXY",
          "https_proxy",
          "ALL_PROXY",
          "all_proxy",
          "npm_config_proxy",
          "npm_config_https_proxy",
          "PIP_PROXY",
          "CARGO_HTTP_PROXY"
        }) {
      assertThat(variables).containsEntry(name, "http://u:p@127.0.0.1:4711");
    }
    assertThat(variables.get("NO_PROXY")).contains("localhost");
    assertThat(variables.get("MAVEN_OPTS")).startsWith("-Xmx1g -Dhttp.proxyHost=127.0.0.1 ");
    assertThat(variables.get("GRADLE_OPTS")).startsWith("-Dhttp.proxyHost=127.0.0.1 ");
    // These variables would make every JVM write to standard error.
    assertThat(variables).doesNotContainKeys("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS");
  }

  /** A JVM's sockets are of both families, and a sandbox may not let these reach 127.0.0.1. */
  @Test
  void jvmsGetTheAddressForBothFamilies() throws Exception {
    Map<String, String> variables =
        ProxyEnvironment.variables(
            ADDRESS,
            new InetSocketAddress(InetAddress.getByName("::1"), 4711),
            Optional.empty(),
            Map.of());
    assertThat(variables).containsEntry("HTTPS_PROXY", "http://127.0.0.1:4711");
    assertThat(variables.get("MAVEN_OPTS"))
        .contains("-Dhttp.proxyHost=::1 ", "-Dhttps.proxyHost=::1 ");
  }

  @Test
  void upstreamProxyIsReadFromVariables() {
    UpstreamProxy proxy =
        UpstreamProxy.of(
                Map.of(
                    "HTTPS_PROXY", "http://us%40er:p%3Aw@proxy.test:8080/",
                    "NO_PROXY", "localhost, .corp.test,10.0.0.1"))
            .orElseThrow();
    assertThat(proxy.host()).isEqualTo("proxy.test");
    assertThat(proxy.port()).isEqualTo(8080);
    assertThat(proxy.credentials()).contains(new ProxyCredentials("us@er", "p:w"));
    assertThat(proxy.covers("example.org")).isTrue();
    assertThat(proxy.covers("corp.test")).isFalse();
    assertThat(proxy.covers("a.corp.test")).isFalse();
    assertThat(proxy.covers("xcorp.test")).isTrue();
    assertThat(proxy.covers("10.0.0.1")).isFalse();
    assertThat(UpstreamProxy.of(Map.of("HTTP_PROXY", "proxy.test:3128")).orElseThrow().port())
        .isEqualTo(3128);
    assertThat(UpstreamProxy.of(Map.of("HTTPS_PROXY", " "))).isEmpty();
    assertThat(UpstreamProxy.of(Map.of("ALL_PROXY", "socks5://x:1"))).isEmpty();
    assertThat(
            UpstreamProxy.of(Map.of("https_proxy", "http://p.test", "no_proxy", "*"))
                .orElseThrow()
                .covers("a.test"))
        .isFalse();
  }

  @Test
  void malformedProxyErrorHidesThePassword() {
    for (String value :
        new String[] {"https://u:secret@p.test", "http://u:secret@", "http://ab c"}) {
      assertThatThrownBy(() -> UpstreamProxy.of(Map.of("HTTPS_PROXY", value)))
          .isInstanceOf(InvalidPolicyException.class)
          .hasMessageStartingWith("HTTPS_PROXY: ")
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void toStringHidesThePassword() {
    assertThat(new ProxyCredentials("user", "secret").toString()).doesNotContain("secret");
    assertThat(ProxyCredentials.random().password())
        .hasSize(40)
        .isNotEqualTo(ProxyCredentials.random().password());
  }
}
