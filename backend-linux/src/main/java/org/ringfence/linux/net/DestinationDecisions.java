package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.AF_NETLINK;
import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.AF_UNSPEC;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.SOCK_SEQPACKET;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;
import static org.ringfence.linux.bind.Constants.SO_TYPE;
import static org.ringfence.linux.bind.Constants.S_IFSOCK;

import java.io.IOException;
import java.net.InetAddress;
import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.DenialEvents;
import org.ringfence.linux.socket.PeerAddress;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.TargetMemory.RefusedException;
import org.ringfence.policy.Reason;

/**
 * Decides on the destinations of sockets, and announces allowed clients to this JVM's server. It
 * copies an address once, decides on it, and returns the address to use.
 */
final class DestinationDecisions {
  static final String CONNECT = "connect";

  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final PathResolver paths;
  private final UnixDestinations unix;
  private final NetlinkSockets netlink;
  private final HeldTargets held;
  private final OwnLoopback loopback;
  private final InetDestinations inet;
  private final RedirectedDatagrams datagrams;
  private final Consumer<Violation> denied;

  /**
   * Decides for one sandbox.
   *
   * @param setting the parts of its network
   * @param unix decides on servers at paths
   * @param netlink decides on netlink sockets
   * @param inet decides on hosts and ports
   * @param loopback the sandbox's own loopback; null where it is the host's
   * @param held the ports that stay the sandbox's own
   * @param datagrams remembers redirected senders
   */
  DestinationDecisions(
      SandboxNetwork.Setting setting,
      UnixDestinations unix,
      NetlinkSockets netlink,
      InetDestinations inet,
      OwnLoopback loopback,
      HeldTargets held,
      RedirectedDatagrams datagrams) {
    this.kernel = setting.kernel();
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.paths = setting.paths();
    this.unix = unix;
    this.netlink = netlink;
    this.inet = inet;
    this.loopback = loopback;
    this.held = held;
    this.datagrams = datagrams;
    this.denied = setting.reporter()::violation;
  }

  /** Answers a connect that is refused before it is decided. */
  void refuse(SyscallNotification call, RefusedException refusal) {
    DenialEvents.tell(denied, child, call, Syscall.CONNECT, refusal);
    call.result(refusal.result());
  }

  /** Decides where a socket may connect. */
  Destination ofConnect(SyscallNotification call, int fd, SocketAddress given)
      throws AccessException, IOException {
    return decide(call, CONNECT, fd, given);
  }

  /** Decides where a message may go. */
  Destination ofMessage(SyscallNotification call, int fd, SocketAddress given)
      throws AccessException, IOException {
    return decide(call, "send", fd, given);
  }

  /** Decides where a socket may connect or send to. */
  private Destination decide(
      SyscallNotification call, String operation, int fd, SocketAddress given)
      throws AccessException, IOException {
    int family = given.family();
    int domain = (int) options.get(fd, SO_DOMAIN);
    if (domain != AF_INET && domain != AF_INET6 && given.bytes().length == 0) {
      return allowed(given);
    }
    if (domain == AF_UNIX) {
      long type = options.get(fd, SO_TYPE);
      if (!operation.equals(CONNECT) && type == SOCK_STREAM) {
        // The kernel fails without a look at the address: a stream has its peer, or none.
        return allowed(given);
      }
      if (!operation.equals(CONNECT) && type == SOCK_SEQPACKET) {
        // The kernel ignores the address (net/unix/af_unix.c, unix_seqpacket_sendmsg).
        return allowed(SocketAddress.NONE);
      }
      // A family alone names no peer.
      boolean named = given.bytes().length > Short.BYTES;
      return family == AF_UNIX && named
          ? unixDestination(call, operation, given)
          : family == AF_UNSPEC ? allowed(given) : refused(Errno.EINVAL);
    }
    if (domain == AF_NETLINK) {
      long refusal = netlink.refusal(call, fd, given);
      SocketAddress to = operation.equals(CONNECT) ? given : SocketAddress.NONE;
      return new Destination(to, refusal, -1, child);
    }
    if (domain != AF_INET && domain != AF_INET6) {
      return refused(Errno.EAFNOSUPPORT);
    }
    if (inet.free()) {
      inet.tellUnreachable(request(call, operation, fd, given));
      return allowed(given);
    }
    PeerAddress read =
        operation.equals(CONNECT)
            ? PeerAddress.ofConnect(options.state(fd), given)
            : PeerAddress.ofMessage(options.state(fd), given);
    if (!(read instanceof PeerAddress.Named named)) {
      return read instanceof PeerAddress.Malformed malformed
          ? refused(malformed.errno())
          : unaddressed(read, given, fd);
    }
    SocketAddress address = named.address();
    InetDestinations.Ruling ruling = inet.decide(request(call, operation, fd, address));
    if (ruling instanceof InetDestinations.Allowed allowed) {
      if (loopback != null) {
        return inOwnNetwork(fd, address, allowed);
      }
      announce(fd, allowed);
      if (allowed.address() != address && options.get(fd, SO_TYPE) != SOCK_STREAM) {
        datagrams.redirected(fd, address);
      }
      if (allowed.own() && operation.equals(CONNECT)) {
        boolean stream = options.get(fd, SO_TYPE) == SOCK_STREAM;
        if (!stream && !held.hold(address.inet(), address.port())) {
          return refused(Errno.ECONNREFUSED);
        }
        return new Destination(address, 0, -1, child, stream);
      }
      return allowed(allowed.address());
    }
    return ruling instanceof InetDestinations.Refused refused
        ? refused(refused.errno())
        : new Destination(address, Destination.UNDECIDED, -1, child);
  }

