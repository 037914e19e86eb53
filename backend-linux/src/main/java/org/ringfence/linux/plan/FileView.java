package org.ringfence.linux.plan;

import java.util.Optional;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;

/**
 * Relates paths inside a sandbox to the paths of its policy. They are the same except for the
 * private parts of a mount namespace.
 *
 * @param ownTmp the directory that appears as {@code /tmp}, empty if {@code /tmp} is the host's
 * @param ownDevices whether {@code /dev} is private
 * @param ownProcesses whether {@code /proc} shows the sandbox's own processes only
 * @param policy the policy
 */
public record FileView(
    Optional<String> ownTmp, boolean ownDevices, boolean ownProcesses, EffectivePolicy policy) {
  private static final String TMP = "/tmp";
  private static final String DEVICES = "/dev/";

  /**
   * Returns the view of a sandbox without namespaces.
   *
   * @param policy the policy
   * @return the view
   */
  public static FileView ofHost(EffectivePolicy policy) {
    return new FileView(Optional.empty(), false, false, policy);
  }

  /**
   * Returns the path that the policy decides on.
   *
   * @param seen a path as the sandbox sees it, links resolved
   * @return the path on the host; empty for a private object of the sandbox
   */
  public String policyPath(String seen) {
    if (ownDevices && seen.startsWith(DEVICES) && !named(seen)) {
      return "";
    }
    boolean inTmp = seen.equals(TMP) || seen.startsWith(TMP + "/");
    if (ownTmp.isPresent() && inTmp && !named(seen)) {
      return ownTmp.get() + seen.substring(TMP.length());
    }
    return seen;
  }

  /** Returns whether a rule names a path in a private part: then it is the host's. */
  private boolean named(String seen) {
    for (EffectiveRule rule : policy.rules()) {
      String path = rule.path();
      boolean below = path.startsWith(TMP + "/") || path.startsWith(DEVICES);
      if (below && (seen.equals(path) || seen.startsWith(path + "/"))) {
        return true;
      }
    }
    return false;
  }
}
