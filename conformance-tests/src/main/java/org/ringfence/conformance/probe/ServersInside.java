package org.ringfence.conformance.probe;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Servers and clients inside the sandbox, with Java's usual sockets. */
final class ServersInside {
  private static final int PATIENCE_MILLIS = 5_000;

  private ServersInside() {}

  static long tcp(String host) throws java.io.IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName(host));
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      accepted.setSoTimeout(PATIENCE_MILLIS);
      client.getOutputStream().write(42);
      return accepted.getInputStream().read();
    } catch (java.net.SocketException e) {
      return -13;
    }
  }

  static long udp(String host) throws java.io.IOException {
    InetAddress address = InetAddress.getByName(host);
    try (DatagramSocket server = new DatagramSocket(0, address);
        DatagramSocket client = new DatagramSocket()) {
      server.setSoTimeout(PATIENCE_MILLIS);
      client.setSoTimeout(PATIENCE_MILLIS);
      byte[] data = {42};
      client.send(new DatagramPacket(data, 1, address, server.getLocalPort()));
      DatagramPacket got = new DatagramPacket(new byte[8], 8);
      server.receive(got);
      server.send(new DatagramPacket(data, 1, got.getSocketAddress()));
      client.receive(got);
      return got.getData()[0];
    } catch (java.net.SocketException e) {
      return -13;
    }
  }
}
