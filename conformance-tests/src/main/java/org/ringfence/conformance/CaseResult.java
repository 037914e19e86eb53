package org.ringfence.conformance;

import java.util.concurrent.Callable;
import org.ringfence.conformance.probe.AbsentException;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.NotApplicableException;

/**
 * The result of one case.
 *
 * @param id the case's id
 * @param group its group
 * @param title its title
 * @param outcome how it ended
 * @param detail the reason, for people
 * @param millis how long it took
 */
public record CaseResult(
    String id, String group, String title, Outcome outcome, String detail, long millis) {
  /** How a case ended. A skip is never a pass. */
  public enum Outcome {
    /** The sandbox enforced the policy, and the control succeeded. */
    PASS,
    /** The sandbox did not enforce the policy, or the control failed. */
    FAIL,
    /** This machine or this backend cannot show it; the detail gives the reason. */
    NOT_APPLICABLE
  }

  /** Runs a body, which returns nothing when the case has passed. */
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
