package org.ringfence.linux.plan;

import static org.ringfence.linux.plan.SyscallRule.Test.equal;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.linux.plan.SyscallRule.Clause;

/** The rules for options of sockets whose addresses the supervisor decides on. Pure. */
final class SocketOptionRules {
  // asm-generic/socket.h
  private static final int SOL_SOCKET = 1;
  private static final int SO_REUSEADDR = 2;
  private static final int SO_REUSEPORT = 15;
  private static final int SO_PEERCRED = 17;
  private static final int SO_ZEROCOPY = 60;
  private static final int SO_PASSPIDFD = 76;
  private static final int SO_PEERPIDFD = 77;
  // linux/netlink.h
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_ADD_MEMBERSHIP = 1;
  // linux/tcp.h
  private static final int IPPROTO_TCP = 6;
  private static final int TCP_FASTOPEN_CONNECT = 30;
  private static final int TCP_ULP = 31;
  // They report the peer of a socket (linux/in.h, linux/in6.h).
  private static final int IP_MINTTL = 21;
  private static final int IPV6_MINHOPCOUNT = 73;
  // linux/in.h: IP_OPTIONS routes through hosts that the supervisor did not check; joining a group
  // (IP_ADD_MEMBERSHIP, IP_ADD_SOURCE_MEMBERSHIP, MCAST_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP) is
  // announced to the network, through any device.
  private static final int IPPROTO_IP = 0;
  private static final List<Integer> STEERING_IP = List.of(4, 35, 39, 42, 46);
  // linux/in6.h: IPV6_2292RTHDR, _2292PKTOPTIONS, ADD_MEMBERSHIP, JOIN_ANYCAST,
  // the MCAST_JOIN pair, PKTINFO, HOPOPTS, RTHDRDSTOPTS, RTHDR, DSTOPTS.
  private static final int IPPROTO_IPV6 = 41;
  private static final List<Integer> STEERING_IPV6 =
      List.of(5, 6, 20, 27, 42, 46, 50, 54, 55, 57, 59);

  private static final Verdict ALLOW = new Verdict.Allow();
  private static final Verdict NOTIFY = new Verdict.Notify();
  private static final Verdict EPERM = new Verdict.Deny(Errno.EPERM);
  private static final Verdict NO_OPTION = new Verdict.Deny(Errno.ENOPROTOOPT);
  private static final Verdict NOT_SUPPORTED = new Verdict.Deny(Errno.EOPNOTSUPP);

  private SocketOptionRules() {}

  /**
   * Returns the rules for options that make a connection, that change a destination after the
   * decision, or that give another process's number for the caller's.
   *
   * @param inetFree whether packets of inet sockets need no control
   * @param netlinkFree whether the kernel's reports on the network need none
   * @param unixSeen whether this JVM sees the unix sockets that it connects for commands
   */
  static List<SyscallRule> of(boolean inetFree, boolean netlinkFree, boolean unixSeen) {
    List<Clause> clauses = new ArrayList<>();
    clauses.add(when(NOT_SUPPORTED, IPPROTO_TCP, TCP_FASTOPEN_CONNECT));
    // The device must not read data from this JVM's copy later.
    clauses.add(when(NOT_SUPPORTED, SOL_SOCKET, SO_ZEROCOPY));
    // A descriptor of the sending process would be one of this JVM.
    clauses.add(when(NO_OPTION, SOL_SOCKET, SO_PASSPIDFD));
    if (!netlinkFree) {
      clauses.add(when(EPERM, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP));
    }
    if (!inetFree) {
      clauses.add(when(NOT_SUPPORTED, IPPROTO_TCP, TCP_ULP));
      // No port is shared with a server outside.
      clauses.add(when(NO_OPTION, SOL_SOCKET, SO_REUSEPORT));
      clauses.add(when(NOTIFY, SOL_SOCKET, SO_REUSEADDR));
      clauses.add(when(EPERM, IPPROTO_IP, IP_MINTTL));
      clauses.add(when(EPERM, IPPROTO_IPV6, IPV6_MINHOPCOUNT));
      STEERING_IP.forEach(option -> clauses.add(when(EPERM, IPPROTO_IP, option)));
      STEERING_IPV6.forEach(option -> clauses.add(when(EPERM, IPPROTO_IPV6, option)));
    }
    List<Clause> asked = new ArrayList<>();
    asked.add(when(NO_OPTION, SOL_SOCKET, SO_PEERPIDFD));
    if (unixSeen) {
      asked.add(when(NOTIFY, SOL_SOCKET, SO_PEERCRED));
    }
    return List.of(
        new SyscallRule(Syscall.SETSOCKOPT, clauses, ALLOW),
        new SyscallRule(Syscall.GETSOCKOPT, asked, ALLOW));
  }

  private static Clause when(Verdict verdict, int level, int option) {
    return new Clause(List.of(equal(1, level), equal(2, option)), verdict);
  }
}
