package org.ringfence;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.EventRecorder;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.Violation;
import org.ringfence.policy.Limits;
import org.ringfence.spi.EventSink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The hooks of one sandbox, and the denials of its running commands. Thread-safe once open. */
final class Hooks implements EventSink {
  private static final Logger LOG = LoggerFactory.getLogger(Hooks.class);

  private final List<Consumer<Violation>> denied = new ArrayList<>();
  private final List<Consumer<AuditRecord>> executed = new ArrayList<>();
  private final List<Consumer<ConnectionRecord>> connection = new ArrayList<>();
  private final List<Consumer<DroppedEvents>> dropped = new ArrayList<>();
  private final List<Consumer<CommandEvent>> command = new ArrayList<>();
  private final List<EventRecorder> recorders = new ArrayList<>();
  private EventSink sink = EventSink.NONE;
  private final Set<Observation> observed = EnumSet.noneOf(Observation.class);
  private final Set<CompletableFuture<Void>> ends = ConcurrentHashMap.newKeySet();
  private final Set<Thread> reporting = ConcurrentHashMap.newKeySet();
  private final Map<Long, DenialLog> running = new ConcurrentHashMap<>();
  private Function<HostRequest, HostVerdict> decider;
  private Duration decisionTimeout = EventSink.NONE.decisionTimeout();

  Hooks() {}

  /** Returns the hooks for another sandbox that is opened in the same way. */
  Hooks copy() {
    Hooks copy = new Hooks();
    copy.denied.addAll(denied);
    copy.executed.addAll(executed);
    copy.connection.addAll(connection);
    copy.dropped.addAll(dropped);
    copy.command.addAll(command);
    copy.recorders.addAll(recorders);
    copy.observed.addAll(observed);
    copy.sink = sink;
    copy.decider = decider;
    copy.decisionTimeout = decisionTimeout;
    return copy;
  }

  void onDenied(Consumer<Violation> hook) {
    completeDenials();
    denied.add(hook);
  }

  void completeDenials() {
    observed.add(Observation.DENIED_OPENS);
  }

  void onDecidedDenial(Consumer<Violation> hook) {
    denied.add(hook);
  }

  void onExecuted(Consumer<AuditRecord> hook) {
    observed.add(Observation.COMMANDS);
    executed.add(hook);
  }

  void onConnection(Consumer<ConnectionRecord> hook) {
    observed.add(Observation.CONNECTIONS);
    connection.add(hook);
  }

  void onDropped(Consumer<DroppedEvents> hook) {
    dropped.add(hook);
  }

  void onCommand(Consumer<CommandEvent> hook) {
    command.add(hook);
  }

