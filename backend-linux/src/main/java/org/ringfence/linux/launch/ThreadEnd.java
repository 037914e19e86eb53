package org.ringfence.linux.launch;

/** Waits for threads whose end something has to be given back after. */
final class ThreadEnd {
  private ThreadEnd() {}

  /** Waits until a thread has ended. An interruption is not acted on but kept. */
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
