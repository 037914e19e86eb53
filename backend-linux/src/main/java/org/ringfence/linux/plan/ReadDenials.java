package org.ringfence.linux.plan;

import java.util.List;
import org.ringfence.policy.Access;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.EffectiveRule;

/**
 * Rules that deny reading below what may be read. A mount covers what is there when a command
 * starts; when a program outside puts another file there the mount is gone with the old one.
 */
final class ReadDenials {
  private ReadDenials() {}

  /**
   * Denied paths where programs of this user's could put something else, or make what is missing.
   *
   * @param policy the policy
   * @return the paths
   */
  static List<String> replaceable(EffectivePolicy policy) {
    return policy.rules().stream()
        .filter(rule -> rule.access() == Access.NONE)
        .map(EffectiveRule::path)
        .filter(path -> !path.equals("/") && policy.accessAt(path) == Access.NONE)
        .filter(path -> policy.accessAt(parent(path)) != Access.NONE)
        .filter(path -> !isOwn(policy, path))
        .filter(path -> policy.places().lookup().replaceable(path))
        .distinct()
        .toList();
  }

  /** Below what is the sandbox's own there is nothing of the host's. */
  private static boolean isOwn(EffectivePolicy policy, String path) {
    return path.startsWith("/dev/")
        || path.startsWith("/tmp/") && BubblewrapCompiler.ownTmp(policy);
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }
}
