package org.ringfence.egress.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.egress.QuietSink;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.event.Violation;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;
import org.ringfence.spi.EventSink;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedErrorCodeOption;
import org.xbill.DNS.Flags;
import org.xbill.DNS.HTTPSRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SVCBBase;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

@ExtendWith(InstancioExtension.class)
class AllowlistResolverTest {
  private static final Record QUESTION =
      Record.newRecord(Name.fromConstantString("repo.test."), Type.A, DClass.IN);

  private final Map<String, String[]> zone = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();
  private final PinnedAddresses pins = new PinnedAddresses();
  private final StandInAddresses standIns = new StandInAddresses();
  private HostsFile hosts = new HostsFile(Path.of("/nonexistent"));

  private static NetworkPolicy policy(String... allow) {
    PolicyBuilder builder = SandboxPolicy.builder().network(NetworkMode.ALLOWLIST);
    for (String each : allow) {
      builder.allowHost(each);
    }
    return builder.privateRange("127.0.0.0/8").build().network();
  }

  private AllowlistResolver resolver(NetworkPolicy policy, EventSink listener) {
    return new AllowlistResolver(
        new HostDecisions(policy, listener, record -> {}),
        this::lookup,
        hosts,
        pins,
        standIns,
        name -> name.startsWith("upstream."),
        (name, reason) -> refused.add(name + " " + reason.text()));
  }

  private AllowlistResolver resolver(String... allow) {
    return resolver(policy(allow), EventSink.NONE);
  }

  private Message lookup(Name name, int type) throws IOException {
    asked.add(name + " " + Type.string(type));
    Message answer = new Message();
    answer.getHeader().setFlag(Flags.QR);
    answer.addRecord(Record.newRecord(name, type, DClass.IN), Section.QUESTION);
    for (String record : zone.getOrDefault(name + " " + Type.string(type), new String[0])) {
      String[] words = record.split(" ", 4);
      answer.addRecord(
          Record.fromString(
              Name.fromString(words[0]),
              Type.value(words[2]),
              DClass.IN,
              Long.parseLong(words[1]),
              words[3],
              Name.root),
          Section.ANSWER);
    }
    if (answer.getSection(Section.ANSWER).isEmpty()) {
      answer.getHeader().setRcode(Rcode.NXDOMAIN);
    }
    return answer;
  }

  private static Message query(String name, int type) throws IOException {
    return Message.newQuery(Record.newRecord(Name.fromString(name), type, DClass.IN));
  }

  private static List<String> answers(Message message) {
    return message.getSection(Section.ANSWER).stream()
        .map(record -> Type.string(record.getType()) + " " + record.rdataToString())
        .toList();
  }

  @Test
  void allowedNameIsAnsweredAndPinned() throws IOException {
    zone.put("repo.test. A", new String[] {"repo.test. 30 A 1.2.3.4", "repo.test. 30 A 1.2.3.5"});
    Message answer = resolver("repo.test:443").answer(query("RePo.test.", Type.A));
    assertThat(answers(answer)).containsExactly("A 1.2.3.4", "A 1.2.3.5");
    // The answer repeats the spelling of the question. The look-up uses lower case.
    assertThat(answer.getQuestion().getName().toString()).isEqualTo("RePo.test.");
    assertThat(asked).containsExactly("repo.test. A");
    assertThat(pins.of(InetAddress.getByName("1.2.3.5")))
        .extracting(PinnedAddresses.Pin::name)
        .containsExactly("repo.test");
    assertThat(pins.of(InetAddress.getByName("1.2.3.6"))).isEmpty();
  }

  @Test
  void unlistedNameIsNotLookedUp() throws IOException {
    AllowlistResolver resolver = resolver("repo.test:443", "*.sub.test");
    for (String name :
        List.of("secret.evil.test.", "repo.test.evil.test.", "sub.test.", "xrepo.test.", ".")) {
      assertThat(resolver.answer(query(name, Type.A)).getRcode())
          .as(name)
          .isEqualTo(Rcode.NXDOMAIN);
    }
    assertThat(asked).isEmpty();
    assertThat(refused).contains("secret.evil.test network.mode allowlist");
  }

