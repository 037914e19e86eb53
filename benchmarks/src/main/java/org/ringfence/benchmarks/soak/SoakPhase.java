package org.ringfence.benchmarks.soak;

/** The condition in which one worker JVM launches. */
enum SoakPhase {
  /** Nothing is killed and nothing is full: each command must end as it should. */
  QUIET(10),
  /** Random processes of the worker are killed, watchdogs among them, and at last the worker. */
  KILLS(50),
  /** The workspace and the temporary directories lie in a small file system that fills up. */
  DISK(10),
  /** The worker has few descriptors. */
  DESCRIPTORS(10),
  /** The worker and its commands have few threads and processes. */
  THREADS(10),
  /** The worker has a small heap that fills up. */
  MEMORY(10);

  /** Its share of the workers, in percent. */
  final int share;

  SoakPhase(int share) {
    this.share = share;
  }

  /** Returns the phase for a number from 0 to 99. */
  static SoakPhase at(int percent) {
    int rest = percent;
    for (SoakPhase each : values()) {
      rest -= each.share;
      if (rest < 0) {
        return each;
      }
    }
    throw new IllegalArgumentException(percent + " percent");
  }
}
