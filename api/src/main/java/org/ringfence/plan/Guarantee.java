package org.ringfence.plan;

import java.util.Objects;

/**
 * One promise of a policy and how strongly it holds here.
 *
 * @param id its stable name, dotted
 * @param statement what is promised, in a sentence
 * @param level how strongly it holds
 * @param mechanism what holds it; empty when nothing does
 * @param reason why it is not enforced; empty when it is
 * @param remedy what would help; empty when nothing is needed or known
 * @param verification where the level has not been tried yet, such as {@link
 *     #NOT_ON_A_REAL_SYSTEM}; empty when the conformance cases of this guarantee have run on a
 *     system of this kind
 */
public record Guarantee(
    String id,
    String statement,
    Enforcement level,
    String mechanism,
    String reason,
    String remedy,
    String verification) {

  /** The verification of a backend that has run on fakes, models and emulated systems alone. */
  public static final String NOT_ON_A_REAL_SYSTEM = "not yet verified on a real system";

  /** Checks that no part is null. */
  public Guarantee {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(statement, "statement");
    Objects.requireNonNull(level, "level");
    Objects.requireNonNull(mechanism, "mechanism");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(remedy, "remedy");
    Objects.requireNonNull(verification, "verification");
  }

  /**
   * A guarantee that is enforced.
   *
   * @param id its id
   * @param statement what is promised
   * @param mechanism what enforces it
   * @return the guarantee
   */
  public static Guarantee enforced(String id, String statement, String mechanism) {
    return new Guarantee(id, statement, Enforcement.ENFORCED, mechanism, "", "", "");
  }

  /**
   * A guarantee that holds for well-meaning programs only.
   *
   * @param id its id
   * @param statement what is promised
   * @param mechanism what holds it
   * @param reason why it is not enforced
   * @param remedy what would help
   * @return the guarantee
   */
  public static Guarantee advisory(
      String id, String statement, String mechanism, String reason, String remedy) {
    return new Guarantee(id, statement, Enforcement.ADVISORY, mechanism, reason, remedy, "");
  }

  /**
   * A guarantee that does not hold.
   *
   * @param id its id
   * @param statement what is promised
   * @param reason why not
   * @param remedy what would help
   * @return the guarantee
   */
  public static Guarantee unsupported(String id, String statement, String reason, String remedy) {
    return new Guarantee(id, statement, Enforcement.UNSUPPORTED, "", reason, remedy, "");
  }

  /**
   * The same guarantee, enforced by less than the kernel or a broker.
   *
   * @param why what gets around the mechanism
   * @param help what would help
   * @return an advisory guarantee; this one when it is not enforced as it is
   */
  public Guarantee weakened(String why, String help) {
    return level == Enforcement.ENFORCED
        ? new Guarantee(id, statement, Enforcement.ADVISORY, mechanism, why, help, verification)
        : this;
  }

  /**
   * The same guarantee with a remark about where its level has not been tried.
   *
   * @param remark the remark; empty when the level was tried on a system of this kind
   * @return the guarantee with the remark
   */
  public Guarantee withVerification(String remark) {
    return new Guarantee(id, statement, level, mechanism, reason, remedy, remark);
  }
}
