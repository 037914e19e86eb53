package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.AF_NETLINK;
import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.PeerAddress;
import org.ringfence.linux.socket.PrivilegedPorts;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.NetworkMode;

/** Binds sockets for sandboxed threads and makes them servers, on a copy of the caller's socket. */
final class ServerCalls {
  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final UnixBinds unix;
  private final NetlinkSockets netlink;
  private final OwnServers servers;
  private final ConnectedSockets connected;
  private final PrivilegedPorts privileged;
  private final boolean free;

  /**
   * Binds the sockets of one sandbox.
   *
   * @param setting the parts of its network
   * @param unix binds unix sockets
   * @param netlink binds netlink sockets
   * @param servers binds sockets of the internet families
   * @param connected which sockets are their callers' alone
   */
  ServerCalls(
      SandboxNetwork.Setting setting,
      UnixBinds unix,
      NetlinkSockets netlink,
      OwnServers servers,
      ConnectedSockets connected) {
    this.kernel = setting.kernel();
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.unix = unix;
    this.netlink = netlink;
    this.servers = servers;
    this.connected = connected;
    boolean ownNetwork = setting.supervision().ownNetwork();
    this.privileged = PrivilegedPorts.of(setting.root(), ownNetwork || setting.room() != null);
    this.free = setting.policy().mode() == NetworkMode.FULL || ownNetwork;
  }

  void bind(SyscallNotification call) throws AccessException {
    int fd = child.descriptor(call.tid(), call.intArgument(0));
    try {
      SocketAddress given = SocketAddress.read(child, call, 1);
      call.live();
      long domain = options.get(fd, SO_DOMAIN);
      if (domain == AF_UNIX) {
        call.result(unix.bind(call, fd, given));
        return;
      }
      if (domain == AF_NETLINK) {
        call.result(netlink.bind(call, fd, given));
        return;
      }
      if (domain != AF_INET && domain != AF_INET6) {
        call.result(given.passTo(kernel, Syscall.BIND, fd));
        return;
      }
      if (privileged.includes(given)) {
        // The caller lacks CAP_NET_BIND_SERVICE; this JVM may have it.
        call.fail(Errno.EACCES);
        return;
      }
      if (free) {
        call.result(given.passTo(kernel, Syscall.BIND, fd));
        return;
      }
      PeerAddress read = PeerAddress.ofBind(options.state(fd), given);
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

  void listen(SyscallNotification call) throws AccessException {
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
}
