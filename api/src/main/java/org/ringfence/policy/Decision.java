package org.ringfence.policy;

import java.util.Objects;

/**
 * An answer of the policy.
 *
 * @param allowed whether the operation is granted
 * @param reason what decided
 * @param explanation why it is denied, in words; empty when allowed
 */
public record Decision(boolean allowed, Reason reason, String explanation) {
  /** Checks that no part is null. */
  public Decision {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(explanation, "explanation");
  }

  /**
   * The rule that decided, in the words of the policy.
   *
   * @return the text of the reason
   */
  public String rule() {
    return reason.text();
  }

  /**
   * A grant.
   *
   * @param reason what grants
   * @return the decision
   */
  public static Decision allow(Reason reason) {
    return new Decision(true, reason, "");
  }

  /**
   * A denial.
   *
   * @param reason what denies
   * @param explanation why, in words
   * @return the decision
   */
  public static Decision deny(Reason reason, String explanation) {
    return new Decision(false, reason, explanation);
  }
}
