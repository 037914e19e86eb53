package org.ringfence.cli.imports;

import java.util.List;
import org.ringfence.policy.SandboxPolicy;

/**
 * A policy made of another sandbox's settings.
 *
 * @param policy the policy
 * @param unsaid the settings that it does not express exactly, in their order
 */
public record ImportedPolicy(SandboxPolicy policy, List<Unsaid> unsaid) {
  /** Copies the list. */
  public ImportedPolicy {
    unsaid = List.copyOf(unsaid);
  }

  /** Returns whether the policy may grant more than the settings. */
  public boolean mayBeWeaker() {
    return unsaid.stream().anyMatch(each -> each.effect() == Unsaid.Effect.WEAKER);
  }
}