  @Test
  void malformedHostNameIsNotLookedUp() throws IOException {
    AllowlistResolver resolver = resolver("*.repo.test");
    for (String name :
        List.of(
            "a\\000b.repo.test.",
            "a\\.b.repo.test.",
            "a\\032b.repo.test.",
            "\\195\\188.repo.test.")) {
      assertThat(resolver.answer(query(name, Type.A)).getRcode())
          .as(name)
          .isEqualTo(Rcode.NXDOMAIN);
    }
    assertThat(asked).isEmpty();
    assertThat(resolver.answer(query("ab.repo.test.", Type.A)).getRcode())
        .isEqualTo(Rcode.NXDOMAIN);
    assertThat(asked).containsExactly("ab.repo.test. A");
  }

  @Test
  void aliasesAreFollowedAndPinnedToTheRequestedName() throws IOException {
    zone.put(
        "repo.test. A",
        new String[] {
          "repo.test. 30 CNAME cdn.test.",
          "cdn.test. 30 CNAME edge.test.",
          "edge.test. 30 A 1.2.3.4",
          "stray.test. 30 A 6.6.6.6"
        });
    Message answer = resolver("repo.test").answer(query("repo.test.", Type.A));
    assertThat(answers(answer)).containsExactly("CNAME cdn.test.", "CNAME edge.test.", "A 1.2.3.4");
    PinnedAddresses.Pin pin = pins.of(InetAddress.getByName("1.2.3.4")).get(0);
    assertThat(pin.name()).isEqualTo("repo.test");
    assertThat(pin.aliases()).containsExactly("cdn.test", "edge.test");
    assertThat(pins.of(InetAddress.getByName("6.6.6.6"))).isEmpty();
  }

  @Test
  void specialAddressIsWithheldUnlessNamed() throws IOException {
    zone.put("repo.test. A", new String[] {"repo.test. 1 A 10.0.0.7"});
    zone.put("mixed.test. A", new String[] {"mixed.test. 1 A 10.0.0.7", "mixed.test. 1 A 1.1.1.1"});
    zone.put("local.test. A", new String[] {"local.test. 1 A 127.0.0.9"});
    zone.put("six.test. AAAA", new String[] {"six.test. 1 AAAA fd00::1"});
    zone.put("mapped.test. AAAA", new String[] {"mapped.test. 1 AAAA 64:ff9b::a00:7"});
    AllowlistResolver resolver =
        resolver("repo.test", "mixed.test", "local.test", "six.test", "mapped.test");
    assertThat(resolver.answer(query("repo.test.", Type.A)).getRcode()).isEqualTo(Rcode.NXDOMAIN);
    assertThat(refused).containsExactly("repo.test network.privateRanges");
    assertThat(answers(resolver.answer(query("mixed.test.", Type.A)))).containsExactly("A 1.1.1.1");
    assertThat(answers(resolver.answer(query("local.test.", Type.A))))
        .containsExactly("A 127.0.0.9");
    assertThat(answers(resolver.answer(query("six.test.", Type.AAAA)))).isEmpty();
    assertThat(answers(resolver.answer(query("mapped.test.", Type.AAAA)))).isEmpty();
    assertThat(answers(resolver("repo.test", "10.0.0.7:80").answer(query("repo.test.", Type.A))))
        .containsExactly("A 10.0.0.7");
  }

  @Test
  void addressHintsAndEchAreStrippedFromServiceRecords() throws IOException {
    zone.put(
        "repo.test. HTTPS",
        new String[] {
          "repo.test. 9999 HTTPS 1 . alpn=h2 ipv4hint=6.6.6.6 ech=AEX+DQBBpQAgACB/",
          "repo.test. 9999 HTTPS 2 . mandatory=ech ech=AEX+DQBBpQAgACB/"
        });
    Message answer = resolver("repo.test").answer(query("repo.test.", Type.HTTPS));
    assertThat(answer.getSection(Section.ANSWER)).hasSize(1);
    HTTPSRecord record = (HTTPSRecord) answer.getSection(Section.ANSWER).get(0);
    assertThat(record.getSvcParamKeys()).isEqualTo(Set.of(SVCBBase.ALPN));
    assertThat(record.getTTL()).isEqualTo(PinnedAddresses.CAP_SECONDS);
  }

  @Test
  void hostsFileComesBeforeTheLookup(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("hosts");
    Files.writeString(
        file, "10.9.8.7 intern.test other # comment\nbad line\n::1 intern.test\n1.2.3 x\n");
    hosts = new HostsFile(file);
    AllowlistResolver resolver = resolver("intern.test");
    assertThat(answers(resolver.answer(query("intern.test.", Type.A))))
        .containsExactly("A 10.9.8.7");
    assertThat(answers(resolver.answer(query("intern.test.", Type.AAAA))))
        .containsExactly("AAAA 0:0:0:0:0:0:0:1");
    assertThat(resolver.answer(query("other.", Type.A)).getRcode()).isEqualTo(Rcode.NXDOMAIN);
    assertThat(asked).isEmpty();
    assertThat(hosts.names(InetAddress.getByName("10.9.8.7")))
        .containsExactly("intern.test", "other");
  }

