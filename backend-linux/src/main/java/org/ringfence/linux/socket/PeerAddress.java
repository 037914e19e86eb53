package org.ringfence.linux.socket;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.AF_UNSPEC;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.ringfence.linux.plan.Errno;

/**
 * The address that a call on an inet socket names, read as the kernel reads it for that socket
 * ({@code net/ipv4/tcp_ipv4.c}, {@code udp.c}, {@code datagram.c}, {@code af_inet.c} and their
 * counterparts in {@code net/ipv6}). The result has one meaning only, however the socket changes
 * before the address is used: the reader fills in a missing family and an unspecified address.
 */
public sealed interface PeerAddress {
  /** {@code sizeof(struct sockaddr_in)}. */
  int V4_BYTES = 16;

  /** {@code SIN6_LEN_RFC2133}: the scope may be missing. */
  int V6_BYTES = 24;

  /** {@code sizeof(sa_family_t)}. */
  int FAMILY_BYTES = 2;

  /** The address to decide on and to use. */
  record Named(SocketAddress address) implements PeerAddress {}

  /** No address counts: a message goes to the peer of the connection. */
  record Connected() implements PeerAddress {}

  /** The socket gives up its peer. */
  record Disconnect() implements PeerAddress {}

  /** The kernel refuses it. */
  record Malformed(Errno errno) implements PeerAddress {}

  /**
   * The state of an inet socket.
   *
   * @param v6 whether it is an IPv6 socket now: {@code IPV6_ADDRFORM} makes it an IPv4 one
   * @param stream whether it is a TCP socket
   * @param bound the address that it is bound to
   */
  record Socket(boolean v6, boolean stream, SocketAddress bound) {}

  /** Reads the address of {@code connect}. */
  static PeerAddress ofConnect(Socket socket, SocketAddress given) {
    int length = given.bytes().length;
    if (length < FAMILY_BYTES) {
      return new Malformed(Errno.EINVAL);
    }
    if (given.family() == AF_UNSPEC) {
      return new Disconnect();
    }
    boolean v4 = !socket.v6() || (!socket.stream() && given.family() == AF_INET);
    if (length < (v4 ? V4_BYTES : V6_BYTES)) {
      return new Malformed(Errno.EINVAL);
    }
    return given.family() == (v4 ? AF_INET : AF_INET6)
        ? named(socket, given)
        : new Malformed(Errno.EAFNOSUPPORT);
  }

  /** Reads the address of a message. */
  static PeerAddress ofMessage(Socket socket, SocketAddress given) {
    if (socket.stream()) {
      return new Connected();
    }
    int length = given.bytes().length;
    if (!socket.v6()) {
      // A family that the kernel treats as AF_INET becomes AF_INET here.
      return v4Message(socket, given, given.family() == AF_UNSPEC);
    }
    if (length < FAMILY_BYTES) {
      return new Malformed(Errno.EINVAL);
    }
    return switch (given.family()) {
      case AF_UNSPEC -> new Connected();
      case AF_INET -> v4Message(socket, given, false);
      case AF_INET6 ->
          length < V6_BYTES || given.port() == 0
              ? new Malformed(Errno.EINVAL)
              : named(socket, given);
      default -> new Malformed(Errno.EINVAL);
    };
  }

  private static PeerAddress v4Message(Socket socket, SocketAddress given, boolean unspecified) {
    if (given.bytes().length < V4_BYTES) {
      return new Malformed(Errno.EINVAL);
    }
    if (given.family() != AF_INET && !unspecified) {
      return new Malformed(Errno.EAFNOSUPPORT);
    }
    return given.port() == 0 ? new Malformed(Errno.EINVAL) : named(socket, given);
  }

  /** Reads the address of {@code bind}, where AF_UNSPEC means IPv4 if there is no address. */
  static PeerAddress ofBind(Socket socket, SocketAddress given) {
    if (given.bytes().length < (socket.v6() ? V6_BYTES : V4_BYTES)) {
      return new Malformed(Errno.EINVAL);
    }
    if (socket.v6()) {
      return given.family() == AF_INET6 ? new Named(given) : new Malformed(Errno.EAFNOSUPPORT);
    }
    InetAddress address = given.inetOf(AF_INET);
    return given.family() == AF_INET || (given.family() == AF_UNSPEC && address.isAnyLocalAddress())
        ? new Named(SocketAddress.inet(address, given.port(), AF_INET))
        : new Malformed(Errno.EAFNOSUPPORT);
  }

  private static PeerAddress named(Socket socket, SocketAddress given) {
    int family = given.family() == AF_INET6 ? AF_INET6 : AF_INET;
    InetAddress to = given.inetOf(family);
    InetAddress bound = socket.bound().isInet() ? socket.bound().inet() : any();
    if (to.isAnyLocalAddress()) {
      boolean fromV4 = bound instanceof Inet4Address;
      if (to instanceof Inet6Address) {
        // No address means this machine, in the protocol of the bound address.
        to = fromV4 && socket.v6() ? loopback(false) : loopback(true);
      } else {
        // A route without a target ends where it begins.
        to = fromV4 && !bound.isAnyLocalAddress() ? bound : loopback(false);
      }
    }
    return new Named(SocketAddress.inet(to, given.port(), family, given.scope()));
  }

  private static InetAddress any() {
    return address(new byte[16]);
  }

  private static InetAddress loopback(boolean v6) {
    byte[] bytes = v6 ? new byte[16] : new byte[] {127, 0, 0, 1};
    bytes[bytes.length - 1] = 1;
    return address(bytes);
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 or 16 bytes", e);
    }
  }
}
