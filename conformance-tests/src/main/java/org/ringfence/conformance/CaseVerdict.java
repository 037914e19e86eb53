package org.ringfence.conformance;

import org.ringfence.conformance.stage.Outcome;

/** The outcome of a case as reports name it. Only {@link #PASS} counts as verified. */
public enum CaseVerdict {
  /** The sandbox enforced the policy, and the control succeeded. */
  PASS("Passed", "pass", "pass"),
  /** The sandbox did not enforce the policy, or the case broke. */
  FAIL("Failed", "FAIL", "fail"),
  /** This machine cannot show it. */
  SKIPPED("Skipped", "skip", "skip"),
  /** The backend does not promise it. */
  NOT_APPLICABLE("Not applicable", "n/a", "none");

  private final String heading;
  private final String word;
  private final String style;

  CaseVerdict(String heading, String word, String style) {
    this.heading = heading;
    this.word = word;
    this.style = style;
  }

  static CaseVerdict of(Outcome outcome) {
    if (outcome instanceof Outcome.Passed) {
      return PASS;
    }
    if (outcome instanceof Outcome.Skipped) {
      return SKIPPED;
    }
    return outcome instanceof Outcome.NotApplicable ? NOT_APPLICABLE : FAIL;
  }

  Outcome because(String reason) {
    return switch (this) {
      case PASS -> Outcome.passed();
      case FAIL -> Outcome.failed(reason);
      case SKIPPED -> new Outcome.Skipped(reason);
      case NOT_APPLICABLE -> new Outcome.NotApplicable(reason);
    };
  }

  /** Returns the heading of its section. */
  String heading() {
    return heading;
  }

  /** Returns the word in front of a case. */
  String word() {
    return word;
  }

  /** Returns the name of its style in the page. */
  String style() {
    return style;
  }
}
