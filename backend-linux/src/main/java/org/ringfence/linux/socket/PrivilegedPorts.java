package org.ringfence.linux.socket;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Ports that need CAP_NET_BIND_SERVICE. Commands lack it; the process that binds for them may have
 * it: a JVM of root, and the maker of a network namespace in it.
 *
 * @param applies whether the kernel would require less of this JVM than of the caller
 * @param firstFree the first port that needs no privilege
 */
public record PrivilegedPorts(boolean applies, int firstFree) {
  // include/net/sock.h, PROT_SOCK; a new network namespace starts with it.
  private static final int PROT_SOCK = 1024;

  public static PrivilegedPorts of(boolean root, boolean ownNetwork) {
    Path file = Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    int firstFree = PROT_SOCK;
    try {
      firstFree = ownNetwork ? PROT_SOCK : Integer.parseInt(Files.readString(file).strip());
    } catch (IOException | NumberFormatException e) {
      firstFree = PROT_SOCK;
    }
    return new PrivilegedPorts(root || ownNetwork, firstFree);
  }

  /**
   * Returns whether an address has such a port; family 0 keeps it in the same place
   * (net/ipv4/af_inet.c, __inet_bind).
   */
  public boolean includes(SocketAddress address) {
    return applies
        && address.bytes().length >= 4
        && address.port() > 0
        && address.port() < firstFree;
  }
}
