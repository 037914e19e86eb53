package org.ringfence.linux.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.Violation;
import org.ringfence.policy.Reason;
import org.ringfence.spi.EventSink;

/** Checks that events for a slow listener are bounded, and that dropped ones are counted. */
class ReporterTest {
  private static final int MANY = 100_000;

  /** A listener that blocks until the test releases it. */
  private static class Slow implements EventSink {
    private final CountDownLatch go = new CountDownLatch(1);
    private final AtomicLong told = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final boolean needsEveryRecord;

    private Slow(boolean needsEveryRecord) {
      this.needsEveryRecord = needsEveryRecord;
    }

    private void count() {
      try {
        go.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      told.incrementAndGet();
    }

    @Override
    public void violation(Violation violation) {
      count();
    }

    @Override
    public void executed(AuditRecord command) {
      count();
    }

    @Override
    public void dropped(DroppedEvents events) {
      dropped.addAndGet(events.violations() + events.commands());
    }

    @Override
    public boolean needsEveryRecord() {
      return needsEveryRecord;
    }

    @Override
    public Set<Observation> observes() {
      return Set.of();
    }

    @Override
    public void connection(ConnectionRecord connection) {
      count();
    }

    @Override
    public HostVerdict unlistedHost(HostRequest request) {
      return HostVerdict.DENY;
    }

    @Override
    public Duration decisionTimeout() {
      return Duration.ofSeconds(1);
    }
  }

  private static Violation violation(String target) {
    return new Violation(
        "mkdir", target, 1, "", new Reason.HandedIn(), Violation.Certainty.CERTAIN);
  }

  private static AuditRecord record() {
    Instant now = Instant.now();
    return new AuditRecord(1, 1, "/bin/true", List.of(), "/", now, now, OptionalInt.empty());
  }

  @Test
  void deliveredAndDroppedEventsAddUp() {
    Slow slow = new Slow(false);
    try (Reporter reporter = new Reporter(slow, new CommandLookup(), () -> {})) {
      for (int i = 0; i < MANY; i++) {
        reporter.violation(violation("/etc/" + i));
      }
      slow.go.countDown();
    }
    assertThat(slow.told.get()).isPositive().isLessThan(10_000);
    assertThat(slow.told.get() + slow.dropped.get()).isEqualTo(MANY);
  }

  @Test
  void repeatedDenialsAreMergedInAFullQueue() {
    Slow slow = new Slow(false);
    try (Reporter reporter = new Reporter(slow, new CommandLookup(), () -> {})) {
      for (int i = 0; i < MANY; i++) {
        reporter.violation(violation("/etc/x"));
      }
      slow.go.countDown();
    }
    assertThat(slow.told.get()).isLessThan(100);
    assertThat(slow.told.get() + slow.dropped.get()).isEqualTo(MANY);
  }

  @Test
  void fastListenerGetsEveryEvent() {
    Slow slow = new Slow(false);
    slow.go.countDown();
    try (Reporter reporter = new Reporter(slow, new CommandLookup(), () -> {})) {
      for (int i = 0; i < 10; i++) {
        reporter.violation(violation("/etc/x"));
      }
    }
    assertThat(slow.told.get()).isEqualTo(10);
    assertThat(slow.dropped.get()).isZero();
  }

  @Test
  void listenerThatInterruptsItsThreadGetsTheNextEvents() {
    Slow listener =
        new Slow(false) {
          @Override
          public void violation(Violation violation) {
            super.violation(violation);
            // As a hook does that was interrupted itself.
            Thread.currentThread().interrupt();
          }
        };
    listener.go.countDown();
    try (Reporter reporter = new Reporter(listener, new CommandLookup(), () -> {})) {
      for (int i = 0; i < 10; i++) {
        reporter.violation(violation("/" + i));
      }
    }
    assertThat(listener.told.get()).isEqualTo(10);
  }

  @Test
  void lostRecordIsCountedOrEndsTheCommand() {
    for (boolean needed : new boolean[] {false, true}) {
      Slow slow = new Slow(needed);
      AtomicInteger ended = new AtomicInteger();
      try (Reporter reporter = new Reporter(slow, new CommandLookup(), ended::incrementAndGet)) {
        for (int i = 0; i < MANY; i++) {
          reporter.executed(record());
        }
        slow.go.countDown();
      }
      assertThat(slow.dropped.get()).isPositive();
      assertThat(ended.get() > 0).isEqualTo(needed);
    }
  }

  @Test
  void eventsOfAStuckListenerAreCountedByTheirKindAndOnce() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch counted = new CountDownLatch(1);
    List<DroppedEvents> counts = new CopyOnWriteArrayList<>();
    Slow stuck =
        new Slow(false) {
          @Override
          public void violation(Violation violation) {
            inside.countDown();
            boolean waiting = true;
            while (waiting) {
              try {
                counted.await();
                waiting = false;
              } catch (InterruptedException e) {
                // A write to a slow device does not end either.
                waiting = true;
              }
            }
          }

          @Override
          public void dropped(DroppedEvents events) {
            counts.add(events);
            counted.countDown();
          }
        };
    try (Reporter reporter = new Reporter(stuck, new CommandLookup(), () -> {}, 10)) {
      reporter.violation(violation("/etc/x"));
      inside.await();
      for (int i = 0; i < 3; i++) {
        reporter.executed(record());
      }
      for (int i = 0; i < MANY; i++) {
        reporter.violation(violation("/etc/" + i));
      }
    }
    assertThat(counts).containsExactly(new DroppedEvents(MANY + 1, 3, 0));
  }
}
