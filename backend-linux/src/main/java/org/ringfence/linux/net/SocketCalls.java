package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.AF_NETLINK;
import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.AF_UNSPEC;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_SEQPACKET;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;
import static org.ringfence.linux.bind.Constants.SO_TYPE;
import static org.ringfence.linux.bind.Constants.S_IFSOCK;

import java.io.IOException;
import java.net.InetAddress;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.socket.PeerAddress;
import org.ringfence.linux.socket.PrivilegedPorts;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.WaitingCalls;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Reason;

/**
 * Makes and addresses sockets for sandboxed threads. The supervisor makes each inet socket and ties
 * it to the loopback device, so that none of its packets ever leaves the machine. It copies an
 * address once, decides on it, and uses it on a copy of the same socket.
 */
final class SocketCalls {
  private static final String CONNECT = "connect";

  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final PathResolver paths;
  private final NetworkPolicy policy;
  private final OwnSockets own;
  private final UnixDestinations unix;
  private final NetlinkSockets netlink;
  private final UnixBinds unixBinds;
  private final OwnServers servers;
  private final HeldTargets held;
  private final PrivilegedPorts privileged;
  private final boolean ownNetwork;
  private final OwnLoopback loopback;
  private final InetDestinations inet;
  private final PendingConnects pending;
  private final RedirectedDatagrams datagrams;
  private final Consumer<Violation> denied;
  private final WaitingCalls waiting;
  private final ConnectedSockets connected;
  private final UnixPeers peers;
  private final SendCalls sends;

  SocketCalls(
      Kernel kernel,
      PathResolver paths,
      Supervision supervision,
      NetworkPolicy policy,
      OwnSockets own,
      UnixDestinations unix,
      UnixBinds unixBinds,
      OwnServers servers,
      HeldTargets held,
      boolean root,
      InetDestinations inet,
      OwnLoopback loopback,
      PendingConnects pending,
      RedirectedDatagrams datagrams,
      Consumer<Violation> denied,
      ConnectedSockets connected,
      UnixPeers peers,
      WaitingCalls waiting) {
    this.kernel = kernel;
    this.connected = connected;
    this.peers = peers;
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.inet = inet;
    this.loopback = loopback;
    this.pending = pending;
    this.datagrams = datagrams;
    this.paths = paths;
    this.ownNetwork = supervision.ownNetwork();
    this.policy = policy;
    this.own = own;
    this.unix = unix;
    boolean hosts = policy.mode() != NetworkMode.FULL && !supervision.privateNetwork();
    this.netlink = new NetlinkSockets(kernel, hosts);
    this.unixBinds = unixBinds;
    this.servers = servers;
    this.held = held;
    this.privileged = PrivilegedPorts.of(root, ownNetwork || loopback != null);
    this.denied = denied;
    this.waiting = waiting;
    this.sends =
        new SendCalls(
            kernel,
            new WaitingSends(kernel, waiting),
            connected,
            (call, fd, to) -> destination(call, "send", fd, to));
  }

  void answer(Syscall syscall, SyscallNotification call) {
    try {
      switch (syscall) {
        case SOCKET -> socket(call);
        case BIND -> bind(call);
        case GETSOCKNAME -> unixBinds.name(call);
        case LISTEN -> listen(call);
        case SETSOCKOPT -> servers.reuseAddress(call);
        case GETSOCKOPT -> peers.answer(call);
        case CONNECT -> connect(call);
        case SENDTO, SENDMSG, SENDMMSG -> sends.answer(syscall, call);
        default -> call.fail(Errno.ENOSYS);
      }
    } catch (AccessException e) {
      call.result(e.result());
    } catch (IOException e) {
      call.fail(Errno.EACCES);
    } catch (RejectedExecutionException e) {
      // More calls wait than this JVM has threads for.
      call.fail(Errno.EAGAIN);
    }
  }

