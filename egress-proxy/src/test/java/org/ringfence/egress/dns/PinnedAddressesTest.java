package org.ringfence.egress.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PinnedAddressesTest {
  private static final long SECOND = 1_000_000_000L;
  private long now = Long.MAX_VALUE - 5;
  private final PinnedAddresses pins = new PinnedAddresses(() -> now);

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void pinLastsAtLeastAsLongAsTheFloor() {
    pins.pin("a.test", List.of(), address("1.2.3.4"), 0);
    now += (PinnedAddresses.FLOOR_SECONDS - 1) * SECOND;
    assertThat(pins.of(address("1.2.3.4"))).hasSize(1);
    now += SECOND;
    assertThat(pins.of(address("1.2.3.4"))).isEmpty();
  }

  @Test
  void pinLastsAtMostAsLongAsTheCap() {
    pins.pin("a.test", List.of(), address("1.2.3.4"), 1_000_000);
    now += (PinnedAddresses.CAP_SECONDS - 1) * SECOND;
    assertThat(pins.of(address("1.2.3.4"))).hasSize(1);
    now += SECOND;
    assertThat(pins.of(address("1.2.3.4"))).isEmpty();
  }

  @Test
  void shorterAnswerDoesNotShortenAnExistingPin() {
    pins.pin("a.test", List.of(), address("1.2.3.4"), 600);
    pins.pin("a.test", List.of(), address("1.2.3.4"), 0);
    now += 599 * SECOND;
    assertThat(pins.of(address("1.2.3.4"))).hasSize(1);
    pins.pin("b.test", List.of("c.test"), address("1.2.3.4"), 0);
    assertThat(pins.of(address("1.2.3.4")))
        .extracting(PinnedAddresses.Pin::name)
        .contains("a.test", "b.test");
    now += 2 * SECOND;
    assertThat(pins.of(address("1.2.3.4")))
        .extracting(PinnedAddresses.Pin::name)
        .containsExactly("b.test");
  }
}
