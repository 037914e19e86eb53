package org.ringfence.plan;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * The plan of one backend for one policy on this machine: every guarantee with its level, before
 * anything runs.
 *
 * @param backend the backend's id
 * @param policy the policy, placed on this machine
 * @param availability whether the backend can run here
 * @param guarantees every guarantee of the policy
 */
public record SandboxPlan(
    String backend,
    EffectivePolicy policy,
    Availability availability,
    List<PlannedGuarantee> guarantees) {

  /** Checks the parts and copies the list. */
  public SandboxPlan {
    Objects.requireNonNull(backend, "backend");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(availability, "availability");
    guarantees = List.copyOf(guarantees);
  }

  /**
   * Returns the plan's answer for one guarantee.
   *
   * @param guarantee a guarantee of the catalogue
   * @return its level and reasons; empty if the policy does not ask for it or the backend's system
   *     does not know it
   */
  public Optional<PlannedGuarantee> answer(Guarantee guarantee) {
    return guarantees.stream().filter(one -> one.guarantee() == guarantee).findFirst();
  }

  /**
   * Returns the guarantees that are not enforced although the policy's strictness asks for them.
   *
   * @return the guarantees that make {@link #acceptable()} false
   */
  public List<PlannedGuarantee> unmet() {
    return guarantees.stream()
        .filter(guarantee -> guarantee.level() != Enforcement.ENFORCED && !accepts(guarantee))
        .toList();
  }

  /**
   * Says whether the policy accepts that a guarantee is weaker than enforced.
   *
   * @param guarantee a guarantee of this plan
   * @return true if the policy names it as best effort
   */
  public boolean accepts(PlannedGuarantee guarantee) {
    return policy.policy().strictness().accepts(guarantee.guarantee());
  }

  /**
   * Says whether a command may be started under this plan.
   *
   * @return true if the backend is usable and nothing is unmet
   */
  public boolean acceptable() {
    return availability.usable() && unmet().isEmpty();
  }

  /**
   * Returns how many guarantees are enforced.
   *
   * @return the number
   */
  public long enforcedCount() {
    return guarantees.stream().filter(g -> g.level() == Enforcement.ENFORCED).count();
  }
}
