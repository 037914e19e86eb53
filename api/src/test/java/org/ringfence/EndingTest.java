package org.ringfence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.policy.SandboxPolicy;

/** Distinguishes a reached limit from a signal that the command sends itself. */
class EndingTest {
  private static final int SIGXCPU = 24;

  private static Ending ending(int signal, Optional<Duration> used) {
    return Ending.of(
        new Termination(Termination.Cause.SIGNALED, 128 + signal, signal),
        SandboxPolicy.builder().cpuTime(Duration.ofSeconds(10)).build().limits(),
        new Usage(used, OptionalLong.empty(), Duration.ofSeconds(20)));
  }

  @ParameterizedTest
  @CsvSource({"9, 10, true", "9, 1, false", "24, 10, true", "24, 1, false", "24, 0, false"})
  void signalOfTheProcessorLimitCountsOnceTheLimitIsUsedUp(int signal, int used, boolean limit) {
    assertThat(ending(signal, Optional.of(Duration.ofSeconds(used))))
        .isEqualTo(
            limit ? new Ending.LimitReached(Ending.Limit.CPU_TIME) : new Ending.Signaled(signal));
  }

  @Test
  void eachEndingIsSaidInEnglish() {
    assertThat(
            Stream.of(
                    new Ending.Exited(3),
                    new Ending.Signaled(9),
                    new Ending.LimitReached(Ending.Limit.OUTPUT),
                    new Ending.TimedOut(Duration.ofSeconds(2)),
                    new Ending.Cancelled())
                .map(Ending::describe))
        .containsExactly(
            "exit code 3",
            "ended by signal 9",
            "ended: it reached the limit OUTPUT of the policy",
            "ended: its time was up, 2 s",
            "ended: its caller destroyed it or closed the sandbox");
  }

  @Test
  void signalDecidesWhereTheUsageIsUnknown() {
    assertThat(ending(SIGXCPU, Optional.empty()))
        .isEqualTo(new Ending.LimitReached(Ending.Limit.CPU_TIME));
    assertThat(ending(9, Optional.empty())).isEqualTo(new Ending.Signaled(9));
  }
}
