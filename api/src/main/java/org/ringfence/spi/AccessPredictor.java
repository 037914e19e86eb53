package org.ringfence.spi;

import java.util.Map;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * The extension of a backend whose mechanism permits other accesses than the policy. Thread-safe.
 */
@FunctionalInterface
public interface AccessPredictor {
  /**
   * Predicts the effective access to a path of the user. Pure: uses a model of the system's access
   * check, on every system.
   *
   * @param policy the policy
   * @param path an absolute path, links resolved
   * @return operation to whether it is permitted; empty when the mechanism agrees with the policy
   */
  Map<String, Boolean> predict(EffectivePolicy policy, String path);
}
