package org.ringfence.conformance;

/**
 * What came of one case.
 *
 * @param id the case's id
 * @param group its group
 * @param title what it is about
 * @param outcome how it ended
 * @param detail why, for people
 * @param millis how long it took
 */
public record CaseResult(
    String id, String group, String title, Outcome outcome, String detail, long millis) {
  /** How a case ended. A skip is never a pass. */
  public enum Outcome {
    /** The sandbox did what the policy says, and the control succeeded. */
    PASS,
    /** It did not. */
    FAIL,
    /** This machine or this backend cannot show it; the detail says why. */
    NOT_APPLICABLE
  }
}
