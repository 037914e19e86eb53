package org.ringfence.linux.supervise;

import java.util.concurrent.TimeUnit;
import org.ringfence.event.Violation;
import org.ringfence.linux.report.CommandLookup;
import org.ringfence.linux.report.Reporter;
import org.ringfence.linux.task.Deadlines;
import org.ringfence.spi.EventSink;

/**
 * Orders the reports on commands: the end of a command follows its events. Thread-safe; never
 * blocks.
 */
public final class EventOrder {
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

  /** Reports an event of a command whose processes have ended. */
  public void tell(Violation violation) {
    reporter.found(violation);
  }

  /** Adds a command that is about to start. */
  void begins(SupervisedCommand command) {
    commands.add(command.commandId());
  }

  /** Records that a command has started. */
  public void started(SupervisedCommand command) {
    commands.root(command.pid(), command.commandId());
  }

  /** Records that no process of a command is left. */
  void gone(SupervisedCommand command) {
    reporter.afterTold(() -> commands.remove(command.commandId()));
  }

  /**
   * Runs an action when the listener has received all events, or soon anyway.
   *
   * @param action must not wait; may run twice
   */
  public void afterTold(Runnable action) {
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

  /** Runs an action, without a bound, after the calls that are being answered now. */
  public void afterAnswers(Runnable action) {
    supervisor.schedule(0, () -> reporter.afterTold(action));
  }
}
