package org.ringfence.conformance.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.conformance.probe.NativeCalls;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the suite uses other servers on Windows")
class HostServersTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @TempDir private Path directory;

  /** A datagram can wait in the server's queue after its sender has ended. */
  @Test
  void everyEarlierContactIsCounted() throws Exception {
    assumeTrue(NativeCalls.LINUX, "only Linux counts unix datagrams");
    try (HostServers servers = HostServers.start(directory);
        DatagramChannel datagrams = DatagramChannel.open()) {
      for (int round = 1; round <= 50; round++) {
        long before = servers.contacts();
        datagrams.send(
            ByteBuffer.wrap(new byte[1]), new InetSocketAddress(LOOPBACK, servers.udp4Port()));
        SocketChannel.open(new InetSocketAddress(LOOPBACK, servers.tcp4Port())).close();
        SocketChannel.open(UnixDomainSocketAddress.of(servers.unixPath())).close();
        HostServers.sendTo(servers.unixDatagramPath(), new byte[] {1});
        assertThat(servers.contacts()).as("round " + round).isEqualTo(before + 4);
      }
    }
  }

  @Test
  void contactsOfTheSuiteItselfAreNotCounted() throws Exception {
    try (HostServers servers = HostServers.start(directory)) {
      assertThat(servers.contacts()).isZero();
      assertThat(servers.contacts()).isZero();
    }
  }
}
