package org.ringfence.policy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import org.ringfence.policy.value.AddressRange;
import org.ringfence.policy.value.DnsServer;
import org.ringfence.policy.value.HostPattern;
import org.ringfence.policy.value.PublishedPort;

/** A network policy under construction; every collection keeps insertion order. */
final class NetworkDraft {
  NetworkMode mode = NetworkMode.NONE;
  boolean ownLoopback = true;
  boolean checkServerName;
  final Set<HostPattern> allow = new LinkedHashSet<>();
  final Set<HostPattern> deny = new LinkedHashSet<>();
  final Set<Integer> hostLoopbackPorts = new LinkedHashSet<>();
  final Set<String> unixSockets = new LinkedHashSet<>();
  final Set<AddressRange> privateRanges = new LinkedHashSet<>();
  final Set<DnsServer> dnsServers = new LinkedHashSet<>();
  final Set<PublishedPort> publish = new LinkedHashSet<>();

  void clear() {
    allow.clear();
    deny.clear();
    hostLoopbackPorts.clear();
    unixSockets.clear();
    privateRanges.clear();
    dnsServers.clear();
    publish.clear();
  }

  void from(NetworkPolicy policy) {
    mode = policy.mode();
    ownLoopback = policy.ownLoopback();
    allow.addAll(policy.allow());
    deny.addAll(policy.deny());
    hostLoopbackPorts.addAll(policy.hostLoopbackPorts());
    unixSockets.addAll(policy.unixSockets());
    privateRanges.addAll(policy.privateRanges());
    dnsServers.addAll(policy.dnsServers());
    publish.addAll(policy.publish());
    checkServerName = policy.checkServerName();
  }

  NetworkPolicy build() {
    return new NetworkPolicy(
        mode,
        new ArrayList<>(allow),
        new ArrayList<>(deny),
        ownLoopback,
        new ArrayList<>(hostLoopbackPorts),
        new ArrayList<>(unixSockets),
        new ArrayList<>(privateRanges),
        new ArrayList<>(dnsServers),
        new ArrayList<>(publish),
        checkServerName);
  }
}
