package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_NETLINK;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Binds and addresses the netlink sockets of sandboxed threads, which ask the kernel for
 * interfaces, addresses and routes. The filter permits no other protocol, and the kernel changes
 * nothing for a thread without CAP_NET_ADMIN (net/core/rtnetlink.c, rtnetlink_rcv_msg). This class
 * decides the rest: a socket sends to the kernel alone, and on the host's network it joins no
 * group. The supervisor sends a message without its address, which names the kernel anyway: only so
 * the kernel also checks the creator of the socket, not this JVM alone (net/netlink/af_netlink.c,
 * __netlink_ns_capable).
 *
 * <p>Thread-safe.
 */
final class NetlinkSockets {
  // struct sockaddr_nl of linux/netlink.h: family, padding, port, groups.
  private static final int ADDRESS_BYTES = 12;
  private static final int PORT_AT = 4;
  private static final int GROUPS_AT = 8;

  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final boolean hosts;

  /**
   * Decides on netlink sockets.
   *
   * @param kernel the system calls
   * @param hosts whether a socket may join no group: the network is the host's, and not granted
   */
  NetlinkSockets(Kernel kernel, boolean hosts) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.hosts = hosts;
  }

  /** Binds the supervisor's copy of a socket and returns the call's result. */
  long bind(SyscallNotification call, int fd, SocketAddress given) throws AccessException {
    if (!isAddress(given)) {
      return -Errno.EINVAL.value();
    }
    if (hosts && field(given, GROUPS_AT) != 0) {
      return -Errno.EPERM.value();
    }
    if (field(given, PORT_AT) != 0) {
      return bind(fd, given.bytes());
    }
    if (port(fd) != 0) {
      return -Errno.EINVAL.value();
    }
    return bindAsCaller(call, fd, field(given, GROUPS_AT));
  }

  /**
   * Decides on an address that a socket connects or sends to.
   *
   * @return 0 if it may, or a negated error number
   */
  long refusal(SyscallNotification call, int fd, SocketAddress given) throws AccessException {
    if (given.family() == AF_NETLINK) {
      if (!isAddress(given)) {
        return -Errno.EINVAL.value();
      }
      if (field(given, PORT_AT) != 0 || field(given, GROUPS_AT) != 0) {
        // The error for a thread without capabilities; this JVM has them in the commands'
        // namespace.
        return -Errno.EPERM.value();
      }
    }
    if (port(fd) == 0) {
      bindAsCaller(call, fd, 0);
    }
    return 0;
  }

  /**
   * Binds with the caller's number; the kernel would take the number of the binding process, this
   * JVM.
   */
  private long bindAsCaller(SyscallNotification call, int fd, int groups) throws AccessException {
    int process = (int) child.innerNumber(child.processOf(call.tid()));
    long result = bind(fd, address(process, groups));
    return result == -Errno.EADDRINUSE.value() ? bind(fd, address(0, groups)) : result;
  }

  private static boolean isAddress(SocketAddress given) {
    return given.family() == AF_NETLINK && given.bytes().length >= ADDRESS_BYTES;
  }

  private int port(int fd) throws AccessException {
    SocketAddress name = options.boundName(fd);
    return isAddress(name) ? field(name, PORT_AT) : 0;
  }

  private static int field(SocketAddress address, int at) {
    return ByteBuffer.wrap(address.bytes()).order(ByteOrder.nativeOrder()).getInt(at);
  }

  private static byte[] address(int port, int groups) {
    return ByteBuffer.allocate(ADDRESS_BYTES)
        .order(ByteOrder.nativeOrder())
        .putShort((short) AF_NETLINK)
        .putInt(PORT_AT, port)
        .putInt(GROUPS_AT, groups)
        .array();
  }

  private long bind(int fd, byte[] address) {
    try (NativeBlock block = new NativeBlock(address.length + 32L)) {
      return kernel.call(Syscall.BIND, fd, block.bytes(address), address.length);
    }
  }
}
