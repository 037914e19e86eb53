package org.ringfence.egress.proxy;

import java.io.IOException;
import java.nio.file.Path;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AllowlistResolver;
import org.ringfence.egress.dns.HostsFile;
import org.ringfence.egress.dns.PinnedAddresses;
import org.ringfence.egress.dns.StandInAddresses;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.EventSink;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** The name server answers any query without an exception, and looks up allowed names alone. */
public final class DnsFuzz {
  private static final NetworkPolicy POLICY =
      SandboxPolicy.builder()
          .network(NetworkMode.ALLOWLIST)
          .allowHost("repo.test")
          .allowHost("*.sub.test")
          .build()
          .network();

  private DnsFuzz() {}

  private static Message lookup(Name name, int type) throws IOException {
    String asked = name.toString();
    if (!asked.equals("repo.test.") && !asked.endsWith(".sub.test.")) {
      throw new IllegalStateException("looked up: " + asked);
    }
    Message answer = new Message();
    answer.getHeader().setFlag(Flags.QR);
    answer.addRecord(Record.newRecord(name, type, DClass.IN), Section.QUESTION);
    if (type == Type.A) {
      answer.addRecord(
          Record.fromString(name, Type.A, DClass.IN, 60, "1.2.3.4", Name.root), Section.ANSWER);
    }
    return answer;
  }

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    for (boolean tcp : new boolean[] {false, true}) {
      AllowlistResolver resolver =
          new AllowlistResolver(
              new HostDecisions(POLICY, EventSink.NONE, record -> {}),
              DnsFuzz::lookup,
              new HostsFile(Path.of("/nonexistent")),
              new PinnedAddresses(),
              new StandInAddresses(),
              name -> false,
              (name, reason) -> {});
      byte[] answer = resolver.answer(input, tcp);
      if (answer != null && answer.length > 0) {
        new Message(answer);
      }
    }
  }
}
