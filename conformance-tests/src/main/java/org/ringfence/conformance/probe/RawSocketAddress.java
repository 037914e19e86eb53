package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;

/** Socket addresses in the format of system calls. */
public final class RawSocketAddress {
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;

  private RawSocketAddress() {}

  /** BSD systems have a byte for the length, and one for the family. */
  private static Memory of(int family, int bytes) {
    Memory address = NativeCalls.memory(bytes);
    if (NativeCalls.LINUX) {
      address.setShort(0, (short) family);
    } else {
      address.setByte(0, (byte) bytes);
      address.setByte(1, (byte) family);
    }
    return address;
  }

  /**
   * Returns the address of a unix socket.
   *
   * @param path the path; behind a NUL it is an abstract name, which Linux alone has
   * @return the address
   */
  public static Memory unix(String path) {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    boolean isAbstract = path.startsWith("\0");
    if (isAbstract) {
      NativeCalls.onlyLinux("abstract names of sockets");
    }
    Memory address = of(AF_UNIX, 2 + bytes.length + (isAbstract ? 0 : 1));
    address.write(2, bytes, 0, bytes.length);
    return address;
  }

  static int family(String host) {
    return host.indexOf(':') >= 0 ? KernelNumbers.here().inet6() : AF_INET;
  }

  static Memory inet(String host, int port) throws UnknownHostException {
    byte[] raw = InetAddress.getByName(host).getAddress();
    boolean v6 = family(host) != AF_INET;
    Memory address = of(family(host), v6 ? 28 : 16);
    address.setByte(2, (byte) (port >> 8));
    address.setByte(3, (byte) port);
    // For an address mapped into IPv6, Java returns the IPv4 address alone.
    boolean mapped = v6 && raw.length == 4;
    if (mapped) {
      address.setShort(18, (short) -1);
    }
    address.write(mapped ? 20 : v6 ? 8 : 4, raw, 0, raw.length);
    return address;
  }
}
