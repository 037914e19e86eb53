package org.ringfence.linux.supervise;

import static org.ringfence.linux.bind.Constants.FUTEX_WAIT;
import static org.ringfence.linux.bind.Constants.FUTEX_WAKE;

import java.util.concurrent.TimeUnit;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.bind.ThreadEnd;
import org.ringfence.linux.plan.Syscall;

/**
 * Ends commands whose time is up, on a thread that does nothing else, waits for no command and
 * allocates nothing: neither a stuck call nor a full heap stops it. It also checks whether the
 * supervisor is stuck.
 */
public final class WallClock implements AutoCloseable {
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
  private boolean freed;
  private int failures;

  /** A command, linked to the next. */
  public static final class Timed {
    private final SupervisedCommand command;
    private long due = NEVER;
    private Timed next;

    public Timed(SupervisedCommand command) {
      this.command = command;
    }
  }

  /**
   * Starts the thread.
   *
   * @param kernel the system calls
   * @param look runs every tenth of a second while there are commands; must not wait
   */
  WallClock(Kernel kernel, Runnable look) {
    this.kernel = kernel;
    this.look = look;
    this.word = block.allocate(8);
    this.timeout = block.allocate(16);
    this.thread = new Thread(this::keep, "ringfence-time");
    thread.setDaemon(true);
    boolean done = false;
    try {
      thread.start();
      done = true;
    } finally {
      if (!done) {
        block.close();
      }
    }
  }

  /** Adds a command that is about to start. */
  void add(Timed timed) {
    synchronized (this) {
      timed.next = first;
      first = timed;
    }
    wake();
  }

  /** Kills a command after so many nanoseconds, if it still exists. */
  public void limit(Timed timed, long nanos) {
    synchronized (this) {
      timed.due = System.nanoTime() + nanos;
    }
    wake();
  }

  /** Drops the limit of an ended command; the processes that it left behind may be unbounded. */
  public synchronized void disarm(Timed timed) {
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
  public synchronized void endAll() {
    for (Timed at = first; at != null; at = at.next) {
      at.command.killNow();
    }
  }

  private void keep() {
    while (!closed) {
      try {
        turn();
      } catch (Throwable e) {
        // Whatever failed, the clock goes on and retries it.
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

  /** Kills the commands that are due, and returns how long to wait. */
  private synchronized long endDue() {
    if (first == null) {
      return IDLE_NANOS;
    }
    long wait = LOOK_NANOS;
    long now = System.nanoTime();
    for (Timed at = first; at != null; at = at.next) {
      if (at.due != NEVER && at.due - now <= 0) {
        at.command.timeIsUp();
        at.due = NEVER;
      } else if (at.due != NEVER && at.due - now < wait) {
        wait = at.due - now;
      }
    }
    return wait;
  }

  private void wake() {
    synchronized (block) {
      if (!freed) {
        block.setInt(word, block.getInt(word) + 1);
        kernel.call(Syscall.FUTEX, word, FUTEX_WAKE, 1);
      }
    }
  }

  /** Ends the thread. */
  @Override
  public void close() {
    closed = true;
    wake();
    ThreadEnd.await(thread);
    synchronized (block) {
      freed = true;
      block.close();
    }
  }
}
