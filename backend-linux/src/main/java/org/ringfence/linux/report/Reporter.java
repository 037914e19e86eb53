package org.ringfence.linux.report;

import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.Violation;
import org.ringfence.spi.EventSink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports events to a listener, on a separate thread and one at a time. The queue for a slow
 * listener is bounded, since commands make events faster than a terminal shows them: further events
 * are counted, and the counts reported. Thread-safe.
 *
 * <p>The thread starts with the sandbox: if the supervisor started it, it would have its umask.
 */
public final class Reporter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Reporter.class);
  private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(5);
  private static final long TELL_MILLIS = TimeUnit.SECONDS.toMillis(1);
  private static final int MOST_EVENTS = 4096;
  private static final long MOST_CHARS = 1L << 20;
  // Up to here each denial is reported, even a repeated one.
  private static final int FEW_EVENTS = 64;
  private static final int EVENT_CHARS = 128;

  private static final DroppedEvents NONE = new DroppedEvents(0, 0, 0);
  private static final DroppedEvents DENIAL = new DroppedEvents(1, 0, 0);
  private static final DroppedEvents COMMAND = new DroppedEvents(0, 1, 0);
  private static final DroppedEvents CONNECTION = new DroppedEvents(0, 0, 1);

  private final EventSink listener;
  private final CommandLookup commands;
  private final Runnable recordLost;
  private final Queue<Event> waiting = new ArrayDeque<>();
  private final Set<String> denials = new HashSet<>();
  private final Thread thread;
  private final long patience;
  private long chars;
  private DroppedEvents dropped = NONE;
  private DroppedEvents told = NONE;
  private boolean closed;
  private boolean telling;

  /**
   * An event with its weight, its denial's name, if any, and the events that a drop of it loses; or
   * an action that waits for earlier events.
   */
  private record Event(long chars, String denial, DroppedEvents counted, Consumer<EventSink> told) {
    private boolean waits() {
      return counted.equals(NONE);
    }
  }

  /**
   * Starts the thread, if there is a listener.
   *
   * @param listener receives the events
   * @param commands finds the command of a process
   * @param recordLost runs when a listener that needs every record has lost one
   */
  public Reporter(EventSink listener, CommandLookup commands, Runnable recordLost) {
    this(listener, commands, recordLost, PATIENCE_MILLIS);
  }

  /**
   * Starts the thread.
   *
   * @param patience the milliseconds that closing waits for a slow listener
   */
  Reporter(EventSink listener, CommandLookup commands, Runnable recordLost, long patience) {
    this.patience = patience;
    this.listener = listener;
    this.commands = commands;
    this.recordLost = recordLost;
    this.thread = listener == EventSink.NONE ? null : new Thread(this::deliver, "ringfence-events");
    if (thread != null) {
      thread.setDaemon(true);
      thread.start();
    }
  }

  public void violation(Violation violation) {
    if (thread == null) {
      return;
    }
    long command = commands.of(violation.pid());
    String name = violation.operation() + ' ' + violation.target() + ' ' + violation.rule();
    long weight = 2L * name.length() + violation.executable().length();
    synchronized (waiting) {
      boolean repeated = waiting.size() > FEW_EVENTS && denials.contains(name);
      if (repeated
          || !add(
              new Event(
                  weight, name, DENIAL, to -> to.violation(violation.ofCommand(known(command)))))) {
        dropped = dropped.plus(DENIAL);
      }
    }
  }

  /** Reports a name that the search after a command's end has found, with the command's number. */
  public void found(Violation violation) {
    if (thread == null) {
      return;
    }
    long weight = 2L * violation.target().length() + violation.rule().length();
    synchronized (waiting) {
      if (!add(new Event(weight, "", DENIAL, to -> to.violation(violation)))) {
        dropped = dropped.plus(DENIAL);
      }
    }
  }

  /** Counts a denial like others that were reported. */
  public void another() {
    if (thread == null) {
      return;
    }
    synchronized (waiting) {
      dropped = dropped.plus(DENIAL);
      waiting.notifyAll();
    }
  }

  public void executed(AuditRecord command) {
    if (thread == null) {
      return;
    }
    long number = commands.of(command.pid());
    long weight = command.path().length() + command.directory().length();
    for (String argument : command.arguments()) {
      weight += argument.length() + EVENT_CHARS / 4;
    }
    boolean lost = false;
    synchronized (waiting) {
      if (!add(
          new Event(weight, "", COMMAND, to -> to.executed(command.ofCommand(known(number)))))) {
        dropped = dropped.plus(COMMAND);
        lost = true;
      }
    }
    recordLost(lost);
  }

  public void connection(ConnectionRecord connection) {
    if (thread == null) {
      return;
    }
    boolean lost = false;
    long number = connection.command() == 0 ? commands.of(connection.pid()) : connection.command();
    synchronized (waiting) {
      if (!add(
          new Event(
              connection.host().length(),
              "",
              CONNECTION,
              to -> to.connection(connection.ofCommand(known(number)))))) {
        dropped = dropped.plus(CONNECTION);
        lost = true;
      }
    }
    recordLost(lost);
  }

  /** Returns a command, whose first process is known only a moment after its start. */
  private long known(long command) {
    try {
      return commands.await(command);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  /** Returns the command of a process; 0 if unknown. */
  public long commandOf(long pid) {
    return Math.max(0, commands.of(pid));
  }

  /** Returns whether the listener has received every event. */
  public boolean idle() {
    if (thread == null) {
      return true;
    }
    synchronized (waiting) {
      return waiting.isEmpty() && !telling && !hasDropped();
    }
  }

  /**
   * Runs an action when the listener has received all earlier events: now, if none waits.
   *
   * @param action must not wait
   */
  public void afterTold(Runnable action) {
    synchronized (waiting) {
      if (!idle() && !closed) {
        // Weightless, so that it is always queued; there is one for each command's end.
        waiting.add(new Event(-EVENT_CHARS, "", NONE, to -> action.run()));
        waiting.notifyAll();
        return;
      }
    }
    action.run();
  }

  private void recordLost(boolean lost) {
    if (lost && listener.needsEveryRecord()) {
      recordLost.run();
    }
  }

  private boolean add(Event event) {
    if (closed) {
      LOG.debug("an event after the sandbox was closed is dropped");
      return true;
    }
    long weight = event.chars() + EVENT_CHARS;
    if (waiting.size() >= MOST_EVENTS || chars + weight > MOST_CHARS) {
      return false;
    }
    waiting.add(event);
    chars += weight;
    if (!event.denial().isEmpty()) {
      denials.add(event.denial());
    }
    waiting.notifyAll();
    return true;
  }

  private void deliver() {
    try {
      for (Consumer<EventSink> event = next(); event != null; event = next()) {
        tell(event);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(Consumer<EventSink> event) {
    try {
      event.accept(listener);
    } catch (UncheckedIOException e) {
      // A file or a pipe of the listener's is full or closed: a trace says no more.
      LOG.warn("a listener failed: {}", e.getCause().toString());
      recordLost(true);
    } catch (RuntimeException e) {
      LOG.warn("a listener failed", e);
      recordLost(true);
    } catch (Error e) {
      // The heap is full, or the listener's code is broken: the thread goes on with the next event.
      recordLost(true);
    } finally {
      // A listener that was interrupted, or that says so, ends no waiting for the next event.
      Thread.interrupted();
    }
  }

  /** Returns the next event; null after the last one. */
  private Consumer<EventSink> next() throws InterruptedException {
    synchronized (waiting) {
      telling = false;
      told = NONE;
      while (true) {
        Event first = waiting.peek();
        // An action that waits for events also waits for the count of lost ones.
        Event event = first != null && first.waits() && hasDropped() ? null : waiting.poll();
        if (event != null) {
          telling = true;
          chars -= event.chars() + EVENT_CHARS;
          denials.remove(event.denial());
          told = event.counted();
          return event.told();
        }
        if (hasDropped()) {
          telling = true;
          DroppedEvents count = dropped;
          told = count;
          dropped = NONE;
          return to -> to.dropped(count);
        }
        if (closed) {
          return null;
        }
        waiting.wait();
      }
    }
  }

  private boolean hasDropped() {
    return dropped.total() > 0;
  }

  /** Delivers the waiting events. */
  @Override
  public void close() {
    if (thread == null) {
      return;
    }
    synchronized (waiting) {
      closed = true;
      waiting.notifyAll();
    }
    if (Thread.currentThread() == thread) {
      // The listener itself closes the sandbox: waiting for it would never end.
      return;
    }
    try {
      thread.join(patience);
      if (thread.isAlive()) {
        thread.interrupt();
        giveUpTheRest();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Drops the waiting events of a stuck listener, and reports their number to it. */
  private void giveUpTheRest() throws InterruptedException {
    List<Event> ends;
    DroppedEvents rest;
    synchronized (waiting) {
      ends = waiting.stream().filter(Event::waits).toList();
      // The event that blocks the listener is one of them.
      rest = waiting.stream().map(Event::counted).reduce(told.plus(dropped), DroppedEvents::plus);
      waiting.clear();
      dropped = NONE;
    }
    ends.forEach(end -> end.told().accept(listener));
    if (rest.total() == 0) {
      return;
    }
    LOG.warn("a listener is slow; {} of its events are dropped", rest.total());
    Thread teller = new Thread(() -> listener.dropped(rest), "ringfence-dropped");
    teller.setDaemon(true);
    try {
      teller.start();
    } catch (OutOfMemoryError e) {
      LOG.warn("there is no thread to report dropped events");
      return;
    }
    teller.join(TELL_MILLIS);
  }
}
