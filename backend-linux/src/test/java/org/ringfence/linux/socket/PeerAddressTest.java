package org.ringfence.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.linux.socket.PeerAddress.Connected;
import org.ringfence.linux.socket.PeerAddress.Disconnect;
import org.ringfence.linux.socket.PeerAddress.Malformed;
import org.ringfence.linux.socket.PeerAddress.Named;

class PeerAddressTest {
  private static SocketAddress given(String host, int family, int length)
      throws UnknownHostException {
    InetAddress address = InetAddress.getByName(host);
    boolean v6 = host.indexOf(':') >= 0;
    byte[] bytes =
        Arrays.copyOf(
            SocketAddress.inet(address, 5599, v6 ? AF_INET6 : AF_INET).bytes(),
            Math.max(length, 2));
    bytes[0] = (byte) family;
    return new SocketAddress(Arrays.copyOf(bytes, length));
  }

  private static String describe(PeerAddress read) {
    return read instanceof Named named
        ? named.address().family() + " " + named.address().display()
        : read instanceof Malformed malformed
            ? malformed.errno().name()
            : read instanceof Connected ? "connected" : "disconnect";
  }

  /** Returns a socket; an IPv6 address makes it an IPv6 socket. */
  private static PeerAddress.Socket socket(String bound, boolean stream)
      throws UnknownHostException {
    boolean v6 = bound.indexOf(':') >= 0;
    return new PeerAddress.Socket(
        v6, stream, SocketAddress.inet(InetAddress.getByName(bound), 0, v6 ? AF_INET6 : AF_INET));
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 127.0.0.1, 0, 16, 2 127.0.0.1:5599",
    "0.0.0.0, 127.0.0.1, 2, 128, 2 127.0.0.1:5599",
    "0.0.0.0, 127.0.0.1, 0, 15, EINVAL",
    "0.0.0.0, 127.0.0.1, 1, 16, EAFNOSUPPORT",
    "0.0.0.0, ::1, 10, 28, EAFNOSUPPORT",
    "0.0.0.0, 127.0.0.1, 2, 0, EINVAL",
    "0.0.0.0, 0.0.0.0, 0, 16, 2 127.0.0.1:5599",
    "192.0.2.9, 0.0.0.0, 2, 16, 2 192.0.2.9:5599",
    "::, ::1, 0, 28, connected",
    "::, ::1, 0, 2, connected",
    "::, ::1, 10, 1, EINVAL",
    "::, ::1, 10, 23, EINVAL",
    "::, ::1, 10, 24, 10 [0:0:0:0:0:0:0:1]:5599",
    "::, ::1, 16, 28, EINVAL",
    "::, 127.0.0.1, 2, 16, 2 127.0.0.1:5599",
    "::, 127.0.0.1, 2, 15, EINVAL",
    "::, ::, 10, 28, 10 [0:0:0:0:0:0:0:1]:5599",
    "::, ::ffff:192.0.2.1, 10, 28, 10 192.0.2.1:5599",
    "::ffff:127.0.0.1, ::, 10, 28, 10 127.0.0.1:5599",
    "::ffff:192.0.2.9, ::ffff:0.0.0.0, 10, 28, 10 192.0.2.9:5599",
    "::1, 0.0.0.0, 2, 16, 2 127.0.0.1:5599"
  })
  void messageAddressIsReadLikeTheKernel(
      String bound, String host, int family, int length, String expected)
      throws UnknownHostException {
    assertThat(describe(PeerAddress.ofMessage(socket(bound, false), given(host, family, length))))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, false, 127.0.0.1, 0, 2, disconnect",
    "0.0.0.0, false, 127.0.0.1, 0, 16, disconnect",
    "0.0.0.0, false, 127.0.0.1, 0, 1, EINVAL",
    "0.0.0.0, true, 127.0.0.1, 2, 15, EINVAL",
    "0.0.0.0, true, ::1, 10, 28, EAFNOSUPPORT",
    "0.0.0.0, true, 0.0.0.0, 2, 16, 2 127.0.0.1:5599",
    "127.0.0.5, true, 0.0.0.0, 2, 16, 2 127.0.0.5:5599",
    "::, true, 127.0.0.1, 2, 16, EINVAL",
    "::, true, 127.0.0.1, 2, 28, EAFNOSUPPORT",
    "::, false, 127.0.0.1, 2, 16, 2 127.0.0.1:5599",
    "::, true, ::, 10, 24, 10 [0:0:0:0:0:0:0:1]:5599",
    "::ffff:127.0.0.1, true, ::, 10, 28, 10 127.0.0.1:5599"
  })
  void connectAddressIsReadLikeTheKernel(
      String bound, boolean stream, String host, int family, int length, String expected)
      throws UnknownHostException {
    assertThat(describe(PeerAddress.ofConnect(socket(bound, stream), given(host, family, length))))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 0.0.0.0, 0, 16, 2 0.0.0.0:5599",
    "0.0.0.0, 127.0.0.1, 0, 16, EAFNOSUPPORT",
    "0.0.0.0, 127.0.0.1, 2, 16, 2 127.0.0.1:5599",
    "::, ::, 0, 28, EAFNOSUPPORT",
    "::, ::, 10, 23, EINVAL",
    "::, ::, 10, 24, 10 [0:0:0:0:0:0:0:0]:5599"
  })
  void bindAddressIsReadLikeTheKernel(
      String bound, String host, int family, int length, String expected)
      throws UnknownHostException {
    assertThat(describe(PeerAddress.ofBind(socket(bound, false), given(host, family, length))))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "2, 16", "10, 28"})
  void messageOnAStreamIgnoresItsAddress(int family, int length) throws UnknownHostException {
    assertThat(PeerAddress.ofMessage(socket("::", true), given("::1", family, length)))
        .isInstanceOf(Connected.class);
    assertThat(PeerAddress.ofConnect(socket("::", true), given("::1", 0, 28)))
        .isInstanceOf(Disconnect.class);
  }
}