  /** Returns the destination in a private network, whose outbound traffic goes through this JVM. */
  private Destination inOwnNetwork(int fd, SocketAddress asked, InetDestinations.Allowed allowed)
      throws AccessException {
    if (allowed.own()) {
      return allowed(allowed.address());
    }
    if (options.get(fd, SO_TYPE) == SOCK_STREAM) {
      return new Destination(allowed.address(), 0, -1, child, false, allowed);
    }
    datagrams.redirected(fd, asked);
    return allowed(loopback.datagrams(allowed.address()));
  }

  /** Handles AF_UNSPEC, which must not give up a port that others are connected to. */
  private Destination unaddressed(PeerAddress read, SocketAddress given, int fd)
      throws AccessException {
    if (read instanceof PeerAddress.Connected) {
      return allowed(SocketAddress.NONE);
    }
    return held.holds(fd) ? refused(Errno.EBUSY) : allowed(given);
  }

  private Destination unixDestination(
      SyscallNotification call, String operation, SocketAddress address) throws AccessException {
    if (!address.hasPath()) {
      return unix.reachesAbstract(address)
          ? allowed(address)
          : refused(call, operation, address.display(), new Reason.UnixSocket(""));
    }
    int object = paths.open(call.tid(), AT_FDCWD, address.path(), true);
    boolean keep = false;
    try {
      String path = paths.pathOf(object);
      // An object that is no socket refuses connections, or is not writable: the kernel reports
      // which.
      if (paths.status(object).is(S_IFSOCK) && !unix.reaches(call, object, path)) {
        return unix.isLeftOver(object, path)
            ? refused(Errno.ECONNREFUSED)
            : refused(call, operation, path, new Reason.UnixSocket(path));
      }
      keep = true;
      return new Destination(SocketAddress.unix(PathResolver.own(object)), 0, object, child);
    } finally {
      if (!keep) {
        child.close(object);
      }
    }
  }

  /**
   * Announces a client to this JVM's server, which knows it by its port. Chooses the port before
   * the connection is made.
   */
  void announce(int fd, InetDestinations.Allowed allowed) throws AccessException {
    if (allowed.announced().isPresent()) {
      SocketAddress bound = options.boundName(fd);
      if (bound.port() == 0) {
        InetAddress target = allowed.address().inet();
        bindTo(fd, SocketAddress.inet(target, 0, bound.family()));
        bound = options.boundName(fd);
      }
      inet.announce(bound.port(), options.inode(fd, paths), allowed.announced().get());
    }
  }

  /** Describes a socket that asks for an address. */
  InetDestinations.Request request(
      SyscallNotification call, String operation, int fd, SocketAddress address)
      throws AccessException {
    return new InetDestinations.Request(
        call.tid(),
        operation,
        options.get(fd, SO_TYPE) == SOCK_STREAM,
        options.get(fd, SO_DOMAIN) == AF_INET6,
        address);
  }

  private Destination allowed(SocketAddress address) {
    return new Destination(address, 0, -1, child);
  }

  private Destination refused(Errno errno) {
    return new Destination(null, -errno.value(), -1, child);
  }

  private Destination refused(
      SyscallNotification call, String operation, String target, Reason reason) {
    denied.accept(
        new Violation(
            operation,
            target,
            call.tid(),
            child.executable(call.tid()),
            reason,
            Violation.Certainty.CERTAIN));
    return refused(Errno.EACCES);
  }

  private void bindTo(int fd, SocketAddress address) throws AccessException {
    long result = address.passTo(kernel, Syscall.BIND, fd);
    if (result < 0) {
      throw new AccessException(result);
    }
  }
}
