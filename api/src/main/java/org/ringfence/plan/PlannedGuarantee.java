package org.ringfence.plan;

import java.util.Objects;
import org.ringfence.policy.Guarantee;

/**
 * A guarantee that a policy asks for, and how strongly it holds here.
 *
 * @param guarantee the guarantee
 * @param statement what is promised, in a sentence, with the values of the policy
 * @param level how strongly it holds
 * @param mechanism what holds it; empty when nothing does
 * @param reason why it is not enforced; empty when it is
 * @param remedy what would help; empty when nothing is needed or known
 * @param verification where the level has not been tried yet, such as {@link
 *     #NOT_ON_A_REAL_SYSTEM}; empty when the conformance cases of this guarantee have run on a
 *     system of this kind
 */
public record PlannedGuarantee(
    Guarantee guarantee,
    String statement,
    Enforcement level,
    String mechanism,
    String reason,
    String remedy,
    String verification) {

  /** The verification of a backend that has run on fakes, models and emulated systems alone. */
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
   * The id of the guarantee.
   *
   * @return its name in policies and reports, such as {@code files.write}
   */
  public String id() {
    return guarantee.id();
  }

  /**
   * A guarantee that is enforced, and of which the catalogue's statement says everything.
   *
   * @param guarantee the guarantee
   * @param mechanism what enforces it
   * @return the planned guarantee
   */
  public static PlannedGuarantee enforced(Guarantee guarantee, String mechanism) {
    return enforced(guarantee, guarantee.statement(), mechanism);
  }

  /**
   * A guarantee that is enforced.
   *
   * @param guarantee the guarantee
   * @param statement what is promised
   * @param mechanism what enforces it
   * @return the guarantee
   */
  public static PlannedGuarantee enforced(Guarantee guarantee, String statement, String mechanism) {
    return new PlannedGuarantee(guarantee, statement, Enforcement.ENFORCED, mechanism, "", "", "");
  }

  /**
   * A guarantee that holds for well-meaning programs only.
   *
   * @param guarantee the guarantee
   * @param statement what is promised
   * @param mechanism what holds it
   * @param reason why it is not enforced
   * @param remedy what would help
   * @return the guarantee
   */
  public static PlannedGuarantee advisory(
      Guarantee guarantee, String statement, String mechanism, String reason, String remedy) {
    return new PlannedGuarantee(
        guarantee, statement, Enforcement.ADVISORY, mechanism, reason, remedy, "");
  }

  /**
   * A guarantee that does not hold.
   *
   * @param guarantee the guarantee
   * @param statement what is promised
   * @param reason why not
   * @param remedy what would help
   * @return the guarantee
   */
  public static PlannedGuarantee unsupported(
      Guarantee guarantee, String statement, String reason, String remedy) {
    return new PlannedGuarantee(
        guarantee, statement, Enforcement.UNSUPPORTED, "", reason, remedy, "");
  }

  /**
   * The same guarantee, enforced by less than the kernel or a broker.
   *
   * @param why what gets around the mechanism
   * @param help what would help
   * @return an advisory guarantee; this one when it is not enforced as it is
   */
  public PlannedGuarantee weakened(String why, String help) {
    return level == Enforcement.ENFORCED
        ? new PlannedGuarantee(
            guarantee, statement, Enforcement.ADVISORY, mechanism, why, help, verification)
        : this;
  }

  /**
   * The same guarantee with a remark about where its level has not been tried.
   *
   * @param remark the remark; empty when the level was tried on a system of this kind
   * @return the guarantee with the remark
   */
  public PlannedGuarantee withVerification(String remark) {
    return new PlannedGuarantee(guarantee, statement, level, mechanism, reason, remedy, remark);
  }
}
