package org.ringfence.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_DGRAM;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.probe.BubblewrapProbe;
import org.ringfence.linux.task.TargetMemory.AccessException;

/** Tests sockets of another network namespace than this JVM's. */
class SocketRoomTest {
  private static final InetAddress LOOPBACK = SocketRoom.loopback(AF_INET);

  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  private final Descriptors descriptors = new Descriptors(kernel);
  private final SocketOptions options = new SocketOptions(kernel);
  private BubblewrapProbe.Found found;
  private String shell;

  @BeforeEach
  void assumeBubblewrap() {
    found = BubblewrapProbe.probe();
    assumeTrue(found.availability().usable(), "bubblewrap cannot be used here");
    var own = BubblewrapProbe.ownLoopback(kernel, found.features());
    assumeTrue(own.shell().isPresent(), own::problem);
    shell = own.shell().get();
  }

  private SocketRoom room() throws Exception {
    return new SocketRoom(kernel, found.features().path(), shell);
  }

  private long call(Syscall syscall, int fd, SocketAddress address) {
    try (NativeBlock block = new NativeBlock(256)) {
      return kernel.call(syscall, fd, block.bytes(address.bytes()), address.bytes().length);
    }
  }

  private static SocketAddress at(int port) {
    return SocketAddress.inet(LOOPBACK, port, AF_INET);
  }

  @Test
  void portsAreSeparateFromTheHosts() throws Exception {
    try (SocketRoom room = room();
        ServerSocket tcp = new ServerSocket(0, 1, LOOPBACK);
        DatagramSocket udp = new DatagramSocket(0, LOOPBACK)) {
      assertThat(room.taken(true, LOOPBACK, tcp.getLocalPort())).isFalse();
      assertThat(room.taken(false, LOOPBACK, udp.getLocalPort())).isFalse();
      int mine = room.socket(AF_INET, SOCK_STREAM);
      assertThat(call(Syscall.BIND, mine, at(tcp.getLocalPort()))).isZero();
      assertThat(room.taken(true, LOOPBACK, tcp.getLocalPort())).isTrue();
      int client = room.socket(AF_INET, SOCK_STREAM);
      // The socket is bound and does not listen: the host's server does not exist in the namespace.
      assertThat(call(Syscall.CONNECT, client, at(tcp.getLocalPort()))).isNegative();
      int outside = (int) kernel.call(Syscall.SOCKET, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      assertThat(call(Syscall.CONNECT, outside, at(tcp.getLocalPort()))).isZero();
      List.of(mine, client, outside).forEach(descriptors::close);
    }
  }

  @Test
  void socketsAreUnboundAndUsable() throws Exception {
    try (SocketRoom room = room()) {
      List<Integer> sockets = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        sockets.add(room.socket(AF_INET, SOCK_STREAM));
        sockets.add(room.socket(AF_INET, SOCK_DGRAM));
      }
      for (int fd : sockets) {
        assertThat(options.boundName(fd))
            .satisfies(name -> assertThat(name.bytes()).isEqualTo(at(0, new byte[4]).bytes()));
      }
      int server = sockets.get(0);
      assertThat(call(Syscall.BIND, server, at(0))).isZero();
      assertThat(kernel.call(Syscall.LISTEN, server, 1)).isZero();
      int port = options.boundName(server).port();
      assertThat(call(Syscall.CONNECT, sockets.get(2), at(port))).isZero();
      sockets.forEach(descriptors::close);
    }
  }

  private static SocketAddress at(int port, byte[] address) throws Exception {
    return SocketAddress.inet(InetAddress.getByAddress(address), port, AF_INET);
  }

  @Test
  void closeEndsTheHelperProcess() throws Exception {
    List<ProcessHandle> before = ProcessHandle.current().children().toList();
    SocketRoom room = room();
    List<ProcessHandle> helper =
        ProcessHandle.current().children().filter(each -> !before.contains(each)).toList();
    assertThat(helper).isNotEmpty();
    room.close();
    assertThat(helper).noneMatch(ProcessHandle::isAlive);
    assertThatThrownBy(() -> room.socket(AF_INET, SOCK_STREAM)).isInstanceOf(AccessException.class);
  }
}
