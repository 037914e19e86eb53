package org.ringfence;

import java.util.List;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;

/**
 * The policy asks for a guarantee that no backend enforces on this machine. Ringfence has started
 * and changed nothing.
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
    super(message(plans));
    this.plans = List.copyOf(plans);
  }

  private static String message(List<SandboxPlan> plans) {
    if (plans.isEmpty()) {
      return "refused: no backend is on the class path";
    }
    StringBuilder text = new StringBuilder("refused: ");
    String separator = "";
    for (SandboxPlan plan : plans) {
      text.append(separator).append(plan.backend()).append(": ");
      separator = " | ";
      if (!plan.availability().usable()) {
        text.append(String.join("; ", plan.availability().reasons()));
        if (!plan.availability().remedies().isEmpty()) {
          text.append(", try: ").append(String.join("; ", plan.availability().remedies()));
        }
        continue;
      }
      String between = "";
      for (PlannedGuarantee guarantee : plan.unmet()) {
        text.append(between).append(guarantee.id()).append(' ').append(guarantee.level());
        text.append(" (").append(guarantee.reason()).append(')');
        if (!guarantee.remedy().isEmpty()) {
          text.append(", try: ").append(guarantee.remedy());
        }
        between = "; ";
      }
    }
    return text.toString();
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
