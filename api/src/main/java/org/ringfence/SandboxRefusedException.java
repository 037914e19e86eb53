package org.ringfence;

import java.util.List;
import org.ringfence.plan.SandboxPlan;

/**
 * The policy asks for a guarantee that no backend enforces on this machine. Ringfence has started
 * and changed nothing. The message is a short paragraph: the guarantees that the nearest plan
 * lacks, why, and the remedies, each once. It is the command line's, too: its {@code --best-effort
 * ID} is {@link org.ringfence.policy.PolicyBuilder#acceptWeaker} in Java.
 */
public class SandboxRefusedException extends SandboxException {
  private static final long serialVersionUID = 1L;

  private final transient List<SandboxPlan> plans;

  /**
   * Creates the exception.
   *
   * @param plans the plan of each backend
   */
  public SandboxRefusedException(List<SandboxPlan> plans) {
    super(RefusalText.of(plans));
    this.plans = List.copyOf(plans);
  }

  /**
   * Returns the plan of each backend.
   *
   * @return the plans
   */
  public List<SandboxPlan> plans() {
    return plans;
  }
}
