package org.ringfence.conformance.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import jnr.constants.Constant;
import org.junit.jupiter.api.Test;

/** Compares the kernel numbers of both systems with those of another library. */
class KernelNumbersTest {
  private static Map<String, Integer> named(Constant... constants) {
    Map<String, Integer> numbers = new TreeMap<>();
    for (Constant constant : constants) {
      numbers.put(constant.name(), constant.intValue());
    }
    return numbers;
  }

  private static void assertMatches(
      KernelNumbers own, Constant[] errors, Constant[] flags, Constant[] others) {
    assertThat(named(errors)).containsAllEntriesOf(own.errors());
    assertThat(named(flags))
        .containsEntry("O_CREAT", own.create())
        .containsEntry("O_EXCL", own.exclusive())
        .containsEntry("O_TRUNC", own.truncate())
        .containsEntry("O_APPEND", own.append())
        .containsEntry("O_NONBLOCK", own.nonBlocking());
    assertThat(named(others))
        .containsEntry("AF_INET6", own.inet6())
        .containsEntry("SOL_SOCKET", own.solSocket());
  }

  @Test
  void linuxNumbersMatchItsHeaders() {
    assertMatches(
        KernelNumbers.LINUX,
        jnr.constants.platform.linux.Errno.values(),
        jnr.constants.platform.linux.OpenFlags.values(),
        new Constant[] {
          jnr.constants.platform.linux.AddressFamily.AF_INET6,
          jnr.constants.platform.linux.SocketLevel.SOL_SOCKET
        });
  }

  @Test
  void macosNumbersMatchItsHeaders() {
    assertMatches(
        KernelNumbers.MACOS,
        jnr.constants.platform.darwin.Errno.values(),
        jnr.constants.platform.darwin.OpenFlags.values(),
        new Constant[] {
          jnr.constants.platform.darwin.AddressFamily.AF_INET6,
          jnr.constants.platform.darwin.SocketLevel.SOL_SOCKET
        });
  }
}
