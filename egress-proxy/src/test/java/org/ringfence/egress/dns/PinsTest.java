package org.ringfence.egress.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PinsTest {
  private static final long SECOND = 1_000_000_000L;
  private long now = Long.MAX_VALUE - 5;
  private final Pins pins = new Pins(() -> now);

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
    now += (Pins.FLOOR_SECONDS - 1) * SECOND;
    assertThat(pins.of(address("1.2.3.4"))).hasSize(1);
    now += SECOND;
    assertThat(pins.of(address("1.2.3.4"))).isEmpty();
  }

  @Test
  void pinLastsAtMostAsLongAsTheCap() {
    pins.pin("a.test", List.of(), address("1.2.3.4"), 1_000_000);
    now += (Pins.CAP_SECONDS - 1) * SECOND;
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
    assertThat(pins.of(address("1.2.3.4"))).extracting(Pins.Pin::name).contains("a.test", "b.test");
    now += 2 * SECOND;
    assertThat(pins.of(address("1.2.3.4"))).extracting(Pins.Pin::name).containsExactly("b.test");
  }
}
