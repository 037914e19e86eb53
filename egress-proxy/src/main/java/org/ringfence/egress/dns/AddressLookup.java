package org.ringfence.egress.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.egress.decision.ResolvedAddresses;
import org.ringfence.policy.Decision;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.value.HostPattern;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Looks allowed names up for connections that this JVM makes itself. Thread-safe.
 *
 * @param policy limits the addresses of a name
 * @param source looks names up
 * @param hosts the hosts file, read first; its entries count wherever they lead
 */
public record AddressLookup(NetworkPolicy policy, NameSource source, HostsFile hosts) {

  /**
   * Returns a lookup that follows the policy.
   *
   * @param policy the policy
   * @return the lookup
   */
  public static AddressLookup of(NetworkPolicy policy) {
    return new AddressLookup(policy, NameSource.servers(policy.dnsServers()), HostsFile.system());
  }

  /**
   * An address of a name, with the decision on it.
   *
   * @param decision the decision that allows the name
   * @param address an address of it; null when all of them are denied
   */
  public record Resolved(Decision decision, InetAddress address) {}

  /**
   * Returns the addresses of an allowed name, each with a decision.
   *
   * @param allowed the decision that allows the name
   * @param host the name in its normal form
   * @param port the port
   * @return the allowed addresses, IPv4 first; only the first denial when none is allowed; nothing
   *     when the name has no address
   * @throws IOException if the lookup fails
   */
  public List<Resolved> resolve(Decision allowed, String host, int port) throws IOException {
    List<InetAddress> listed = hosts.addresses(host);
    List<Resolved> usable = new ArrayList<>();
    Decision denied = null;
    for (InetAddress address : listed.isEmpty() ? lookUp(host) : listed) {
      Decision decision =
          listed.isEmpty()
              ? ResolvedAddresses.of(policy).evaluate(allowed, address, port)
              : policy.denied(HostPattern.literal(address), port).orElse(allowed);
      if (decision.allowed()) {
        usable.add(new Resolved(decision, address));
      } else if (denied == null) {
        denied = decision;
      }
    }
    if (usable.isEmpty() && denied != null) {
      usable.add(new Resolved(denied, null));
    }
    return usable;
  }

  private List<InetAddress> lookUp(String host) throws IOException {
    Name name = Name.fromString(host + ".");
    List<InetAddress> addresses = new ArrayList<>();
    IOException failure = null;
    for (int type : new int[] {Type.A, Type.AAAA}) {
      try {
        Message found = source.lookup(name, type);
        Name last = AllowlistResolver.chain(found, name, new ArrayList<>());
        for (Record each : found.getSection(Section.ANSWER)) {
          InetAddress address = AllowlistResolver.address(each);
          if (address != null && each.getName().equals(last)) {
            addresses.add(address);
          }
        }
      } catch (IOException e) {
        failure = e;
      }
    }
    if (addresses.isEmpty() && failure != null) {
      throw failure;
    }
    return addresses;
  }
}
