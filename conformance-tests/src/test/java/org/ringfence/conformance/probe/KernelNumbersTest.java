package org.ringfence.conformance.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import jnr.constants.Constant;
import org.junit.jupiter.api.Test;

/** The numbers of both systems, by what another library has read from their headers. */
class KernelNumbersTest {
  private static int number(Constant constant) {
    return constant.intValue();
  }

  @Test
  void thoseOfLinuxAreThoseOfItsHeaders() {
    Map<String, Integer> errors = new TreeMap<>();
    for (var error : jnr.constants.platform.linux.Errno.values()) {
      errors.put(error.name(), number(error));
    }
    assertThat(errors).containsAllEntriesOf(KernelNumbers.LINUX.errors());
    assertThat(KernelNumbers.LINUX)
        .usingRecursiveComparison()
        .comparingOnlyFields(
            "create", "exclusive", "truncate", "append", "nonBlocking", "inet6", "solSocket")
        .isEqualTo(
            new KernelNumbers(
                0,
                number(jnr.constants.platform.linux.OpenFlags.O_CREAT),
                number(jnr.constants.platform.linux.OpenFlags.O_EXCL),
                number(jnr.constants.platform.linux.OpenFlags.O_TRUNC),
                number(jnr.constants.platform.linux.OpenFlags.O_APPEND),
                number(jnr.constants.platform.linux.OpenFlags.O_NONBLOCK),
                0,
                0,
                number(jnr.constants.platform.linux.AddressFamily.AF_INET6),
                number(jnr.constants.platform.linux.SocketLevel.SOL_SOCKET),
                Map.of()));
  }

  @Test
  void thoseOfMacosAreThoseOfItsHeaders() {
    Map<String, Integer> errors = new TreeMap<>();
    for (var error : jnr.constants.platform.darwin.Errno.values()) {
      errors.put(error.name(), number(error));
    }
    assertThat(errors).containsAllEntriesOf(KernelNumbers.MACOS.errors());
    assertThat(KernelNumbers.MACOS)
        .usingRecursiveComparison()
        .comparingOnlyFields(
            "create", "exclusive", "truncate", "append", "nonBlocking", "inet6", "solSocket")
        .isEqualTo(
            new KernelNumbers(
                0,
                number(jnr.constants.platform.darwin.OpenFlags.O_CREAT),
                number(jnr.constants.platform.darwin.OpenFlags.O_EXCL),
                number(jnr.constants.platform.darwin.OpenFlags.O_TRUNC),
                number(jnr.constants.platform.darwin.OpenFlags.O_APPEND),
                number(jnr.constants.platform.darwin.OpenFlags.O_NONBLOCK),
                0,
                0,
                number(jnr.constants.platform.darwin.AddressFamily.AF_INET6),
                number(jnr.constants.platform.darwin.SocketLevel.SOL_SOCKET),
                Map.of()));
  }
}
