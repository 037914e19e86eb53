package org.ringfence.conformance;

import java.util.concurrent.Callable;
import org.ringfence.conformance.ConformanceCase.NotApplicableException;
import org.ringfence.conformance.probe.AbsentException;

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

  /** Runs a body, which says nothing when the case has passed. */
  static CaseResult of(ConformanceCase about, Callable<String> body) {
    long start = System.nanoTime();
    Outcome outcome;
    String detail;
    try {
      detail = body.call();
      outcome = detail.isEmpty() ? Outcome.PASS : Outcome.FAIL;
    } catch (NotApplicableException | AbsentException e) {
      outcome = Outcome.NOT_APPLICABLE;
      detail = e.getMessage();
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      outcome = Outcome.FAIL;
      detail = e.toString();
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    return new CaseResult(about.id(), about.group(), about.title(), outcome, detail, millis);
  }
}
