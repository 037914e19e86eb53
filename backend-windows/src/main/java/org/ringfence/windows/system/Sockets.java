package org.ringfence.windows.system;

import java.net.InetAddress;

/** Sockets, with numeric errors: Java reports errors in words alone. */
public interface Sockets {
  /** {@code WSAEACCES}: a filter or a rule forbids it. */
  int FORBIDDEN = 10013;

  /**
   * Tries to reach an address: connects over TCP, or sends one datagram.
   *
   * @param tcp whether over TCP, otherwise over UDP
   * @param address the address
   * @param port the port
   * @return 0, or {@code WSAE*}; 10061 when no server listens
   * @throws WindowsCallException if no socket can be made
   */
  int reach(boolean tcp, InetAddress address, int port) throws WindowsCallException;

  /**
   * Tries to send an echo request ({@code IcmpSendEcho}).
   *
   * @param address an address of version 4
   * @return whether an answer came
   * @throws WindowsCallException if the system has no such call
   */
  boolean ping(InetAddress address) throws WindowsCallException;
}
