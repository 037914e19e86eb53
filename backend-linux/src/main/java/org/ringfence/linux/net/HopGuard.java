package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.IPPROTO_IP;
import static org.ringfence.linux.bind.Constants.IPPROTO_IPV6;
import static org.ringfence.linux.bind.Constants.IPPROTO_TCP;
import static org.ringfence.linux.bind.Constants.IPV6_MINHOPCOUNT;
import static org.ringfence.linux.bind.Constants.IPV6_UNICAST_HOPS;
import static org.ringfence.linux.bind.Constants.IP_MINTTL;
import static org.ringfence.linux.bind.Constants.IP_TTL;
import static org.ringfence.linux.bind.Constants.TCP_INFO;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * Prevents a TCP socket with permission for a server of the sandbox from connecting to another.
 * Servers of sandboxes answer with the largest hop limit, others with the system's; and the
 * client's socket takes no packet with less until it is connected (ip(7), IP_MINTTL). The kernel
 * looks at each packet, so neither a later listener on the port nor the wait of the connection
 * matters. The command cannot set these minima: the seccomp filter refuses it.
 */
final class HopGuard {
  private static final int LARGEST = 255;
  // include/net/tcp_states.h
  private static final int TCP_SYN_SENT = 2;
  private static final int TCP_CLOSE = 7;

  private final Kernel kernel;
  private boolean used;

  HopGuard(Kernel kernel) {
    this.kernel = kernel;
  }

  /** Makes guarded clients accept the answers of a server's socket. */
  void mark(int fd, boolean v6) {
    // An IPv6 server answers IPv4 clients as well.
    set(fd, IPPROTO_IP, IP_TTL, LARGEST);
    if (v6) {
      set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, LARGEST);
    }
  }

  /**
   * Guards a socket before it connects, or ends that when it may connect to others. A socket that
   * is already connecting stays as it is: the kernel continues the first attempt.
   *
   * @param own whether it may connect to servers of sandboxes alone
   * @return 0, or a negated error number
   */
  synchronized long before(int fd, boolean own) {
    if (own) {
      used = true;
      long v4 = set(fd, IPPROTO_IP, IP_MINTTL, LARGEST);
      long v6 = set(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, LARGEST);
      // An IPv4 socket has no IPv6 options.
      return v6 == -Errno.EOPNOTSUPP.value() || v6 == -Errno.ENOPROTOOPT.value() ? v4 : v4 | v6;
    }
    if (used && state(fd) == TCP_CLOSE) {
      open(fd);
    }
    return 0;
  }

  /**
   * Ends the guard of a connected socket, which stays connected; resets of its connection come with
   * any hop limit.
   */
  synchronized void after(int fd) {
    int state = state(fd);
    if (state != TCP_SYN_SENT && state != TCP_CLOSE) {
      open(fd);
    }
  }

  private void open(int fd) {
    set(fd, IPPROTO_IP, IP_MINTTL, 0);
    set(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 0);
  }

  private long set(int fd, int level, int option, int number) {
    try (NativeBlock block = new NativeBlock(32)) {
      long value = block.allocate(8);
      block.setInt(value, number);
      return kernel.call(Syscall.SETSOCKOPT, fd, level, option, value, 4, 0);
    }
  }

  /** Returns {@code tcpi_state}, the first byte of {@code struct tcp_info}. */
  private int state(int fd) {
    try (NativeBlock block = new NativeBlock(64)) {
      long value = block.allocate(8);
      long length = block.allocate(8);
      block.setInt(length, 8);
      long result = kernel.call(Syscall.GETSOCKOPT, fd, IPPROTO_TCP, TCP_INFO, value, length, 0);
      return result < 0 ? TCP_SYN_SENT : (int) (block.getLong(value) & 0xff);
    }
  }
}
