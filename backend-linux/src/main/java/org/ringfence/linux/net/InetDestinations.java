package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import org.ringfence.egress.Egress;
import org.ringfence.egress.Egress.Route;
import org.ringfence.egress.Egress.Via;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.decision.Clients.Announced;
import org.ringfence.egress.decision.Clients.Target;
import org.ringfence.event.Violation;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.socket.PeerAddress;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Reason;
import org.ringfence.policy.value.DnsServer;
import org.ringfence.policy.value.HostPattern;

/**
 * Decides where sockets of the internet families may send: to the sandbox's own servers, to named
 * ports of the host, and with an allowlist to the addresses that its name server gave out.
 */
final class InetDestinations {
  private final NetworkPolicy policy;
  private final boolean free;
  private final OwnSockets own;
  private final OwnLoopback loopback;
  private final Egress egress;
  private final TargetMemory child;
  private final LongUnaryOperator commands;
  private final Consumer<Violation> denied;

  /**
   * Decides for one sandbox.
   *
   * @param free whether the kernel alone decides, in the command's own namespace or without any
   *     bounds
   * @param loopback the sandbox's own loopback; null where it is the host's
   * @param egress decides on hosts outside; null without an allowlist
   */
  InetDestinations(
      NetworkPolicy policy,
      boolean free,
      OwnSockets own,
      OwnLoopback loopback,
      Egress egress,
      TargetMemory child,
      LongUnaryOperator commands,
      Consumer<Violation> denied) {
    this.policy = policy;
    this.free = free;
    this.own = own;
    this.loopback = loopback;
    this.egress = egress;
    this.child = child;
    this.commands = commands;
    this.denied = denied;
  }

  /** A socket's request to send. */
  record Request(int tid, String operation, boolean tcp, boolean v6, SocketAddress address) {}

  /** A decision. */
  sealed interface Ruling permits Allowed, Refused, Undecided {}

  /**
   * The socket may send to this address, which can differ from the named one.
   *
   * @param announced the announcement that Ringfence's server needs before the connection comes
   * @param own whether that holds only while a socket of the sandbox is there
   */
  record Allowed(SocketAddress address, Optional<Announced> announced, boolean own)
      implements Ruling {
    private Allowed(SocketAddress address) {
      this(address, Optional.empty(), false);
    }
  }

  /** The call fails. */
  record Refused(Errno errno) implements Ruling {}

  /** The decision needs a listener or a name look-up, off the supervisor's thread. */
  record Undecided() implements Ruling {}

  /** Returns whether the kernel alone decides. */
  boolean free() {
    return free;
  }

  /** Decides without waiting; {@link PeerAddress} has read the address. */
  Ruling decide(Request request) throws IOException {
    InetAddress target = target(request.address());
    if (egress != null) {
      Optional<Ruling> ruling = outside(request, target);
      if (ruling.isPresent()) {
        return ruling.get();
      }
    }
    return loopback(request, target);
  }

  /** Returns the target; the kernel takes the unspecified address for loopback. */
  private static InetAddress target(SocketAddress address) throws IOException {
    InetAddress target = address.inet();
    return target.isAnyLocalAddress()
        ? InetAddress.getByName(address.family() == AF_INET ? "127.0.0.1" : "::1")
        : target;
  }

  private Optional<Ruling> outside(Request request, InetAddress target) {
    int port = request.address().port();
    if (port == 0) {
      return Optional.empty();
    }
    Optional<Route> route = request.tcp() ? egress.immediate(target, port) : Optional.empty();
    boolean allowed = route.isPresent() && route.get().decision().allowed();
    if (port == DnsServer.DNS_PORT && !allowed) {
      // Ringfence's server answers names, whichever server the command addresses.
      return Optional.of(
          new Allowed(address(egress.nameServer(request.tcp(), request.v6()), request.v6())));
    }
    if (!request.tcp()) {
      return Optional.empty();
    }
    if (route.isEmpty()) {
      return target.isLoopbackAddress() ? Optional.empty() : Optional.of(new Undecided());
    }
    if (allowed || !target.isLoopbackAddress()) {
      return Optional.of(ruling(request, route.get()));
    }
    return Optional.empty();
  }

