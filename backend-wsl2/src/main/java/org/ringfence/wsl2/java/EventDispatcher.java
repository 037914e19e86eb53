package org.ringfence.wsl2.java;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.spi.EventSink;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes a guest's reports of a sandbox to its listener: in order, and questions on a separate
 * thread, so that a listener that does not answer delays nothing else.
 */
final class EventDispatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventDispatcher.class);
  private static final int PATIENCE_MILLIS = 2_000;

  private final AtomicLong pending = new AtomicLong();
  private final EventSink listener;
  private final ExecutorService telling = thread("ringfence-wsl-reports");
  private final ExecutorService asking = thread("ringfence-wsl-asking");
  private final ExecutorService waiting = thread("ringfence-wsl-waiting");

  EventDispatcher(EventSink listener) {
    this.listener = listener;
  }

  private static ExecutorService thread(String name) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    // A sandbox that reports nothing has no thread.
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** Passes a message to the listener. */
  void tell(GuestMessage message) {
    pending.incrementAndGet();
    try {
      telling.execute(
          () -> {
            try {
              tell(listener, message);
            } catch (RuntimeException e) {
              LOG.warn("a listener failed", e);
            } finally {
              pending.decrementAndGet();
            }
          });
    } catch (RejectedExecutionException e) {
      pending.decrementAndGet();
      LOG.debug("an event after the sandbox was closed is dropped");
    }
  }

  /**
   * Runs an action after the listener has received all earlier messages, or soon anyway; it must
   * not wait.
   */
  void afterTold(Runnable action) {
    if (pending.get() == 0) {
      action.run();
      return;
    }
    told()
        .orTimeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
        .whenComplete((nothing, late) -> action.run());
  }

  /** Waits until the listener has received all earlier messages. */
  boolean flush(Duration patience) throws InterruptedException {
    try {
      told().get(Math.max(0, patience.toNanos()), TimeUnit.NANOSECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  private CompletableFuture<Void> told() {
    try {
      return CompletableFuture.runAsync(() -> {}, telling);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null);
    }
  }

  /** Asks the listener; an answer that takes too long is a denial. */
  void ask(GuestMessage.AskHost asked, Consumer<HostVerdict> answer) {
    waiting.execute(
        () -> {
          Future<HostVerdict> verdict = asking.submit(() -> verdict(listener, asked));
          HostVerdict decided = HostVerdict.DENY;
          try {
            decided = verdict.get(listener.decisionTimeout().toMillis(), TimeUnit.MILLISECONDS);
          } catch (TimeoutException | ExecutionException e) {
            verdict.cancel(true);
          } catch (InterruptedException e) {
            verdict.cancel(true);
            Thread.currentThread().interrupt();
          }
          answer.accept(decided);
        });
  }

  @Override
  public void close() {
    telling.shutdown();
    asking.shutdownNow();
    waiting.shutdown();
  }

  private static void tell(EventSink listener, GuestMessage message) {
    if (message instanceof GuestMessage.Denied denied) {
      listener.violation(denied.violation());
    } else if (message instanceof GuestMessage.Executed executed) {
      listener.executed(
          new AuditRecord(
              executed.pid(),
              executed.parent(),
              executed.path(),
              executed.arguments(),
              executed.directory(),
              Instant.parse(executed.start()),
              Instant.parse(executed.end()),
              executed.exited() ? OptionalInt.of(executed.exit()) : OptionalInt.empty(),
              executed.command()));
    } else if (message instanceof GuestMessage.Connected connected) {
      listener.connection(
          new ConnectionRecord(
              Instant.parse(connected.time()),
              connected.host(),
              connected.address(),
              connected.port(),
              connected.pid(),
              connected.executable(),
              connected.rule(),
              connected.allowed(),
              known(connected.sent()),
              known(connected.received()),
              connected.nanos() < 0
                  ? Optional.empty()
                  : Optional.of(Duration.ofNanos(connected.nanos())),
              connected.command()));
    } else if (message instanceof GuestMessage.Dropped lost) {
      listener.dropped(lost.dropped());
    }
  }

  private static OptionalLong known(long value) {
    return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /** Returns the listener's decision; an exception is a denial. */
  private static HostVerdict verdict(EventSink listener, GuestMessage.AskHost asked) {
    try {
      HostVerdict verdict =
          listener.unlistedHost(
              new HostRequest(
                  asked.host(), asked.port(), asked.pid(), asked.executable(), asked.command()));
      return verdict == null ? HostVerdict.DENY : verdict;
    } catch (RuntimeException e) {
      return HostVerdict.DENY;
    }
  }
}
