package org.ringfence.linux.task;

import java.util.PriorityQueue;

/** Holds actions, ordered by due time. Thread-safe. */
public final class Deadlines {
  /** An action and its time, by {@link System#nanoTime()}. */
  public static final class Deadline implements Comparable<Deadline> {
    private final long nanos;
    private final Runnable action;

    private Deadline(long nanos, Runnable action) {
      this.nanos = nanos;
      this.action = action;
    }

    public Runnable action() {
      return action;
    }

    @Override
    public int compareTo(Deadline other) {
      return Long.compare(nanos - other.nanos, 0);
    }
  }

  private final PriorityQueue<Deadline> queue = new PriorityQueue<>();

  public synchronized Deadline add(long delayNanos, Runnable action) {
    Deadline deadline = new Deadline(System.nanoTime() + delayNanos, action);
    queue.add(deadline);
    return deadline;
  }

  public synchronized void remove(Deadline deadline) {
    queue.removeIf(one -> one == deadline);
  }

  /** Returns the nanoseconds until the first is due, 0 when it is; -1 when there is none. */
  public synchronized long untilNext() {
    return queue.isEmpty() ? -1 : Math.max(0, queue.peek().nanos - System.nanoTime());
  }

  /** Takes the first due action, or null. */
  public synchronized Deadline takeDue() {
    return untilNext() == 0 ? queue.poll() : null;
  }
}
