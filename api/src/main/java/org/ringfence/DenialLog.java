package org.ringfence;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.event.Violation;

/** The denials of one command, in bounded memory. Thread-safe. */
final class DenialLog {
  private static final int MOST = 1_000;

  private final List<Violation> denials = new ArrayList<>();
  private long leftOut;

  synchronized void add(Violation violation) {
    if (denials.size() < MOST) {
      denials.add(violation);
    } else {
      leftOut++;
    }
  }

  synchronized void dropped(long count) {
    leftOut += count;
  }

  synchronized List<Violation> denials() {
    return List.copyOf(denials);
  }

  synchronized long leftOut() {
    return leftOut;
  }
}
