package org.ringfence.policy;

/**
 * An answer of the policy.
 *
 * @param allowed whether the operation is granted
 * @param rule the rule that decided, in the words of the policy
 * @param reason why it is denied; empty when allowed
 */
public record Decision(boolean allowed, String rule, String reason) {
  /**
   * A grant.
   *
   * @param rule the rule that grants
   * @return the decision
   */
  public static Decision allow(String rule) {
    return new Decision(true, rule, "");
  }

  /**
   * A denial.
   *
   * @param rule the rule that denies
   * @param reason why
   * @return the decision
   */
  public static Decision deny(String rule, String reason) {
    return new Decision(false, rule, reason);
  }
}
