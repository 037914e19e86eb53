package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SOL_SOCKET;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;
import static org.ringfence.linux.bind.Constants.SO_REUSEADDR;
import static org.ringfence.linux.bind.Constants.SO_TYPE;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.socket.OwnSockets.Listener;
import org.ringfence.linux.socket.PeerAddress;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Makes the sandbox's inet sockets servers on the host's loopback. No port is shared with a server
 * outside: the filter refuses SO_REUSEPORT. The supervisor claims to set SO_REUSEADDR on a UDP
 * socket, where it would share a port as well, and does not. For TCP that option only allows a port
 * whose last connections are ending.
 */
final class OwnServers {
  /** {@code sizeof(int)}. */
  private static final int OPTION_BYTES = 4;

  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final PathResolver paths;
  private final OwnSockets own;
  private final HopGuard guard;
  private final HeldTargets held;
  private final boolean shared;

  /**
   * Manages the servers of one sandbox.
   *
   * @param shared whether its ports are the host's
   */
  OwnServers(
      Kernel kernel,
      PathResolver paths,
      OwnSockets own,
      HopGuard guard,
      HeldTargets held,
      boolean shared) {
    this.shared = shared;
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.paths = paths;
    this.own = own;
    this.guard = guard;
    this.held = held;
  }

  /** Binds a copy of the caller's socket to an address that {@link PeerAddress} has read. */
  long bind(SyscallNotification call, int fd, SocketAddress address) throws AccessException {
    if (!shared) {
      return address.passTo(kernel, Syscall.BIND, fd);
    }
    boolean tcp = options.get(fd, SO_TYPE) == SOCK_STREAM;
    if (address.port() > 0 && taken(tcp, address.port())) {
      return -Errno.EADDRINUSE.value();
    }
    long result = address.passTo(kernel, Syscall.BIND, fd);
    if (!tcp && result == -Errno.EADDRINUSE.value() && held.release(address.port())) {
      // The port was kept for sockets that are gone.
      result = address.passTo(kernel, Syscall.BIND, fd);
    }
    if (!tcp && result >= 0) {
      long inode = options.inode(fd, paths);
      if (own.hasInet(inode)) {
        own.addInet(inode);
      }
      held.seen(inode, call.tid(), call.intArgument(0));
    }
    return result;
  }

  /**
   * Returns whether a server outside has the port, in IPv4 or IPv6: clients that know a name try
   * both, and could reach the wrong one.
   */
  private boolean taken(boolean tcp, int port) throws AccessException {
    try {
      for (String host : List.of("127.0.0.1", "::1")) {
        if (own.listener(tcp, InetAddress.getByName(host), port) == Listener.FOREIGN) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw SocketCalls.unknownPeer();
    }
  }

  /** Ties a socket of the sandbox to lo before it listens, so that it answers as the sandbox's. */
  void prepare(int fd) throws AccessException {
    if (!shared) {
      return;
    }
    if (!options.tiedToLoopback(fd)) {
      options.tieToLoopback(fd);
    }
    guard.mark(fd, options.get(fd, SO_DOMAIN) == AF_INET6);
    own.addInet(options.inode(fd, paths));
  }

  /** Sets SO_REUSEADDR where that is harmless. */
  void reuseAddress(SyscallNotification call) throws AccessException {
    int fd = child.descriptor(call.tid(), call.intArgument(0));
    try {
      if (call.intArgument(4) < OPTION_BYTES) {
        call.fail(Errno.EINVAL);
        return;
      }
      byte[] value = child.read(call.tid(), call.argument(3), OPTION_BYTES);
      if (!call.alive()) {
        return;
      }
      long domain = options.get(fd, SO_DOMAIN);
      boolean inet = domain == AF_INET || domain == AF_INET6;
      if (shared && inet && options.get(fd, SO_TYPE) != SOCK_STREAM) {
        call.result(0);
        return;
      }
      try (NativeBlock block = new NativeBlock(32)) {
        call.result(
            kernel.call(
                Syscall.SETSOCKOPT,
                fd,
                SOL_SOCKET,
                SO_REUSEADDR,
                block.bytes(value),
                OPTION_BYTES,
                0));
      }
    } finally {
      child.close(fd);
    }
  }
}
