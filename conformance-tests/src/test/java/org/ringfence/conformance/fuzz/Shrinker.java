package org.ringfence.conformance.fuzz;

import java.util.ArrayList;
import java.util.List;

/** Shortens a failing sequence as long as it fails. */
final class Shrinker {
  private static final int MOST_TRIES = 400;

  private Shrinker() {}

  /** Tests whether a sequence still fails. */
  interface Failing {
    /**
     * Runs a sequence.
     *
     * @param sequence the sequence
     */
    boolean test(Sequence sequence) throws Exception;
  }

  static Sequence shrink(Sequence sequence, Failing failing) throws Exception {
    List<Step> steps = new ArrayList<>(sequence.steps());
    int tries = 0;
    for (int size = Math.max(1, steps.size() / 2); size >= 1; size = size == 1 ? 0 : size / 2) {
      for (int at = steps.size() - size; at >= 0 && tries < MOST_TRIES; at -= size) {
        List<Step> fewer = new ArrayList<>(steps);
        fewer.subList(at, Math.min(at + size, fewer.size())).clear();
        tries++;
        if (failing.test(new Sequence(fewer))) {
          steps = fewer;
        }
      }
    }
    return new Sequence(steps);
  }
}
