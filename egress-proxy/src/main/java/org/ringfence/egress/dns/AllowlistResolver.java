package org.ringfence.egress.dns;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.policy.Reason;
import org.ringfence.policy.value.HostPattern;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.text.Printable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedErrorCodeOption;
import org.xbill.DNS.Flags;
import org.xbill.DNS.HTTPSRecord;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SVCBBase;
import org.xbill.DNS.SVCBRecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Answers DNS questions of a sandbox: only about allowed names, and only with data that a
 * connection may use. It pins every address to the name in the question.
 */
public final class AllowlistResolver {
  private static final Logger LOG = LoggerFactory.getLogger(AllowlistResolver.class);
  private static final int UDP_PAYLOAD = 1232;
  private static final long HOSTS_FILE_TTL = 60;
  private static final long STAND_IN_TTL = 1;
  private static final int LONGEST_CHAIN = 16;
  // RFC 9460: parameters that bypass the pinned addresses, or hide the host's name in TLS.
  private static final Set<Integer> STRIPPED =
      Set.of(SVCBBase.IPV4HINT, SVCBBase.IPV6HINT, SVCBBase.ECH);

  private final HostDecisions decisions;
  private final NameSource source;
  private final HostsFile hosts;
  private final PinnedAddresses pins;
  private final StandInAddresses standIns;
  private final Predicate<String> elsewhere;
  private final BiConsumer<String, Reason> refused;

  /**
   * Makes a resolver.
   *
   * @param decisions decides which names may be looked up
   * @param source looks names up
   * @param hosts the hosts file, read first
   * @param pins remembers the answers
   * @param standIns the addresses of names that the listener decides on
   * @param elsewhere names that get a stand-in address instead of a lookup
   * @param refused receives each unanswered name and the reason
   */
  public AllowlistResolver(
      HostDecisions decisions,
      NameSource source,
      HostsFile hosts,
      PinnedAddresses pins,
      StandInAddresses standIns,
      Predicate<String> elsewhere,
      BiConsumer<String, Reason> refused) {
    this.decisions = decisions;
    this.source = source;
    this.hosts = hosts;
    this.pins = pins;
    this.standIns = standIns;
    this.elsewhere = elsewhere;
    this.refused = refused;
  }

  /**
   * Answers a query in wire form.
   *
   * @param query the query
   * @param tcp whether the answer may be of any length
   * @return the answer in wire form; empty when the query deserves none
   */
  public byte[] answer(byte[] query, boolean tcp) {
    Message asked;
    try {
      asked = new Message(query);
    } catch (IOException | RuntimeException e) {
      return malformed(query);
    }
    if (asked.getHeader().getFlag(Flags.QR)) {
      return new byte[0];
    }
    Message answer = answer(asked);
    OPTRecord options = asked.getOPT();
    int room =
        options == null ? 512 : Math.max(512, Math.min(options.getPayloadSize(), UDP_PAYLOAD));
    return answer.toWire(tcp ? Message.MAXLENGTH : room);
  }

  /** Returns an answer with only the query's id. */
  private static byte[] malformed(byte[] query) {
    if (query.length < 12) {
      return new byte[0];
    }
    Header header = new Header((query[0] & 0xff) << 8 | query[1] & 0xff);
    header.setFlag(Flags.QR);
    header.setRcode(Rcode.FORMERR);
    return header.toWire();
  }

  Message answer(Message asked) {
    Message answer = new Message(asked.getHeader().getID());
    Header header = answer.getHeader();
    header.setFlag(Flags.QR);
    header.setFlag(Flags.RA);
    header.setOpcode(asked.getHeader().getOpcode());
    if (asked.getHeader().getFlag(Flags.RD)) {
      header.setFlag(Flags.RD);
    }
    List<Record> questions = asked.getSection(Section.QUESTION);
    if (asked.getHeader().getOpcode() != Opcode.QUERY) {
      header.setRcode(Rcode.NOTIMP);
      return answer;
    }
    if (questions.size() != 1) {
      header.setRcode(Rcode.FORMERR);
      return answer;
    }
    Record question = questions.get(0);
    answer.addRecord(question, Section.QUESTION);
    try {
      fill(answer, question, asked.getOPT() != null);
    } catch (IOException | RuntimeException e) {
      LOG.debug("no answer for {}", Printable.of(question.toString()), e);
      answer.removeAllRecords(Section.ANSWER);
      header.setRcode(Rcode.SERVFAIL);
    }
    return answer;
  }

  private void fill(Message answer, Record question, boolean extended) throws IOException {
    int type = question.getType();
    if (question.getDClass() != DClass.IN || !Type.isRR(type)) {
      answer.getHeader().setRcode(Rcode.NOTIMP);
      return;
    }
    String host;
    try {
      host = HostPattern.normalise("host", text(question.getName()));
    } catch (InvalidPolicyException e) {
      String asked = question.getName().toString();
      refuse(answer, asked, new Reason.Unlisted(asked, 0), extended);
      return;
    }
    if (elsewhere.test(host)) {
      standIn(answer, question, host);
      return;
    }
    if (!decisions.resolvable(host)) {
      if (decisions.asks()) {
        standIn(answer, question, host);
      } else {
        refuse(answer, host, new Reason.Unlisted(host, 0), extended);
      }
      return;
    }
    if ((type == Type.A || type == Type.AAAA) && fromHostsFile(answer, question, host)) {
      return;
    }
    lookUp(answer, question, host, extended);
  }

