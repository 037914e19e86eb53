package org.ringfence.linux.bind;

/** Waits for the end of threads whose resources are freed afterwards. */
public final class ThreadEnd {
  private ThreadEnd() {}

  /** Waits until a thread has ended. Keeps an interruption without acting on it. */
  public static void await(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
