package org.ringfence.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_DGRAM;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.OwnSockets.Listener;

/** Checks that the record of a sandbox's sockets is bounded, whatever commands do. */
class OwnSocketsTest {
  private static final int MANY = 100_000;
  private static final long NO_SOCKET = 1L << 40;

  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  private final OwnSockets own = new OwnSockets(kernel);

  @Test
  void closedSocketsAreForgottenAndOneWithAPortIsKept() throws Exception {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    long fd = kernel.call(Syscall.SOCKET, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    try (NativeBlock block = new NativeBlock(64)) {
      byte[] address = SocketAddress.inet(loopback, 0, AF_INET).bytes();
      assertThat(kernel.call(Syscall.BIND, fd, block.bytes(address), address.length)).isZero();
      int port = new SocketOptions(kernel).boundName((int) fd).port();
      assertThat(own.listener(false, loopback, port)).as("control").isEqualTo(Listener.FOREIGN);
      String link = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
      own.addInet(Long.parseLong(link.replaceAll("\\D", "")));
      assertThat(own.listener(false, loopback, port)).isEqualTo(Listener.OWN);
      for (long i = 0; i < MANY; i++) {
        own.addInet(NO_SOCKET + i);
      }
      assertThat(own.size()).isLessThan(MANY / 10);
      assertThat(own.listener(false, loopback, port)).isEqualTo(Listener.OWN);
      assertThat(own.hasInet(NO_SOCKET + MANY - 1)).as("the newest can still get a port").isTrue();
      assertThat(own.hasInet(NO_SOCKET)).isFalse();
    } finally {
      kernel.call(Syscall.CLOSE, fd);
    }
  }

  @Test
  void longPathsAreForgottenBeforeTheyFillTheHeap() {
    int tid = (int) ProcessHandle.current().pid();
    String top = "/" + "d".repeat(3700) + "/";
    for (int i = 0; i < 1000; i++) {
      own.addPath(tid, top + i, NO_SOCKET + i);
    }
    assertThat(own.pathCharacters()).isBetween(1L << 20, 2L << 20);
    own.moved(top.substring(0, top.length() - 1), "/short");
    assertThat(own.pathCharacters()).isLessThan(100_000);
    int kept = own.size();
    own.linked("/short/999", "/second");
    assertThat(own.size()).isEqualTo(kept + 1);
    own.removed("/short");
    own.removed("/second");
    assertThat(own.size()).isZero();
    assertThat(own.pathCharacters()).isZero();
  }
}
