package org.ringfence.linux.launch;

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
 * Keeps a TCP socket that was allowed to connect to a server of the sandbox from being connected to
 * another. Servers of sandboxes answer with the largest hop limit, others with the system's; and
 * the client's socket takes no packet with less until it is connected (ip(7), IP_MINTTL). The
 * kernel looks at each packet, so it does not matter who listens on the port by then, nor how long
 * the connection was waiting. The command cannot set these minima: the seccomp filter refuses it.
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

  /** Has what a server's socket answers be taken by guarded clients. */
  void mark(int fd, boolean v6) {
    // A server of IPv6 answers clients of IPv4 as well.
    set(fd, IPPROTO_IP, IP_TTL, LARGEST);
    if (v6) {
      set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, LARGEST);
    }
  }

  /**
   * Guards a socket before it is connected, or ends that when it may be connected to others. One
   * that is on its way already stays as it is: the kernel goes on with the first way.
   *
   * @param own whether it may be connected to servers of sandboxes alone
   * @return 0, or a negated error number
   */
  synchronized long before(int fd, boolean own) {
    if (own) {
      used = true;
      long v4 = set(fd, IPPROTO_IP, IP_MINTTL, LARGEST);
      long v6 = set(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, LARGEST);
      // A socket of IPv4 has no options of IPv6.
      return v6 == -Errno.EOPNOTSUPP.value() || v6 == -Errno.ENOPROTOOPT.value() ? v4 : v4 | v6;
    }
    if (used && state(fd) == TCP_CLOSE) {
      open(fd);
    }
    return 0;
  }

  /** A socket that is connected stays so; resets of its connection come with any hop limit. */
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

  /** {@code tcpi_state}, the first byte of {@code struct tcp_info}. */
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
