package org.ringfence.conformance;

import org.ringfence.conformance.probe.AbsentException;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;

/**
 * The result of one case.
 *
 * @param id the case's id
 * @param group its group
 * @param title its title
 * @param outcome how it ended, with the reason
 * @param millis how long it took
 */
public record CaseResult(String id, String group, String title, Outcome outcome, long millis) {
  /**
   * Returns the outcome as reports name it.
   *
   * @return the verdict
   */
  public CaseVerdict verdict() {
    return CaseVerdict.of(outcome);
  }

  /**
   * Returns the reason, for people.
   *
   * @return empty when the case passed
   */
  public String detail() {
    return outcome.reason();
  }

  /** Runs a case. */
  static CaseResult of(ConformanceCase each, TestContext stage) {
    long start = System.nanoTime();
    Outcome outcome;
    try {
      outcome = each.body().run(stage);
    } catch (NotShownException e) {
      outcome = e.outcome();
    } catch (AbsentException e) {
      outcome = new Outcome.Skipped(e.getMessage());
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      outcome = Outcome.failed(e.toString());
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    return new CaseResult(each.id(), each.group(), each.title(), outcome, millis);
  }
}
