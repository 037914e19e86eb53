package org.ringfence.conformance.fuzz;

/**
 * A sequence that fails.
 *
 * @param scenario the scenario
 * @param seed the seed that it was drawn by, before it was made shorter
 * @param calls how many calls were made inside until then
 * @param seconds how long that took
 * @param fault what is wrong
 * @param sequence the shortest sequence that fails in this way
 */
record Finding(
    Scenario scenario, long seed, long calls, long seconds, String fault, Sequence sequence) {
  @Override
  public String toString() {
    return "FAULT in scenario "
        + scenario
        + "\n  seed "
        + seed
        + ", after "
        + calls
        + " calls, "
        + seconds
        + " s\n  "
        + fault
        + "\n"
        + sequence.toString().indent(4);
  }
}