  /** Decides an {@link Undecided} request; may wait for a listener or a name server. */
  Ruling decideWaiting(Request request) throws IOException {
    Client client = client(request);
    return ruling(
        request, egress.decide(target(request.address()), request.address().port(), client));
  }

  private Ruling ruling(Request request, Route route) {
    int port = request.address().port();
    boolean allowed = route.decision().allowed();
    // Ringfence's own servers record the connections that are routed to them.
    if (egress.decisions().recording() && route.via() == Via.DIRECT) {
      egress
          .decisions()
          .record(route.host(), route.address(), port, client(request), route.decision());
    }
    if (!allowed) {
      return refused(request, host(route) + ":" + port, route.decision().reason());
    }
    if (route.via() != Via.DIRECT) {
      Client client = client(request);
      Optional<Target> meant =
          route.via() == Via.RELAY
              ? Optional.of(
                  new Target(
                      route.host(),
                      port,
                      route.decision(),
                      Optional.ofNullable(route.address()),
                      route.names()))
              : Optional.empty();
      Announced announced = new Announced(client, meant);
      return new Allowed(
          address(egress.address(route.via()), request.v6()), Optional.of(announced), false);
    }
    InetAddress named = request.address().inet();
    return new Allowed(
        route.address().equals(named) || named.isAnyLocalAddress()
            ? request.address()
            : address(new InetSocketAddress(route.address(), port), request.v6()));
  }

  private Client client(Request request) {
    boolean named = egress.decisions().recording() || egress.decisions().asks();
    return new Client(
        request.tid(),
        child.executable(request.tid()),
        named ? commands.applyAsLong(request.tid()) : 0);
  }

  private static String host(Route route) {
    return route.host().indexOf(':') >= 0 ? "[" + route.host() + "]" : route.host();
  }

  private static SocketAddress address(InetSocketAddress to, boolean v6) {
    return SocketAddress.inet(to.getAddress(), to.getPort(), v6 ? AF_INET6 : AF_INET);
  }

  private Ruling loopback(Request request, InetAddress target) throws IOException {
    SocketAddress address = request.address();
    if (!target.isLoopbackAddress()) {
      return refused(
          request,
          address.display(),
          policy.mode() == NetworkMode.ALLOWLIST
              ? new Reason.NotTcp()
              : new Reason.NetworkClosed(HostPattern.literal(target), address.port()));
    }
    if (policy.hostLoopbackPorts().contains(address.port())) {
      return new Allowed(address);
    }
    if (!policy.ownLoopback()) {
      return refused(request, address.display(), new Reason.NoLoopback());
    }
    OwnSockets.Listener there = own.listener(request.tcp(), target, address.port());
    if (loopback != null
        && (there == OwnSockets.Listener.NONE
            || loopback.taken(request.tcp(), target, address.port()))) {
      // It is none of the host's: the kernel knows which socket is there, if any.
      there = OwnSockets.Listener.OWN;
    }
    return switch (there) {
      case OWN -> new Allowed(address, Optional.empty(), true);
      case NONE -> new Refused(Errno.ECONNREFUSED);
      case FOREIGN ->
          refused(
              request,
              address.display(),
              new Reason.ForeignLoopback(policy.mode(), address.port()));
    };
  }

  /** Announces to Ringfence's server a connection from this port and this very socket. */
  void announce(int port, long inode, Announced connection) {
    egress.clients().announce(port, connection, (from, to) -> own.connects(inode, from, to));
  }

  /** Reports a request that the command's own network namespace will refuse by itself. */
  void tellUnreachable(Request request) {
    SocketAddress address = request.address();
    if (policy.mode() != NetworkMode.NONE || !address.isInet()) {
      return;
    }
    InetAddress target = address.inet();
    if (!target.isLoopbackAddress() && !target.isAnyLocalAddress()) {
      String host = HostPattern.literal(target);
      refused(request, address.display(), new Reason.NetworkClosed(host, address.port()));
    }
  }

  private Refused refused(Request request, String target, Reason reason) {
    denied.accept(
        new Violation(
            request.operation(),
            target,
            request.tid(),
            child.executable(request.tid()),
            reason,
            Violation.Certainty.CERTAIN));
    return new Refused(Errno.EACCES);
  }
}
