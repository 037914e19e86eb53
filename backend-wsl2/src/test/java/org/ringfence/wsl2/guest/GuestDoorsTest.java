package org.ringfence.wsl2.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.ringfence.SandboxException;

/** A trial of doors whose drive does not answer. */
class GuestDoorsTest {
  @Test
  void trialThatDoesNotEndRefusesTheSandbox() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                GuestDoors.within(
                    Duration.ofMillis(1),
                    () -> {
                      try {
                        new CountDownLatch(1).await();
                      } finally {
                        interrupted.countDown();
                      }
                      return null;
                    }))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("cannot be tried from inside: the trial takes more than");
    assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void refusalOfATrialIsTheCallersToo() throws Exception {
    GuestDoors.within(Duration.ofMinutes(1), () -> null);
    IOException refusal = new IOException("open");
    assertThatThrownBy(
            () ->
                GuestDoors.within(
                    Duration.ofMinutes(1),
                    () -> {
                      throw refusal;
                    }))
        .isSameAs(refusal);
  }
}
