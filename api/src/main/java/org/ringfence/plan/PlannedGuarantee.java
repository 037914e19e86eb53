package org.ringfence.plan;

import java.util.Objects;
import org.ringfence.policy.Guarantee;

/**
 * A guarantee that a policy asks for, and how strongly it holds here.
 *
 * @param guarantee the guarantee
 * @param statement the promise in a sentence, with the values of the policy
 * @param level how strongly it holds
 * @param mechanism the mechanism that enforces it; empty when there is none
 * @param reason the reason why it is not enforced; empty when it is
 * @param remedy the remedy; empty when none is needed or known
 * @param verification a remark that the level is untried, such as {@link #NOT_ON_A_REAL_SYSTEM};
 *     empty when the conformance cases of this guarantee have run on a system of this kind
 */
public record PlannedGuarantee(
    Guarantee guarantee,
    String statement,
    Enforcement level,
    String mechanism,
    String reason,
    String remedy,
    String verification) {

  /** The remark for a backend that has run only on fakes, models and emulated systems. */
  public static final String NOT_ON_A_REAL_SYSTEM = "not yet verified on a real system";

  /** Checks that no part is null. */
  public PlannedGuarantee {
    Objects.requireNonNull(guarantee, "guarantee");
    Objects.requireNonNull(statement, "statement");
    Objects.requireNonNull(level, "level");
    Objects.requireNonNull(mechanism, "mechanism");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(remedy, "remedy");
    Objects.requireNonNull(verification, "verification");
  }

  /**
   * Returns the id of the guarantee.
   *
   * @return its name in policies and reports, such as {@code files.write}
   */
  public String id() {
    return guarantee.id();
  }

  /**
   * Creates an enforced guarantee with the catalogue's statement.
   *
   * @param guarantee the guarantee
   * @param mechanism the mechanism that enforces it
   * @return the planned guarantee
   */
  public static PlannedGuarantee enforced(Guarantee guarantee, String mechanism) {
    return enforced(guarantee, guarantee.statement(), mechanism);
  }

  /**
   * Creates an enforced guarantee.
   *
   * @param guarantee the guarantee
   * @param statement the promise
   * @param mechanism the mechanism that enforces it
   * @return the guarantee
   */
  public static PlannedGuarantee enforced(Guarantee guarantee, String statement, String mechanism) {
    return new PlannedGuarantee(guarantee, statement, Enforcement.ENFORCED, mechanism, "", "", "");
  }

  /**
   * Creates a guarantee that holds for well-meaning programs only.
   *
   * @param guarantee the guarantee
   * @param statement the promise
   * @param mechanism the mechanism that holds it
   * @param reason why it is not enforced
   * @param remedy the remedy
   * @return the guarantee
   */
  public static PlannedGuarantee advisory(
      Guarantee guarantee, String statement, String mechanism, String reason, String remedy) {
    return new PlannedGuarantee(
        guarantee, statement, Enforcement.ADVISORY, mechanism, reason, remedy, "");
  }

  /**
   * Creates a guarantee that does not hold.
   *
   * @param guarantee the guarantee
   * @param statement the promise
   * @param reason why not
   * @param remedy the remedy
   * @return the guarantee
   */
  public static PlannedGuarantee unsupported(
      Guarantee guarantee, String statement, String reason, String remedy) {
    return new PlannedGuarantee(
        guarantee, statement, Enforcement.UNSUPPORTED, "", reason, remedy, "");
  }

  /**
   * Weakens an enforced guarantee to an advisory one.
   *
   * @param why the way around the mechanism
   * @param help the remedy
   * @return an advisory guarantee; this one when it is already weaker
   */
  public PlannedGuarantee weakened(String why, String help) {
    return level == Enforcement.ENFORCED
        ? new PlannedGuarantee(
            guarantee, statement, Enforcement.ADVISORY, mechanism, why, help, verification)
        : this;
  }

  /**
   * Returns the guarantee with a remark that its level is untried.
   *
   * @param remark the remark; empty when the level was tried on a system of this kind
   * @return the guarantee with the remark
   */
  public PlannedGuarantee withVerification(String remark) {
    return new PlannedGuarantee(guarantee, statement, level, mechanism, reason, remedy, remark);
  }
}
