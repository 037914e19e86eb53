package org.ringfence.kit.plan;

import java.util.Objects;
import org.ringfence.plan.Enforcement;

/**
 * A backend's answer for one guarantee; the promise itself stands in {@link Statements}.
 *
 * @param level how strongly the guarantee holds
 * @param mechanism the mechanism that holds it; empty when there is none
 * @param reason the reason why it is not enforced; empty when it is
 * @param remedy the remedy; empty when none is needed or known
 */
public record Answer(Enforcement level, String mechanism, String reason, String remedy) {

  /** Checks that no part is null. */
  public Answer {
    Objects.requireNonNull(level, "level");
    Objects.requireNonNull(mechanism, "mechanism");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(remedy, "remedy");
  }

  /**
   * Answers that a guarantee is enforced.
   *
   * @param mechanism the mechanism that enforces it
   * @return the answer
   */
  public static Answer enforced(String mechanism) {
    return new Answer(Enforcement.ENFORCED, mechanism, "", "");
  }

  /**
   * Answers that a guarantee holds for well-meaning programs only.
   *
   * @param mechanism the mechanism that holds it
   * @param reason why it is not enforced
   * @param remedy the remedy
   * @return the answer
   */
  public static Answer advisory(String mechanism, String reason, String remedy) {
    return new Answer(Enforcement.ADVISORY, mechanism, reason, remedy);
  }

  /**
   * Answers that a guarantee does not hold.
   *
   * @param reason why not
   * @param remedy the remedy
   * @return the answer
   */
  public static Answer unsupported(String reason, String remedy) {
    return new Answer(Enforcement.UNSUPPORTED, "", reason, remedy);
  }
}
