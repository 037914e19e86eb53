package org.ringfence.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.egress.Egress.Route;
import org.ringfence.egress.Egress.Via;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.HostsFile;
import org.ringfence.egress.proxy.UpstreamProxy;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.EventSink;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

class EgressTest {
  private final List<String> refused = new ArrayList<>();

  private Egress egress(NetworkPolicy policy, Optional<UpstreamProxy> upstream, HostsFile hosts)
      throws IOException {
    return new Egress(
        new HostDecisions(policy, EventSink.NONE, record -> {}),
        (name, rule) -> refused.add(name),
        upstream,
        hosts,
        EgressTest::lookup);
  }

  private static Message lookup(Name name, int type) throws IOException {
    Message answer = new Message();
    answer.addRecord(Record.newRecord(name, type, DClass.IN), Section.QUESTION);
    Name owner = name;
    if (name.toString().equals("alias.test.")) {
      owner = Name.fromString("bad.test.");
      answer.addRecord(new CNAMERecord(name, DClass.IN, 9, owner), Section.ANSWER);
    }
    if (type == Type.A) {
      answer.addRecord(
          new ARecord(owner, DClass.IN, 9, InetAddress.getByName("1.2.3.4")), Section.ANSWER);
    }
    return answer;
  }

  private static HostsFile noHosts() {
    return new HostsFile(Path.of("/nonexistent"));
  }

  private static NetworkPolicy policy() {
    return SandboxPolicy.builder()
        .network(NetworkMode.ALLOWLIST)
        .allowHost("repo.test")
        .allowHost("alias.test")
        .denyHost("bad.test")
        .build()
        .network();
  }

  /** Asks the sandbox's name server over UDP, as a program does. */
  private static List<String> ask(Egress egress, String name) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(5000);
      byte[] query =
          Message.newQuery(Record.newRecord(Name.fromString(name + "."), Type.A, DClass.IN))
              .toWire();
      socket.send(new DatagramPacket(query, query.length, egress.nameServer(false, false)));
      DatagramPacket answer = new DatagramPacket(new byte[2048], 2048);
      socket.receive(answer);
      return new Message(java.util.Arrays.copyOf(answer.getData(), answer.getLength()))
          .getSection(Section.ANSWER).stream()
              .filter(ARecord.class::isInstance)
              .map(record -> ((ARecord) record).getAddress().getHostAddress())
              .toList();
    }
  }

  @Test
  void addressIsAllowedAfterLookupOfAnAllowedName() throws IOException {
    InetAddress address = InetAddress.getByName("1.2.3.4");
    try (Egress egress = egress(policy(), Optional.empty(), noHosts())) {
      assertThat(egress.immediate(address, 443).orElseThrow().decision().allowed()).isFalse();
      assertThat(ask(egress, "repo.test")).containsExactly("1.2.3.4");
      Route route = egress.immediate(address, 443).orElseThrow();
      assertThat(route.decision().allowed()).isTrue();
      assertThat(route.host()).isEqualTo("repo.test");
      assertThat(egress.immediate(address, 22).orElseThrow().decision().allowed()).isFalse();
      assertThat(ask(egress, "evil.test")).isEmpty();
      assertThat(refused).containsExactly("evil.test");
    }
  }

  @Test
  void decisionNamesTheHostLookedUpLast() throws IOException {
    InetAddress address = InetAddress.getByName("1.2.3.4");
    try (Egress egress = egress(policyForThreeHosts(), Optional.empty(), noHosts())) {
      for (String name : List.of("repo.test", "other.test", "repo.test", "third.test")) {
        assertThat(ask(egress, name)).containsExactly("1.2.3.4");
        assertThat(egress.decide(address, 22, Client.UNKNOWN).host()).isEqualTo(name);
      }
    }
  }

  private static NetworkPolicy policyForThreeHosts() {
    return SandboxPolicy.builder()
        .network(NetworkMode.ALLOWLIST)
        .allowHost("repo.test")
        .allowHost("other.test")
        .allowHost("third.test")
        .build()
        .network();
  }

  @Test
  void deniedAliasDeniesTheAddress() throws IOException {
    InetAddress address = InetAddress.getByName("1.2.3.4");
    try (Egress egress = egress(policy(), Optional.empty(), noHosts())) {
      assertThat(ask(egress, "alias.test")).containsExactly("1.2.3.4");
      assertThat(egress.immediate(address, 443).orElseThrow().decision().rule())
          .isEqualTo("network.deny bad.test");
    }
  }

  @Test
  void hostsFileEntryCountsWithoutLookup(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("hosts");
    Files.writeString(file, "10.1.1.1 repo.test\n10.1.1.2 other.test\n");
    try (Egress egress = egress(policy(), Optional.empty(), new HostsFile(file))) {
      assertThat(
              egress
                  .immediate(InetAddress.getByName("10.1.1.1"), 443)
                  .orElseThrow()
                  .decision()
                  .allowed())
          .isTrue();
      assertThat(
              egress
                  .immediate(InetAddress.getByName("10.1.1.2"), 443)
                  .orElseThrow()
                  .decision()
                  .allowed())
          .isFalse();
    }
  }

  @Test
  void namesBehindUpstreamProxyAreRelayedWithoutLookup() throws IOException {
    Optional<UpstreamProxy> upstream =
        UpstreamProxy.of(Map.of("https_proxy", "http://proxy.corp:3128", "no_proxy", "alias.test"));
    try (Egress egress = egress(policy(), upstream, noHosts())) {
      InetAddress repo = InetAddress.getByName(ask(egress, "repo.test").get(0));
      assertThat(repo.getHostAddress()).startsWith("198.18.");
      Route relayed = egress.immediate(repo, 443).orElseThrow();
      assertThat(relayed.via()).isEqualTo(Via.RELAY);
      assertThat(relayed.host()).isEqualTo("repo.test");
      assertThat(egress.decide(repo, 22, Client.UNKNOWN).decision().allowed()).isFalse();
      assertThat(ask(egress, "alias.test")).containsExactly("1.2.3.4");
      assertThat(ask(egress, "evil.test")).isEmpty();
      InetAddress proxy = InetAddress.getByName(ask(egress, "proxy.corp").get(0));
      assertThat(egress.immediate(proxy, 3128).orElseThrow().via()).isEqualTo(Via.PROXY);
      assertThat(egress.decide(proxy, 22, Client.UNKNOWN).decision().allowed()).isFalse();
      InetSocketAddress address = egress.address(Via.PROXY);
      assertThat(address.getAddress().isLoopbackAddress()).isTrue();
      assertThat(egress.address(Via.RELAY)).isNotEqualTo(address);
    }
  }
}
