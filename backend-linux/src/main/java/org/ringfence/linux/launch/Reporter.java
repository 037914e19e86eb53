package org.ringfence.linux.launch;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.ringfence.event.SandboxListener;
import org.ringfence.event.Violation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a listener what happens, on a thread of its own and one event at a time. The thread is
 * started with the sandbox: one that the supervisor started would have its umask.
 */
final class Reporter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Reporter.class);
  private static final long PATIENCE_SECONDS = 5;

  private final SandboxListener listener;
  private final ExecutorService events;
  private volatile Thread thread;

  Reporter(SandboxListener listener) {
    this.listener = listener;
    if (listener == SandboxListener.NONE) {
      this.events = null;
      return;
    }
    this.events =
        Executors.newSingleThreadExecutor(
            task -> {
              thread = new Thread(task, "ringfence-events");
              thread.setDaemon(true);
              return thread;
            });
    Future<?> started = events.submit(() -> {});
    LOG.trace("events are reported by {}", started);
  }

  void violation(Violation violation) {
    tell(to -> to.violation(violation));
  }

  void tell(Consumer<SandboxListener> event) {
    if (events == null) {
      return;
    }
    try {
      events.execute(() -> deliver(event));
    } catch (RejectedExecutionException e) {
      LOG.debug("an event after the sandbox was closed is dropped");
    }
  }

  private void deliver(Consumer<SandboxListener> event) {
    try {
      event.accept(listener);
    } catch (RuntimeException e) {
      LOG.warn("a listener failed", e);
    }
  }

  /** Delivers what is waiting. */
  @Override
  public void close() {
    if (events == null) {
      return;
    }
    events.shutdown();
    if (Thread.currentThread() == thread) {
      // A listener closes the sandbox: it cannot be waited for.
      return;
    }
    try {
      if (!events.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("a listener is slow; the rest of its events is dropped");
        events.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
