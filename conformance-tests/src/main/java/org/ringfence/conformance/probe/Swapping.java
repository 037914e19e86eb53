package org.ringfence.conformance.probe;

/**
 * A thread that alternates a state while another makes calls that depend on it. It takes part in
 * every round, however busy the machine is.
 */
final class Swapping implements AutoCloseable {
  private final Thread thread;
  private volatile long turns;
  private volatile boolean ended;
  private long seen;

  /**
   * Begins at once.
   *
   * @param there changes the state
   * @param back restores it
   */
  Swapping(Runnable there, Runnable back) {
    thread =
        new Thread(
            () -> {
              for (long turn = 1; !ended; turn++) {
                (turn % 2 == 1 ? there : back).run();
                turns = turn;
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  /** Waits until the state has changed since the last round. */
  void round() {
    while (turns == seen && thread.isAlive()) {
      Thread.yield();
    }
    seen = turns;
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    thread.join();
  }
}
