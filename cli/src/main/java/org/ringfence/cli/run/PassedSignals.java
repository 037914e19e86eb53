package org.ringfence.cli.run;

import java.util.EnumSet;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.ringfence.CommandSignal;
import org.ringfence.CommandSignal.Reach;
import org.ringfence.SandboxedProcess;
import org.ringfence.spi.CallerSignals;
import org.ringfence.spi.CallerSignals.Received;
import org.ringfence.spi.CallerSignals.Receiver;

/**
 * Passes the signals that this process receives on to its command, which reacts as it would outside
 * a sandbox. Before the command starts, and after its end, they end this process: before, by the
 * signal, so that a shell ends its loop. Does nothing unless the launcher script has blocked the
 * signals: the JVM's own handling stays then.
 */
final class PassedSignals {
  /** Set by the launcher script. */
  private static final String BLOCKED = "ringfence.signals";

  private static final Set<CommandSignal> ENDING =
      EnumSet.of(CommandSignal.HANGUP, CommandSignal.INTERRUPT, CommandSignal.TERMINATE);
  // As a shell reports a signal.
  private static final int OF_SIGNAL = 128;
  private static final long END_MILLIS = 100;

  private final CompletableFuture<Receiver> receiver = new CompletableFuture<>();
  private final Set<CommandSignal> passed = EnumSet.noneOf(CommandSignal.class);
  private volatile CompletableFuture<SandboxedProcess> command;
  private volatile Consumer<SandboxedProcess> resizing;
  private volatile boolean exiting;

  private PassedSignals() {}

  /** Begins to receive, on a thread that ends with this process. */
  static PassedSignals begin() {
    PassedSignals signals = new PassedSignals();
    if (System.getProperty(BLOCKED) != null) {
      Thread thread = new Thread(signals::serve, "signals");
      thread.setDaemon(true);
      thread.start();
    }
    return signals;
  }

  /** Passes signals on to a command from now on, as soon as it has started. */
  void toCommand(CompletableFuture<SandboxedProcess> started) {
    command = started;
  }

  /** Has an action done in place of passing on the news of another size. */
  void onResize(Consumer<SandboxedProcess> action) {
    resizing = action;
  }

  /**
   * Makes this process end by the signal that has ended its command, if that signal was passed on:
   * a shell stops its script then, and not for an exit code.
   *
   * @param exit the exit code of the command
   */
  void endLikeCommand(int exit) {
    Receiver open = receiver.getNow(null);
    if (open == null) {
      return;
    }
    synchronized (passed) {
      passed.stream()
          .filter(signal -> exit == OF_SIGNAL + number(signal))
          .forEach(
              signal ->
                  Runtime.getRuntime().addShutdownHook(new Thread(() -> open.obey(signal), "end")));
    }
  }

  private void serve() {
    for (CallerSignals each : ServiceLoader.load(CallerSignals.class)) {
      Optional<Receiver> found = each.open();
      if (found.isPresent()) {
        Receiver open = found.get();
        receiver.complete(open);
        Thread reader = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(open, reader), "signals end"));
        for (Optional<Received> next = open.next(); next.isPresent(); next = open.next()) {
          receive(open, next.get());
        }
        return;
      }
    }
  }

  /**
   * Ends the wait for signals when this JVM exits: an exiting JVM waits 300 ms for a thread that is
   * in a native call.
   */
  private void end(Receiver open, Thread reader) {
    open.close();
    if (!exiting) {
      try {
        reader.join(END_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void receive(Receiver open, Received received) {
    CommandSignal signal = received.signal();
    SandboxedProcess process = process();
    if (process == null) {
      if (command == null && resizing == null && ENDING.contains(signal)) {
        // Nothing runs, and no terminal has to be restored.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> open.obey(signal), "end"));
      }
      obey(open, signal);
      return;
    }
    if (ENDING.contains(signal)) {
      synchronized (passed) {
        passed.add(signal);
      }
    }
    Reach reach = received.ofTerminal() ? Reach.GROUP : Reach.COMMAND;
    switch (signal) {
      case TERMINATE -> process.destroy();
      case SUSPEND -> suspend(open, process);
      case RESIZE -> resize(process, reach);
      default -> {
        if (!process.signal(signal, reach)) {
          obey(open, signal);
        }
      }
    }
  }

  private static void suspend(Receiver open, SandboxedProcess process) {
    if (process.signal(CommandSignal.SUSPEND)
        && !open.obey(CommandSignal.SUSPEND)
        && process.isAlive()) {
      // This process could not stop, for want of a shell that would let it continue.
      process.signal(CommandSignal.CONTINUE);
    }
  }

  private void resize(SandboxedProcess process, Reach reach) {
    if (resizing == null) {
      process.signal(CommandSignal.RESIZE, reach);
    } else {
      resizing.accept(process);
    }
  }

  /** Returns the running command; null before its start and after its end. */
  private SandboxedProcess process() {
    CompletableFuture<SandboxedProcess> started = command;
    try {
      SandboxedProcess process = started == null ? null : started.join();
      return process != null && process.isAlive() ? process : null;
    } catch (CancellationException | CompletionException e) {
      // It did not start.
      return null;
    }
  }

  /** Does to this process what the signal does by default; first the JVM ends what it began. */
  private void obey(Receiver open, CommandSignal signal) {
    switch (signal) {
      case HANGUP, INTERRUPT, QUIT, TERMINATE -> {
        exiting = true;
        System.exit(OF_SIGNAL + number(signal));
      }
      case USER_1, USER_2, SUSPEND -> open.obey(signal);
      case RESIZE, CONTINUE -> {
        return;
      }
    }
  }

  /**
   * Returns the number of a signal that ends a process, which is the same in every POSIX system.
   */
  private static int number(CommandSignal signal) {
    return switch (signal) {
      case HANGUP -> 1;
      case INTERRUPT -> 2;
      case QUIT -> 3;
      case TERMINATE -> 15;
      default -> throw new IllegalArgumentException(signal.name());
    };
  }
}
