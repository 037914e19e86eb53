package org.ringfence.linux.launch;

import java.util.concurrent.TimeUnit;
import org.ringfence.spi.EventSink;

/**
 * Keeps the order of what is told of commands: the end of one after its events. Thread-safe; waits
 * for nobody.
 */
final class EventOrder {
  private static final long TOLD_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Supervisor supervisor;
  private final Reporter reporter;
  private final CommandLookup commands = new CommandLookup();

  EventOrder(Supervisor supervisor, EventSink sink) {
    this.supervisor = supervisor;
    this.reporter = new Reporter(sink, commands, () -> supervisor.clock().endAll());
  }

  Reporter reporter() {
    return reporter;
  }

  /** A command is about to start. */
  void begins(LinuxProcess process) {
    commands.add(process.commandId());
  }

  /** It has started. */
  void started(LinuxProcess process) {
    commands.root(process.pid(), process.commandId());
  }

  /** Nothing of it is left. */
  void gone(LinuxProcess process) {
    reporter.afterTold(() -> commands.remove(process.commandId()));
  }

  /**
   * Runs something when all reported events are told, or soon anyway.
   *
   * @param action must not wait; may run twice
   */
  void afterTold(Runnable action) {
    if (reporter.idle()) {
      action.run();
      return;
    }
    Deadlines.Deadline patience = supervisor.schedule(TOLD_NANOS, action);
    reporter.afterTold(
        () -> {
          supervisor.cancel(patience);
          action.run();
        });
  }

  /** The same without a bound, after the calls that are being answered now. */
  void afterAnswers(Runnable action) {
    supervisor.schedule(0, () -> reporter.afterTold(action));
  }
}
