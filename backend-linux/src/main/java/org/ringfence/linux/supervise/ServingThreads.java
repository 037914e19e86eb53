package org.ringfence.linux.supervise;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The threads of a supervisor, of which one serves at a time. When a call blocks the serving
 * thread, the next thread takes over; the blocked one ends after its call. Thread-safe.
 */
final class ServingThreads implements AutoCloseable {
  private static final int MOST_THREADS = 64;
  private static final int POLL_MILLIS = 50;
  private static final long STUCK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Supplier<Runnable> loops;
  private final AtomicInteger threads = new AtomicInteger();
  private volatile Thread server;
  // The time at which the serving thread began its current call; 0 if it has none.
  private volatile long busySince;
  private volatile boolean closed;

  /**
   * Starts no thread yet.
   *
   * @param loops makes the loop of a new thread, with all memory that it needs; the loop runs until
   *     {@link #serves()} is false
   */
  ServingThreads(Supplier<Runnable> loops) {
    this.loops = loops;
  }

  /** Makes a new thread serve; the previous one ends after its current call. */
  void begin() {
    // Everything that it needs exists before it starts serving.
    Runnable loop = loops.get();
    Thread next = new Thread(() -> run(loop), "ringfence-supervisor");
    next.setDaemon(true);
    next.start();
    threads.incrementAndGet();
    busySince = 0;
    server = next;
  }

  private void run(Runnable loop) {
    try {
      loop.run();
    } finally {
      threads.decrementAndGet();
    }
  }

  /** Waits, on a new thread, until it is the serving one. */
  void awaitTurn() {
    while (server != Thread.currentThread() && !closed) {
      Thread.onSpinWait();
    }
  }

  /** Returns whether each thread that was replaced has ended; what it has done is then visible. */
  boolean isAlone() {
    return threads.get() <= 1;
  }

  /** Returns whether the calling thread serves and shall go on. */
  boolean serves() {
    return !closed && isServer();
  }

  /** Returns whether the calling thread is the serving one, even when it shall end. */
  boolean isServer() {
    return server == Thread.currentThread();
  }

  /** Records that the serving thread begins a call. */
  void busy() {
    busySince = System.nanoTime() | 1;
  }

  /** Records that the calling thread has answered its call. */
  void idle() {
    if (isServer()) {
      busySince = 0;
    }
  }

  /**
   * Starts the next thread when the serving one is stuck: a file system that does not answer, or
   * another program's lease, may block a call. When too many threads are stuck, calls wait, and
   * time limits still hold.
   *
   * @return whether a thread was needed and none is available now
   */
  boolean takeOverWhenStuck() {
    long since = busySince;
    if (since != 0
        && System.nanoTime() - since > STUCK_NANOS
        && threads.get() < MOST_THREADS
        && !closed) {
      try {
        begin();
      } catch (OutOfMemoryError e) {
        return true;
      }
    }
    return false;
  }

  /** Makes every thread end after its current call. */
  void end() {
    closed = true;
  }

  /** Waits for the serving thread's end, which {@link #end()} has asked for, but not for ever. */
  @Override
  public void close() {
    if (isServer()) {
      return;
    }
    long end = System.nanoTime() + PATIENCE_NANOS;
    Thread waited = server;
    boolean interrupted = false;
    while (waited.isAlive() && System.nanoTime() - end < 0) {
      try {
        waited.join(POLL_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      waited = server;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
