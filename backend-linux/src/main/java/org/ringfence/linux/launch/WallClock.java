package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.FUTEX_WAIT;
import static org.ringfence.linux.bind.Constants.FUTEX_WAKE;

import java.util.concurrent.TimeUnit;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Syscall;

/**
 * Ends commands whose time is up, on a thread that does nothing else, waits for no command and
 * allocates nothing: neither a call that is stuck nor a heap that is full keeps it from that. It
 * also looks whether whoever answers calls is stuck.
 */
final class WallClock implements AutoCloseable {
  private static final long NEVER = Long.MAX_VALUE;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Kernel kernel;
  private final Runnable look;
  private final NativeBlock block = new NativeBlock(64);
  private final long word;
  private final long timeout;
  private final Thread thread;
  private Timed first;
  private volatile boolean closed;
  private int failures;

  /** A command, linked to the next. */
  static final class Timed {
    private final LinuxProcess process;
    private long due = NEVER;
    private Timed next;

    Timed(LinuxProcess process) {
      this.process = process;
    }
  }

  /**
   * Starts the thread.
   *
   * @param kernel the system calls
   * @param look is run every tenth of a second while there are commands; must not wait
   */
  WallClock(Kernel kernel, Runnable look) {
    this.kernel = kernel;
    this.look = look;
    this.word = block.allocate(8);
    this.timeout = block.allocate(16);
    this.thread = new Thread(this::keep, "ringfence-time");
    thread.setDaemon(true);
    thread.start();
  }

  /** A command is about to start. */
  void add(Timed timed) {
    synchronized (this) {
      timed.next = first;
      first = timed;
    }
    wake();
  }

  /** Kills a command when so many nanoseconds have passed, if it is there by then. */
  void limit(Timed timed, long nanos) {
    synchronized (this) {
      timed.due = System.nanoTime() + nanos;
    }
    wake();
  }

  /** The command has ended; what it left behind may have no bound. */
  synchronized void disarm(Timed timed) {
    timed.due = NEVER;
  }

  synchronized void remove(Timed timed) {
    if (first == timed) {
      first = timed.next;
      return;
    }
    for (Timed at = first; at != null; at = at.next) {
      if (at.next == timed) {
        at.next = timed.next;
        return;
      }
    }
  }

  /** Kills everything; allocates nothing. */
  synchronized void endAll() {
    for (Timed at = first; at != null; at = at.next) {
      at.process.killNow();
    }
  }

  private void keep() {
    while (!closed) {
      try {
        turn();
      } catch (Throwable e) {
        // Whatever it is, time goes on, and what has failed is done again.
        failures++;
      }
    }
  }

  private void turn() {
    int before = block.getInt(word);
    long wait = endDue();
    if (wait != IDLE_NANOS) {
      look.run();
    }
    block.setLong(timeout, wait / 1_000_000_000L);
    block.setLong(timeout + 8, wait % 1_000_000_000L);
    kernel.call(Syscall.FUTEX, word, FUTEX_WAIT, before, timeout);
  }

  /** Kills what is due, and says how long to wait. */
  private synchronized long endDue() {
    if (first == null) {
      return IDLE_NANOS;
    }
    long wait = LOOK_NANOS;
    long now = System.nanoTime();
    for (Timed at = first; at != null; at = at.next) {
      if (at.due != NEVER && at.due - now <= 0) {
        at.process.timeIsUp();
        at.due = NEVER;
      } else if (at.due != NEVER && at.due - now < wait) {
        wait = at.due - now;
      }
    }
    return wait;
  }

  private void wake() {
    synchronized (block) {
      block.setInt(word, block.getInt(word) + 1);
    }
    kernel.call(Syscall.FUTEX, word, FUTEX_WAKE, 1);
  }

  /** Ends the thread. */
  @Override
  public void close() {
    closed = true;
    wake();
    ThreadEnd.await(thread);
    block.close();
  }
}
