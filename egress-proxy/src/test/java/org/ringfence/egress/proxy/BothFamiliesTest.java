package org.ringfence.egress.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.egress.decision.Clients;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.proxy.EgressProxy.Families;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.spi.EventSink;

/** A proxy on 127.0.0.1 and ::1, for systems where a JVM reaches the second alone. */
class BothFamiliesTest {
  private static final String FETCH =
      "class Fetch { public static void main(String[] a) throws Exception {"
          + " System.out.print(new String(new java.net.URL(a[0]).openStream().readAllBytes())); } }";

  @BeforeEach
  void thisMachineHasIp6() throws Exception {
    assumeTrue(
        NetworkInterface.getByInetAddress(InetAddress.getByName("::1")) != null,
        "this machine has no ::1");
  }

  private static HostDecisions decisions(String allowed) {
    NetworkPolicy policy = ProxyFixture.policy(List.of(allowed), List.of());
    return new HostDecisions(policy, EventSink.NONE, record -> {});
  }

  private static EgressProxy started(HostDecisions decisions, List<Integer> ports)
      throws Exception {
    return new EgressProxy(
        decisions,
        AddressLookup.of(decisions.policy()),
        ProxySettings.usual().withoutCredentials().withUpstream(Optional.empty()),
        new Clients(),
        ports,
        Families.BOTH);
  }

  @Test
  void jvmReachesTheProxyByTheOptionsForIt(@TempDir Path directory) throws Exception {
    Path source = Files.writeString(directory.resolve("Fetch.java"), FETCH);
    try (ProxyFixture.Server server =
            new ProxyFixture.Server(
                (in, out, client) -> {
                  ProxyFixture.head(in);
                  out.write(
                      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere".getBytes(ISO_8859_1));
                });
        HostDecisions decisions = decisions("127.0.0.1:" + server.port());
        EgressProxy proxy = started(decisions, List.of(0))) {
      assertThat(proxy.dualStackAddress().getPort()).isEqualTo(proxy.address().getPort());
      List<String> words = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
      words.addAll(ProxyEnvironment.javaOptions(proxy.dualStackAddress()));
      // Without it, a JVM never asks a proxy for loopback.
      words.add("-Dhttp.nonProxyHosts=");
      words.add(source.toString());
      words.add("http://127.0.0.1:" + server.port() + "/");
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      assertThat(said).endsWith("there");
      assertThat(said).doesNotContain("Exception");
    }
  }

  @Test
  void portTakenOnOneAddressIsPassedOver() throws Exception {
    InetAddress ip6 = InetAddress.getByName("::1");
    try (ServerSocket taken = new ServerSocket();
        ServerSocket free = new ServerSocket(0, 1, ip6);
        HostDecisions decisions = decisions("example.org")) {
      taken.bind(new InetSocketAddress(ip6, 0));
      int next = free.getLocalPort();
      free.close();
      try (EgressProxy proxy = started(decisions, List.of(taken.getLocalPort(), next))) {
        assertThat(proxy.address().getPort()).isEqualTo(next);
        assertThat(proxy.dualStackAddress().getAddress()).isEqualTo(ip6);
      }
    }
  }
}
