package org.ringfence.policy;

import java.util.Objects;

/**
 * An answer of the policy.
 *
 * @param allowed whether the operation is granted
 * @param reason the reason of the decision
 * @param explanation why it is denied, in words; empty when allowed
 */
public record Decision(boolean allowed, Reason reason, String explanation) {
  /** Checks that no part is null. */
  public Decision {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(explanation, "explanation");
  }

  /**
   * Returns the rule that decided, in the words of the policy.
   *
   * @return the text of the reason
   */
  public String rule() {
    return reason.text();
  }

  /**
   * Creates a grant.
   *
   * @param reason the reason of the grant
   * @return the decision
   */
  public static Decision allow(Reason reason) {
    return new Decision(true, reason, "");
  }

  /**
   * Creates a denial.
   *
   * @param reason the reason of the denial
   * @param explanation why, in words
   * @return the decision
   */
  public static Decision deny(Reason reason, String explanation) {
    return new Decision(false, reason, explanation);
  }
}
