package org.ringfence.conformance.fuzz;

import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * System calls in order, drawn from a seed or read from text.
 *
 * @param steps the calls
 */
record Sequence(List<Step> steps) {
  Sequence {
    steps = List.copyOf(steps);
  }

  /**
   * Draws a sequence.
   *
   * @param seed the seed; the same seed gives the same sequence
   * @param length the number of calls
   * @param turns whether its halves run in sandboxes one after the other
   */
  static Sequence draw(long seed, int length, boolean turns) {
    // Seeds that are close to each other would begin alike.
    Random random = new Random(new SplittableRandom(seed).nextLong());
    return new Drawing(random, Theme.draw(random, turns)).sequence(length);
  }

  /** The first steps, as many as that. */
  Sequence until(int step) {
    return new Sequence(steps.subList(0, step));
  }

  /** The other steps, in processes of their own. */
  Sequence from(int step) {
    return new Sequence(steps.subList(step, steps.size()));
  }

  /** Parses the output of {@link #toString}. */
  static Sequence parse(String text) {
    return new Sequence(text.lines().filter(line -> !line.isBlank()).map(Step::parse).toList());
  }

  @Override
  public String toString() {
    return steps.stream().map(Step::toString).collect(Collectors.joining("\n"));
  }
}
