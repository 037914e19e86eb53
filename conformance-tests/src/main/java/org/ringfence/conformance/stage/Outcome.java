package org.ringfence.conformance.stage;

/** How a case ended. Only {@link Passed} counts as verified. Immutable. */
public sealed interface Outcome {
  /**
   * Returns the reason, for people.
   *
   * @return one line or more; empty when the case passed
   */
  String reason();

  /** The sandbox enforced the policy, and the control succeeded. */
  record Passed() implements Outcome {
    @Override
    public String reason() {
      return "";
    }
  }

  /**
   * The sandbox did not enforce the policy, or the case broke.
   *
   * @param reason the observation; a failure without one is an error of the case's author
   */
  record Failed(String reason) implements Outcome {
    /** Refuses an empty reason. */
    public Failed {
      if (reason.isBlank()) {
        throw new IllegalArgumentException("a failed case needs a reason");
      }
    }
  }

  /**
   * This machine cannot show the case: its control does not succeed, or something is missing.
   *
   * @param reason the missing thing
   */
  record Skipped(String reason) implements Outcome {}

  /**
   * The backend does not promise what the case tests.
   *
   * @param reason the plan's own reason
   */
  record NotApplicable(String reason) implements Outcome {}

  /**
   * Returns whether the case passed.
   *
   * @return false if it failed, or showed nothing
   */
  default boolean isPassed() {
    return this instanceof Passed;
  }

  /** Returns that the case passed. */
  static Outcome passed() {
    return new Passed();
  }

  /**
   * Returns that the case failed.
   *
   * @param reason the observation
   */
  static Outcome failed(String reason) {
    return new Failed(reason);
  }

  /**
   * Joins the outcomes of two checks of one case.
   *
   * @param other the outcome of the next check
   * @return passed if both passed; otherwise the failures of both
   */
  default Outcome and(Outcome other) {
    if (isPassed()) {
      return other;
    }
    return other.isPassed() ? this : failed(reason() + "; " + other.reason());
  }
}