  @Test
  void unlistedNameGetsPlaceholderAddressWithoutLookup() throws IOException {
    EventSink asking =
        new QuietSink() {
          @Override
          public void violation(Violation violation) {}

          @Override
          public Set<Observation> observes() {
            return Set.of(Observation.UNLISTED_HOSTS);
          }
        };
    AllowlistResolver resolver = resolver(policy("repo.test"), asking);
    Message first = resolver.answer(query("data.evil.test.", Type.A));
    Message again = resolver.answer(query("data.evil.test.", Type.A));
    assertThat(answers(first)).hasSize(1).isEqualTo(answers(again));
    InetAddress address = InetAddress.getByName(answers(first).get(0).substring(2));
    assertThat(standIns.name(address)).contains("data.evil.test");
    assertThat(standIns.name(InetAddress.getByName("198.18.0.9"))).isEmpty();
    Message six = resolver.answer(query("data.evil.test.", Type.AAAA));
    assertThat(six.getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(answers(six)).isEmpty();
    assertThat(asked).isEmpty();
  }

  @Test
  void onlyStandardQueriesAreAnswered() throws IOException {
    AllowlistResolver resolver = resolver("repo.test");
    Message update = query("repo.test.", Type.A);
    update.getHeader().setOpcode(Opcode.UPDATE);
    assertThat(resolver.answer(update).getRcode()).isEqualTo(Rcode.NOTIMP);
    assertThat(resolver.answer(query("repo.test.", Type.AXFR)).getRcode()).isEqualTo(Rcode.NOTIMP);
    assertThat(resolver.answer(query("repo.test.", Type.ANY)).getRcode()).isEqualTo(Rcode.NOTIMP);
    Message chaos =
        Message.newQuery(Record.newRecord(Name.fromString("repo.test."), Type.TXT, DClass.CHAOS));
    assertThat(resolver.answer(chaos).getRcode()).isEqualTo(Rcode.NOTIMP);
    assertThat(resolver.answer(new Message()).getRcode()).isEqualTo(Rcode.FORMERR);
    assertThat(asked).isEmpty();
  }

  @Test
  void refusalGivesReasonToClientsWithExtendedDns() throws IOException {
    Message question = query("evil.test.", Type.A);
    question.addRecord(new OPTRecord(4096, 0, 0), Section.ADDITIONAL);
    Message answer = resolver("repo.test").answer(question);
    ExtendedErrorCodeOption error = (ExtendedErrorCodeOption) answer.getOPT().getOptions().get(0);
    assertThat(error.getErrorCode()).isEqualTo(ExtendedErrorCodeOption.PROHIBITED);
    assertThat(error.getText()).isEqualTo("network.mode allowlist");
  }

  @Test
  void longAnswerIsTruncatedOnlyOverUdp() throws IOException {
    String[] records = new String[100];
    for (int i = 0; i < records.length; i++) {
      records[i] = "repo.test. 60 A 1.2.3." + i;
    }
    zone.put("repo.test. A", records);
    AllowlistResolver resolver = resolver("repo.test");
    byte[] wire = query("repo.test.", Type.A).toWire();
    Message udp = new Message(resolver.answer(wire, false));
    assertThat(udp.getHeader().getFlag(Flags.TC)).isTrue();
    Message tcp = new Message(resolver.answer(wire, true));
    assertThat(tcp.getSection(Section.ANSWER)).hasSize(100);
  }

  /** Draws random bytes, and queries for an allowed name with one byte changed. */
  private static final Generator<byte[]> QUERIES =
      Inputs.oneOf(
          Inputs.bytes(255),
          random -> {
            byte[] query = Message.newQuery(QUESTION).toWire();
            query[random.intRange(0, query.length - 1)] =
                random.byteRange(Byte.MIN_VALUE, Byte.MAX_VALUE);
            return query;
          });

  @Test
  void randomQueryNeverThrowsAndNeverLooksUpAnotherName() {
    Property.forAll(
        500,
        QUERIES,
        query -> {
          asked.clear();
          byte[] answer = resolver("repo.test").answer(query, false);
          assertThat(answer.length).isLessThanOrEqualTo(512);
          assertThat(asked).allMatch(name -> name.startsWith("repo.test. "));
        });
  }
}