  /** Drops the final dot, and the case: a name's case carries data. */
  private static String text(Name name) {
    return name.toString(true).toLowerCase(Locale.ROOT);
  }

  private void refuse(Message answer, String name, Reason reason, boolean extended) {
    answer.getHeader().setRcode(Rcode.NXDOMAIN);
    if (extended) {
      answer.addRecord(
          new OPTRecord(
              UDP_PAYLOAD,
              0,
              0,
              0,
              new ExtendedErrorCodeOption(ExtendedErrorCodeOption.PROHIBITED, reason.text())),
          Section.ADDITIONAL);
    }
    refused.accept(name, reason);
  }

  /** Looks nothing up: only the connection shows the purpose of the name. */
  private void standIn(Message answer, Record question, String host) {
    if (question.getType() == Type.A) {
      standIns
          .of(host)
          .ifPresent(
              address ->
                  answer.addRecord(
                      new ARecord(question.getName(), DClass.IN, STAND_IN_TTL, address),
                      Section.ANSWER));
    }
  }

  private boolean fromHostsFile(Message answer, Record question, String host) {
    List<InetAddress> addresses = hosts.addresses(host);
    for (InetAddress address : addresses) {
      boolean v4 = address instanceof Inet4Address;
      if (v4 == (question.getType() == Type.A)) {
        answer.addRecord(
            v4
                ? new ARecord(question.getName(), DClass.IN, HOSTS_FILE_TTL, address)
                : new AAAARecord(question.getName(), DClass.IN, HOSTS_FILE_TTL, address),
            Section.ANSWER);
      }
    }
    return !addresses.isEmpty();
  }

  private void lookUp(Message answer, Record question, String host, boolean extended)
      throws IOException {
    Name name = Name.fromString(host + ".");
    Message found = source.lookup(name, question.getType());
    int rcode = found.getRcode();
    if (rcode != Rcode.NOERROR && rcode != Rcode.NXDOMAIN) {
      answer.getHeader().setRcode(Rcode.SERVFAIL);
      return;
    }
    answer.getHeader().setRcode(rcode);
    List<Record> chain = new ArrayList<>();
    Name last = chain(found, name, chain);
    List<String> aliases =
        chain.stream().map(CNAMERecord.class::cast).map(r -> text(r.getTarget())).toList();
    String rebound = null;
    List<Record> records = new ArrayList<>(chain);
    for (Record each : found.getSection(Section.ANSWER)) {
      if (each.getType() != question.getType()
          || each.getType() == Type.CNAME
          || !each.getName().equals(last)) {
        continue;
      }
      InetAddress address = address(each);
      if (address == null) {
        sanitised(each, records);
      } else if (decisions.resolved().resolvesTo(address)) {
        pins.pin(host, aliases, address, each.getTTL());
        records.add(each);
      } else {
        rebound = HostPattern.literal(address);
      }
    }
    if (rebound != null && records.size() == chain.size()) {
      refuse(answer, host, new Reason.SpecialAddress(rebound, 0), extended);
      return;
    }
    for (Record each : records) {
      Name owner = each.getName().equals(name) ? question.getName() : each.getName();
      answer.addRecord(
          renewed(each, owner, Math.min(each.getTTL(), PinnedAddresses.CAP_SECONDS)),
          Section.ANSWER);
    }
    for (Record each : found.getSection(Section.AUTHORITY)) {
      if (each.getType() == Type.SOA) {
        answer.addRecord(each, Section.AUTHORITY);
      }
    }
  }

  /** Follows the aliases from a name. */
  static Name chain(Message found, Name from, List<Record> chain) {
    Map<Name, Record> aliases = new HashMap<>();
    for (Record each : found.getSection(Section.ANSWER)) {
      if (each.getType() == Type.CNAME) {
        aliases.putIfAbsent(each.getName(), each);
      }
    }
    Name last = from;
    while (aliases.containsKey(last) && chain.size() < LONGEST_CHAIN) {
      Record alias = aliases.get(last);
      chain.add(alias);
      last = ((CNAMERecord) alias).getTarget();
    }
    return last;
  }

  static InetAddress address(Record record) {
    return record instanceof ARecord a
        ? a.getAddress()
        : record instanceof AAAARecord aaaa ? aaaa.getAddress() : null;
  }

  private static void sanitised(Record record, List<Record> records) {
    if (!(record instanceof SVCBBase service)) {
      records.add(record);
      return;
    }
    SVCBBase.ParameterBase mandatory = service.getSvcParamValue(SVCBBase.MANDATORY);
    if (mandatory instanceof SVCBBase.ParameterMandatory needs
        && needs.getValues().stream().anyMatch(STRIPPED::contains)) {
      // The record is useless without the stripped parameters.
      return;
    }
    List<SVCBBase.ParameterBase> kept =
        service.getSvcParamKeys().stream()
            .filter(key -> !STRIPPED.contains(key))
            .map(service::getSvcParamValue)
            .toList();
    records.add(
        record instanceof HTTPSRecord
            ? new HTTPSRecord(
                record.getName(),
                DClass.IN,
                record.getTTL(),
                service.getSvcPriority(),
                service.getTargetName(),
                kept)
            : new SVCBRecord(
                record.getName(),
                DClass.IN,
                record.getTTL(),
                service.getSvcPriority(),
                service.getTargetName(),
                kept));
  }

  private static Record renewed(Record record, Name owner, long ttl) {
    return Record.newRecord(owner, record.getType(), DClass.IN, ttl, record.rdataToWireCanonical());
  }
}
