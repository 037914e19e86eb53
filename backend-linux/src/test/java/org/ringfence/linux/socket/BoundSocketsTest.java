package org.ringfence.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;

class BoundSocketsTest {
  private final BoundSockets sockets = new BoundSockets(new Kernel(Arch.current().orElseThrow()));

  /** Compares the kernel's answers with its tables. */
  private void assertListeners(boolean tcp, String host, int port, int expected)
      throws IOException {
    InetAddress address = InetAddress.getByName(host);
    int count = 0;
    for (int family : new int[] {Constants.AF_INET, Constants.AF_INET6}) {
      boolean asksBoth = address.getAddress().length == 4 || family == Constants.AF_INET6;
      if (!asksBoth) {
        continue;
      }
      Optional<List<Long>> asked = sockets.ask(tcp, family, address, port);
      assumeTrue(asked.isPresent(), "this kernel has no sock_diag for inet sockets");
      assertThat(asked.get())
          .containsExactlyInAnyOrderElementsOf(BoundSockets.read(tcp, family, address, port));
      count += asked.get().size();
    }
    assertThat(count).isEqualTo(expected);
    assertThat(sockets.inodes(tcp, address, port)).hasSize(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 127.0.0.1, 1",
    "127.0.0.1, 127.0.0.2, 0",
    "127.0.0.1, ::1, 0",
    "::1, ::1, 1",
    "::1, 127.0.0.1, 0",
    "0.0.0.0, 127.0.0.9, 1",
    "::, ::1, 1",
    "::, 127.0.0.1, 1"
  })
  void listenersOfAnAddressAreFound(String at, String asked, int expected) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName(at));
        DatagramSocket datagrams = new DatagramSocket(0, InetAddress.getByName(at))) {

      assertListeners(true, asked, server.getLocalPort(), expected);
      assertListeners(false, asked, datagrams.getLocalPort(), expected);
    }
  }

  @Test
  void connectionsAreNotListeners() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      assertThat(accepted.isConnected()).isTrue();
      assertListeners(true, "127.0.0.1", server.getLocalPort(), 1);
      assertListeners(true, "127.0.0.1", client.getLocalPort(), 0);
    }
  }
}
