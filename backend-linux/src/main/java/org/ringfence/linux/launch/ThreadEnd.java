package org.ringfence.linux.launch;

/** Waits for the end of threads whose resources are freed afterwards. */
final class ThreadEnd {
  private ThreadEnd() {}

  /** Waits until a thread has ended. Keeps an interruption without acting on it. */
  static void await(Thread thread) {
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
