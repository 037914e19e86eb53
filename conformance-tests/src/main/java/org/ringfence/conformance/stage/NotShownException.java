package org.ringfence.conformance.stage;

/** Ends a case that can show nothing, with the outcome that says why. */
public final class NotShownException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Outcome outcome;

  private NotShownException(Outcome outcome) {
    super(outcome.reason());
    this.outcome = outcome;
  }

  /**
   * Ends a case that this machine cannot show.
   *
   * @param reason the missing thing
   * @return the exception to throw
   */
  public static NotShownException skipped(String reason) {
    return new NotShownException(new Outcome.Skipped(reason));
  }

  /**
   * Ends a case whose property the backend does not promise.
   *
   * @param reason the plan's reason
   * @return the exception to throw
   */
  public static NotShownException notApplicable(String reason) {
    return new NotShownException(new Outcome.NotApplicable(reason));
  }

  /**
   * Returns the outcome of the case.
   *
   * @return skipped or not applicable
   */
  public Outcome outcome() {
    return outcome;
  }
}
