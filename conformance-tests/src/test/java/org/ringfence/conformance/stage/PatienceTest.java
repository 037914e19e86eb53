package org.ringfence.conformance.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PatienceTest {
  private final AtomicInteger controls = new AtomicInteger();

  private Patience patience(Duration control) {
    return new Patience(
        Duration.ofMillis(1),
        3,
        () -> {
          controls.incrementAndGet();
          Thread.sleep(control.toMillis());
        });
  }

  @Test
  void fulfilledConditionNeedsNoControl() throws Exception {
    assertThat(patience(Duration.ZERO).until(() -> true)).isTrue();
    assertThat(controls).hasValue(0);
  }

  @Test
  void unfulfilledConditionFailsAfterTheControl() throws Exception {
    assertThat(patience(Duration.ZERO).until(() -> false)).isFalse();
    assertThat(controls).hasPositiveValue();
  }

  /**
   * The minimum wait ends long before the control does, and the condition is fulfilled after that.
   */
  @Test
  void waitContinuesWhileTheControlIsSlow() throws Exception {
    assertThat(patience(Duration.ofMillis(20)).until(() -> controls.get() > 0)).isTrue();
  }

  @Test
  void untilEndedWaitsForTheEndOfAProcess() throws Exception {
    Process process = new ProcessBuilder("cat").start();
    assertThat(patience(Duration.ZERO).untilEnded(process)).isFalse();
    process.getOutputStream().close();
    assertThat(Patience.forProcesses(Duration.ofSeconds(30)).untilEnded(process)).isTrue();
  }
}