  void onUnlistedHost(Function<HostRequest, HostVerdict> hook, Duration timeout) {
    if (decider != null) {
      throw new IllegalStateException("onUnlistedHost: there is a hook already; use one");
    }
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException(
          "onUnlistedHost: the timeout " + timeout + " is not valid; use more than 0");
    }
    observed.add(Observation.UNLISTED_HOSTS);
    decider = hook;
    decisionTimeout = timeout;
  }

  void recorder(EventRecorder recorder) {
    observed.add(Observation.COMMANDS);
    observed.add(Observation.CONNECTIONS);
    recorders.add(recorder);
  }

  void sink(EventSink taker) {
    if (sink != EventSink.NONE) {
      throw new IllegalStateException("sink: there is one already");
    }
    sink = taker;
    observed.addAll(taker.observes());
    if (taker.observes().contains(Observation.UNLISTED_HOSTS)) {
      onUnlistedHost(taker::unlistedHost, taker.decisionTimeout());
    }
  }

  /** Collects the denials of a command from now on. */
  DenialLog begin(long command) {
    DenialLog log = new DenialLog();
    running.put(command, log);
    return log;
  }

  void end(long command) {
    running.remove(command);
  }

  /**
   * Reports a start. A command does not start if a hook fails and a recorder needs every record.
   */
  void begun(long id, List<String> words) throws SandboxException {
    if (!command.isEmpty()) {
      RuntimeException failure = command(new CommandEvent.Begun(id, words));
      if (failure != null && needsEveryRecord()) {
        throw new SandboxException(
            "the start of the command could not be recorded: " + failure.getMessage(), failure);
      }
    }
  }

  void notStarted(long id, Throwable cause) {
    if (!command.isEmpty()) {
      command(new CommandEvent.NotStarted(id, cause));
    }
  }

  /** Reports the end of a command: on this thread if it has ended, and else when it ends. */
  void reportEnd(SandboxedProcess process, Limits limits) {
    if (command.isEmpty()) {
      return;
    }
    if (process.termination().isPresent()) {
      ended(process, limits);
      return;
    }
    CompletableFuture<Void> end = process.onExit().thenRun(() -> ended(process, limits));
    ends.add(end);
    end.whenComplete((none, failure) -> ends.remove(end));
  }

  private void ended(SandboxedProcess process, Limits limits) {
    Termination how = process.termination().orElseThrow();
    Usage usage = process.usage().orElseThrow();
    reporting.add(Thread.currentThread());
    try {
      command(
          new CommandEvent.Ended(
              process.commandId(), how.exitValue(), Ending.of(how, limits, usage), usage));
    } finally {
      reporting.remove(Thread.currentThread());
    }
  }

  /** Waits until each end has been reported, unless a hook waits for its own call. */
  void awaitEnds(long nanos) {
    if (reporting.contains(Thread.currentThread())) {
      return;
    }
    try {
      CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new))
          .get(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("a hook did not take the end of a command", e);
    }
  }

  /** Calls each hook, and returns the first exception or null. */
  private RuntimeException command(CommandEvent event) {
    Failures failures = new Failures();
    command.forEach(hook -> failures.of(() -> hook.accept(event)));
    RuntimeException first = failures.first();
    if (first != null) {
      // The command must not depend on a hook.
      LOG.warn("a listener failed", first);
    }
    return first;
  }

  @Override
  public Set<Observation> observes() {
    return Set.copyOf(observed);
  }

  @Override
  public void violation(Violation violation) {
    DenialLog log = running.get(violation.command());
    if (log != null) {
      log.add(violation);
    }
    Failures failures = new Failures();
    denied.forEach(hook -> failures.of(() -> hook.accept(violation)));
    recorders.forEach(recorder -> failures.of(() -> recorder.violation(violation)));
    failures.of(() -> sink.violation(violation));
    failures.rethrow();
  }

  @Override
  public void executed(AuditRecord command) {
    Failures failures = new Failures();
    executed.forEach(hook -> failures.of(() -> hook.accept(command)));
    recorders.forEach(recorder -> failures.of(() -> recorder.executed(command)));
    failures.of(() -> sink.executed(command));
    failures.rethrow();
  }

  @Override
  public void connection(ConnectionRecord record) {
    Failures failures = new Failures();
    connection.forEach(hook -> failures.of(() -> hook.accept(record)));
    recorders.forEach(recorder -> failures.of(() -> recorder.connection(record)));
    failures.of(() -> sink.connection(record));
    failures.rethrow();
  }

  @Override
  public void dropped(DroppedEvents count) {
    // Their commands are unknown: each command may miss all of them.
    running.values().forEach(log -> log.dropped(count.violations()));
    Failures failures = new Failures();
    dropped.forEach(hook -> failures.of(() -> hook.accept(count)));
    recorders.forEach(recorder -> failures.of(() -> recorder.dropped(count)));
    failures.of(() -> sink.dropped(count));
    failures.rethrow();
  }

  @Override
  public boolean needsEveryRecord() {
    return sink.needsEveryRecord() || recorders.stream().anyMatch(EventRecorder::needsEveryRecord);
  }

  @Override
  public HostVerdict unlistedHost(HostRequest request) {
    HostVerdict verdict = decider == null ? HostVerdict.DENY : decider.apply(request);
    return verdict == null ? HostVerdict.DENY : verdict;
  }

  @Override
  public Duration decisionTimeout() {
    return decisionTimeout;
  }

  /**
   * If a hook throws or has no memory, the others still receive the event; the backend gets the
   * first exception.
   */
  private static final class Failures {
    private Throwable first;

    void of(Runnable hook) {
      try {
        hook.run();
      } catch (RuntimeException | OutOfMemoryError e) {
        first = first == null ? e : first;
      }
    }

    /** Returns the first exception, or null. */
    RuntimeException first() {
      return first == null || first instanceof RuntimeException
          ? (RuntimeException) first
          : new IllegalStateException("there is no memory left for a listener", first);
    }

    void rethrow() {
      if (first != null) {
        throw first();
      }
    }
  }
}