  private void socket(SyscallNotification call) throws AccessException {
    int type = call.intArgument(1);
    int fd =
        loopback != null
            ? loopback.socket(call.intArgument(0), type)
            : (int)
                checked(
                    kernel.call(
                        Syscall.SOCKET, call.argument(0), type | SOCK_CLOEXEC, call.argument(2)));
    try {
      if (loopback == null) {
        settle(fd);
      }
      call.resultDescriptor(fd, (type & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    } finally {
      child.close(fd);
    }
  }

  /** Ties a socket of the host's network to its loopback, unless it may connect outside. */
  private void settle(int fd) throws AccessException {
    if (!connectsOutside(fd)) {
      options.tieToLoopback(fd);
    }
    if (options.get(fd, SO_TYPE) != SOCK_STREAM) {
      own.addInet(options.inode(fd, paths));
    }
  }

  /**
   * Returns whether a TCP socket may connect outside, as with an allowlist; none may listen there.
   */
  private boolean connectsOutside(int fd) throws AccessException {
    return policy.mode() == NetworkMode.ALLOWLIST && options.get(fd, SO_TYPE) == SOCK_STREAM;
  }

  private void listen(SyscallNotification call) throws AccessException {
    int fd = child.descriptor(call.tid(), call.intArgument(0));
    try {
      if (connected.isCallers(call, fd)) {
        call.proceed();
        return;
      }
      call.live();
      long domain = options.get(fd, SO_DOMAIN);
      if (domain == AF_INET || domain == AF_INET6) {
        servers.prepare(fd);
      }
      call.result(kernel.call(Syscall.LISTEN, fd, call.intArgument(1)));
    } finally {
      child.close(fd);
    }
  }

  private void bind(SyscallNotification call) throws AccessException {
    int fd = child.descriptor(call.tid(), call.intArgument(0));
    try {
      SocketAddress given = SocketAddress.read(child, call, 1);
      call.live();
      long domain = options.get(fd, SO_DOMAIN);
      if (domain == AF_UNIX) {
        call.result(unixBinds.bind(call, fd, given));
        return;
      }
      if (domain == AF_NETLINK) {
        call.result(netlink.bind(call, fd, given));
        return;
      }
      if (domain != AF_INET && domain != AF_INET6) {
        call.result(withAddress(Syscall.BIND, fd, given));
        return;
      }
      if (privileged.includes(given)) {
        // The caller lacks CAP_NET_BIND_SERVICE; this JVM may have it.
        call.fail(Errno.EACCES);
        return;
      }
      if (policy.mode() == NetworkMode.FULL || ownNetwork) {
        call.result(withAddress(Syscall.BIND, fd, given));
        return;
      }
      PeerAddress read = PeerAddress.ofBind(socketOf(fd), given);
      if (read instanceof PeerAddress.Malformed malformed) {
        call.fail(malformed.errno());
        return;
      }
      SocketAddress address = read instanceof PeerAddress.Named named ? named.address() : given;
      call.result(servers.bind(call, fd, address));
    } finally {
      child.close(fd);
    }
  }

  private void connect(SyscallNotification call) throws AccessException, IOException {
    int fd = child.descriptor(call.tid(), call.intArgument(0));
    boolean handedOn = false;
    try {
      SocketAddress address = SocketAddress.read(child, call, 1);
      call.live();
      Destination destination = destination(call, CONNECT, fd, address);
      if (destination.refusal() < 0) {
        destination.close();
        call.result(destination.refusal());
        return;
      }
      int domain = (int) options.get(fd, SO_DOMAIN);
      if (destination.refusal() == Destination.UNDECIDED) {
        waiting.add(call, 1, new UndecidedConnect(call, fd, destination.address()));
      } else if (destination.outside() != null) {
        handedOn = true;
        connectOutside(call, fd, destination.outside());
      } else if (domain == AF_INET || domain == AF_INET6) {
        pending.connect(call, fd, destination.address(), destination.own());
      } else {
        connectUnix(call, fd, destination);
      }
      handedOn = true;
    } finally {
      if (!handedOn) {
        child.close(fd);
      }
    }
  }

  /** Takes the descriptor over, unless it throws, and the destination. */
  private void connectUnix(SyscallNotification call, int fd, Destination destination)
      throws AccessException {
    boolean handedOn = false;
    try {
      peers.connects(call, fd);
      UnixConnect connect = new UnixConnect(call, fd, destination);
      if (connect.attempt()) {
        child.close(fd);
      } else {
        waiting.add(call, 2, connect);
        handedOn = true;
      }
    } finally {
      if (!handedOn) {
        destination.close();
      }
    }
  }

  /** A connect that waits for room in a server's queue. */
  private final class UnixConnect implements WaitingCalls.Waiting {
    private final SyscallNotification call;
    private final int fd;
    private final Destination destination;
    private final boolean waits;
    private final long due;

    private UnixConnect(SyscallNotification call, int fd, Destination destination) {
      this.call = call;
      this.fd = fd;
      this.destination = destination;
      this.waits = (kernel.call(Syscall.FCNTL, fd, F_GETFL) & O_NONBLOCK) == 0;
      this.due = waits ? pending.due(fd) : 0;
    }

    @Override
    public boolean attempt() {
      long result = pending.withoutWaiting(fd, destination.address());
      boolean late = due != 0 && System.nanoTime() - due >= 0;
      if (result == -Errno.EAGAIN.value() && waits && !late) {
        return false;
      }
      call.result(result);
      return true;
    }

    @Override
    public void close() {
      destination.close();
      child.close(fd);
    }
  }

  /** A connect that waits for the listener's decision on its destination. */
  private final class UndecidedConnect implements WaitingCalls.Waiting {
    private final SyscallNotification call;
    private final SocketAddress address;
    private int fd;

    private UndecidedConnect(SyscallNotification call, int fd, SocketAddress address) {
      this.call = call;
      this.fd = fd;
      this.address = address;
    }

    @Override
    public boolean attempt() throws AccessException {
      int socket = fd;
      fd = -1;
      connectWhenDecided(call, socket, address);
      return true;
    }

    @Override
    public void close() {
      child.close(fd);
    }
  }

  /** Decides and connects, on a thread that may wait for the decision. */
  private void connectWhenDecided(SyscallNotification call, int fd, SocketAddress address) {
    boolean handedOn = false;
    try {
      InetDestinations.Ruling ruling = inet.decideWaiting(request(call, CONNECT, fd, address));
      call.live();
      if (ruling instanceof InetDestinations.Allowed allowed) {
        handedOn = loopback != null;
        if (loopback != null) {
          connectOutside(call, fd, allowed);
        } else {
          announce(fd, allowed);
          pending.connect(call, fd, allowed.address(), false);
          handedOn = true;
        }
      } else {
        call.fail(Errno.EACCES);
      }
    } catch (AccessException e) {
      call.result(e.result());
    } catch (IOException e) {
      call.fail(Errno.EACCES);
    } finally {
      if (!handedOn) {
        child.close(fd);
      }
    }
  }

  /** Connects from the sandbox's own network to this JVM's; closes the copy. */
  private void connectOutside(SyscallNotification call, int fd, InetDestinations.Allowed allowed)
      throws AccessException {
    loopback.connect(call, fd, allowed.address(), outside -> announce(outside, allowed));
  }

  /**
   * Announces a client to this JVM's server, which knows it by its port. Chooses the port before
   * the connection is made.
   */
  private void announce(int fd, InetDestinations.Allowed allowed) throws AccessException {
    if (allowed.announced().isPresent()) {
      SocketAddress bound = options.boundName(fd);
      if (bound.port() == 0) {
        InetAddress loopback = allowed.address().inet();
        checked(withAddress(Syscall.BIND, fd, SocketAddress.inet(loopback, 0, bound.family())));
        bound = options.boundName(fd);
      }
      inet.announce(bound.port(), options.inode(fd, paths), allowed.announced().get());
    }
  }

  private InetDestinations.Request request(
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

  private Destination destination(
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
            ? PeerAddress.ofConnect(socketOf(fd), given)
            : PeerAddress.ofMessage(socketOf(fd), given);
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

  private PeerAddress.Socket socketOf(int fd) throws AccessException {
    return new PeerAddress.Socket(
        options.get(fd, SO_DOMAIN) == AF_INET6,
        options.get(fd, SO_TYPE) == SOCK_STREAM,
        options.boundName(fd));
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
        return refused(call, operation, path, new Reason.UnixSocket(path));
      }
      keep = true;
      return new Destination(SocketAddress.unix(PathResolver.own(object)), 0, object, child);
    } finally {
      if (!keep) {
        child.close(object);
      }
    }
  }

  private long withAddress(Syscall syscall, int fd, SocketAddress address) {
    try (NativeBlock block = new NativeBlock(SocketAddress.LONGEST + 32L)) {
      return kernel.call(syscall, fd, block.bytes(address.bytes()), address.bytes().length);
    }
  }

  private static long checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
    return result;
  }
}
