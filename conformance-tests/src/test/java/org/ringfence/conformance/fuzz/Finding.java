package org.ringfence.conformance.fuzz;

/**
 * A sequence that fails.
 *
 * @param scenario the scenario
 * @param seed the seed of the sequence before it was shortened
 * @param calls the number of calls inside the sandbox until then
 * @param seconds the duration until then
 * @param fault the fault
 * @param sequence the shortest sequence with this fault
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
