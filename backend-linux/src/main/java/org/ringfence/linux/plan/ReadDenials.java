package org.ringfence.linux.plan;

import java.util.List;
import org.ringfence.policy.Access;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;

/**
 * Rules that hide a path inside a readable directory. A mount covers the file that exists when a
 * command starts; if a program outside replaces that file, the mount is gone with it. On a drive of
 * Windows it covers one spelling of the name.
 */
final class ReadDenials {
  private static final String TMP = "/tmp/";

  private ReadDenials() {}

  /**
   * Returns the denied paths whose object this user's programs could replace or create, or that has
   * other names.
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
        .filter(path -> policy.findsOtherNames(path) || policy.places().lookup().replaceable(path))
        .distinct()
        .toList();
  }

  /** Returns whether a path lies in a private part of the sandbox, which holds no host files. */
  private static boolean isOwn(EffectivePolicy policy, String path) {
    return path.startsWith("/dev/")
        || path.startsWith(TMP)
            && BubblewrapCompiler.ownTmp(policy)
            && policy.rules().stream().noneMatch(rule -> shows(rule, path));
  }

  /** Returns whether a rule shows a part of the host's /tmp that holds a path. */
  private static boolean shows(EffectiveRule rule, String path) {
    return rule.access() != Access.NONE
        && rule.path().startsWith(TMP)
        && path.startsWith(rule.path() + "/");
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }
}
