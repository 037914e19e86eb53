package org.ringfence.egress.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.dns.AllowlistResolver;
import org.ringfence.egress.dns.HostsFile;
import org.ringfence.egress.dns.NameSource;
import org.ringfence.egress.dns.PinnedAddresses;
import org.ringfence.egress.dns.StandInAddresses;
import org.ringfence.policy.Decision;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.EventSink;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** Any reply of a DNS server: an answer that is well-formed, and no address of this machine or a private network. */
public final class ReplyFuzz {
  private static final NetworkPolicy POLICY =
      SandboxPolicy.builder().network(NetworkMode.ALLOWLIST).allowHost("repo.test").build().network();
  private static final HostsFile NO_HOSTS = new HostsFile(Path.of("/nonexistent"));

  private ReplyFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    Message reply;
    try {
      reply = new Message(input);
    } catch (IOException e) {
      // The library refuses it before Ringfence sees it.
      return;
    }
    NameSource source = (name, type) -> reply;
    for (int type : new int[] {Type.A, Type.AAAA, Type.HTTPS}) {
      AllowlistResolver resolver =
          new AllowlistResolver(
              new HostDecisions(POLICY, EventSink.NONE, record -> {}),
              source,
              NO_HOSTS,
              new PinnedAddresses(),
              new StandInAddresses(),
              name -> false,
              (name, reason) -> {});
      Message asked =
          Message.newQuery(Record.newRecord(Name.fromConstantString("repo.test."), type, DClass.IN));
      byte[] answer = resolver.answer(asked.toWire(), true);
      if (answer.length > 0) {
        new Message(answer);
      }
    }
    try {
      for (AddressLookup.Resolved each :
          new AddressLookup(POLICY, source, NO_HOSTS)
              .resolve(Decision.allow(new Reason.Upstream()), "repo.test", 443)) {
        InetAddress address = each.address();
        if (address != null
            && (address.isLoopbackAddress() || address.isSiteLocalAddress() || address.isLinkLocalAddress() || address.isAnyLocalAddress())) {
          throw new IllegalStateException("an address inside: " + address);
        }
      }
    } catch (IOException e) {
      e.getMessage();
    }
  }
}
