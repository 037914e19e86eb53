package org.ringfence.kit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class KillTimerTest {
  @Test
  void threadStartsBeforeTheFirstTask() throws Exception {
    AtomicBoolean begun = new AtomicBoolean();
    try (KillTimer timer = new KillTimer()) {
      assertThat(Thread.getAllStackTraces().keySet())
          .anyMatch(thread -> thread.getName().equals("ringfence-timer"));
      timer.after(Duration.ofHours(1), () -> begun.set(true));
    }
    assertThat(begun).isFalse();
  }

  @Test
  void failingTaskDoesNotStopLaterTasks() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    AtomicBoolean dropped = new AtomicBoolean();
    try (KillTimer timer = new KillTimer()) {
      timer.after(Duration.ofMillis(20), () -> dropped.set(true)).run();
      timer.after(
          Duration.ofMillis(30),
          () -> {
            throw new IllegalStateException("of a test");
          });
      timer.after(Duration.ofMillis(40), done::countDown);
      assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(dropped).isFalse();
  }

  @Test
  void closedTimerRunsNoTask() {
    KillTimer timer = new KillTimer();
    timer.close();
    AtomicBoolean begun = new AtomicBoolean();
    timer.after(Duration.ZERO, () -> begun.set(true)).run();
    assertThat(begun).isFalse();
  }
}
