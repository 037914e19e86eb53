package org.ringfence.event;

/**
 * The numbers of events that a listener did not receive, because it was too slow.
 *
 * @param violations denials, including repetitions of a reported one
 * @param commands programs that were executed
 * @param connections decisions about connections
 */
public record DroppedEvents(long violations, long commands, long connections) {
  /**
   * Adds numbers.
   *
   * @param more the others
   * @return the sums
   */
  public DroppedEvents plus(DroppedEvents more) {
    return new DroppedEvents(
        violations + more.violations(),
        commands + more.commands(),
        connections + more.connections());
  }

  /**
   * Returns how many events are missing.
   *
   * @return the sum of all numbers
   */
  public long total() {
    return violations + commands + connections;
  }
}
