package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/** Queries to the kernel about the network, and changes in the same way. */
final class NetlinkOperations {
  // linux/socket.h, linux/netlink.h, linux/rtnetlink.h
  private static final int AF_NETLINK = 16;
  private static final int RAW = 3;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_ADD_MEMBERSHIP = 1;
  private static final int RTNLGRP_LINK = 1;
  private static final short NLMSG_ERROR = 2;
  private static final short RTM_NEWLINK = 16;
  private static final short RTM_GETADDR = 22;
  private static final short RTM_NEWADDR = 20;
  private static final short REQUEST = 1;
  private static final short ACKNOWLEDGE = 4;
  private static final short DUMP = 0x300;
  private static final int HEADER = 16;
  private static final int LINK_BYTES = 16;
  private static final int ADDRESS_BYTES = 8;
  private static final int IFF_UP = 1;
  private static final int ANSWER = 65536;
  private static final int OTHER_PORT = 1;
  private static final int EPROTO = -71;

  private NetlinkOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("netlink", a -> NativeCalls.call("socket", family(), RAW, Integer.parseInt(a[0])));
    all.put("interfaces", a -> NativeCalls.call("getifaddrs", NativeCalls.memory(8)));
    all.put("netlink-query", NetlinkOperations::query);
    all.put("netlink-change", NetlinkOperations::change);
    all.put("netlink-group", a -> bind(open(), 0, 1));
    all.put("netlink-membership", a -> join(open()));
    all.put("netlink-peer", a -> send("sendto", open(), query(), OTHER_PORT, 0));
    all.put("netlink-peer-group", a -> send("sendto", open(), query(), 0, 1));
    all.put("netlink-peer-message", a -> send("sendmmsg", open(), query(), OTHER_PORT, 0));
    all.put(
        "netlink-peer-connect",
        a -> NativeCalls.call("connect", open(), address(OTHER_PORT, 0), 12));
    all.put("netlink-name", NetlinkOperations::name);
  }

  private static int family() {
    NativeCalls.onlyLinux("netlink");
    return AF_NETLINK;
  }

  private static int open() {
    int fd = (int) NativeCalls.call("socket", family(), RAW, 0);
    if (fd < 0) {
      throw new AbsentException("netlink");
    }
    return fd;
  }

  private static Memory address(int port, int groups) {
    Memory address = NativeCalls.memory(12);
    address.setShort(0, (short) AF_NETLINK);
    address.setInt(4, port);
    address.setInt(8, groups);
    return address;
  }

  private static long bind(int fd, int port, int groups) {
    return NativeCalls.call("bind", fd, address(port, groups), 12);
  }

  private static long join(int fd) {
    Memory group = NativeCalls.memory(4);
    group.setInt(0, RTNLGRP_LINK);
    return NativeCalls.call("setsockopt", fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group, 4);
  }

  private static Memory message(int body, short type, short flags) {
    Memory message = NativeCalls.memory(HEADER + body);
    message.setInt(0, HEADER + body);
    message.setShort(4, type);
    message.setShort(6, (short) (flags | REQUEST));
    message.setInt(8, 1);
    return message;
  }

  private static Memory query() {
    return message(ADDRESS_BYTES, RTM_GETADDR, DUMP);
  }

  private static long send(String way, int fd, Memory message, int port, int groups) {
    Memory to = address(port, groups);
    Memory vector = NativeCalls.memory(16);
    vector.setPointer(0, message);
    vector.setLong(8, message.size());
    Memory header = NativeCalls.memory(64);
    header.setPointer(0, to);
    header.setInt(8, 12);
    header.setPointer(16, vector);
    header.setLong(24, 1);
    return switch (way) {
      case "write" -> NativeCalls.call("write", fd, message, message.size());
      case "send" -> NativeCalls.call("send", fd, message, message.size(), 0);
      case "sendto" -> NativeCalls.call("sendto", fd, message, message.size(), 0, to, 12);
      case "sendmsg" -> NativeCalls.call("sendmsg", fd, header, 0);
      case "sendmmsg" -> NativeCalls.call("sendmmsg", fd, header, 1, 0);
      default -> throw new IllegalArgumentException(way);
    };
  }

  /** Returns the type of the first answer; for an error the error. */
  private static long answer(int fd) {
    Memory answer = NativeCalls.memory(ANSWER);
    long length = NativeCalls.call("recv", fd, answer, (long) ANSWER, 0);
    if (length < HEADER + 4) {
      return length < 0 ? length : EPROTO;
    }
    short type = answer.getShort(4);
    return type == NLMSG_ERROR ? answer.getInt(HEADER) : type;
  }

  /** Queries addresses, with a given way of sending. */
  private static long query(String[] a) {
    int fd = open();
    long sent = send(a[0], fd, query(), 0, 0);
    if (sent < 0) {
      return sent;
    }
    long type = answer(fd);
    return type < 0 ? type : type == RTM_NEWADDR ? 0 : EPROTO;
  }

  /** Sets lo up, as it is already. */
  private static long change(String[] a) {
    int fd = open();
    Memory message = message(LINK_BYTES, RTM_NEWLINK, ACKNOWLEDGE);
    // struct ifinfomsg: family, type, index, flags, mask of the flags that change.
    message.setInt(HEADER + 4, 1);
    message.setInt(HEADER + 8, IFF_UP);
    message.setInt(HEADER + 12, IFF_UP);
    long sent = send(a[0], fd, message, 0, 0);
    return sent < 0 ? sent : answer(fd);
  }

  /** Checks that the kernel names a socket after its process. */
  private static long name(String[] a) {
    int fd = open();
    long sent = a[0].equals("bind") ? bind(fd, 0, 0) : send(a[0], fd, query(), 0, 0);
    Memory name = NativeCalls.memory(12);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 12);
    long named = NativeCalls.call("getsockname", fd, name, (Pointer) length);
    if (sent < 0 || named < 0) {
      return Math.min(sent, named);
    }
    return name.getInt(4) == (int) NativeCalls.call("getpid") ? 0 : EPROTO;
  }
}
