package org.ringfence.windows.plan;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;

/**
 * The directories above granted paths. Programs look at each of them ({@code lstat}, {@code
 * realpath}); another account or a container may not, unless an entry lets it. The entries permit
 * no listing, and nothing inherits them.
 */
public final class ParentDirectories {
  private ParentDirectories() {}

  /** Returns whether an entry lets a SID look at a directory and nothing more. */
  public static boolean looks(Ace ace) {
    return ace.type() == Ace.Type.ALLOW
        && ace.scope() == Ace.Scope.OBJECT
        && ace.mask() == AccessMask.LOOKING;
  }

  /**
   * Returns the entries for the directories above granted paths. The root of a drive and the
   * directories above the home directory are not the user's, and get none; nor does a directory
   * that a rule names.
   */
  static List<Entry> entries(EffectivePolicy policy, Sid sid) {
    PathStyle style = policy.places().style();
    Set<List<String>> named = new LinkedHashSet<>();
    policy.rules().forEach(rule -> named.add(InheritedEntries.keys(style, rule.path())));
    List<String> home = InheritedEntries.keys(style, policy.places().home());
    Set<List<String>> done = new LinkedHashSet<>();
    List<Entry> entries = new ArrayList<>();
    for (EffectiveRule rule : policy.rules()) {
      if (RestrictedTokenPlan.accessOf(policy, rule) == Access.NONE) {
        continue;
      }
      List<String> parts = style.components(rule.path());
      List<String> keys = InheritedEntries.keys(style, rule.path());
      // The first component is the drive.
      for (int depth = 2; depth < parts.size(); depth++) {
        List<String> above = keys.subList(0, depth);
        boolean others = above.size() < home.size() && home.subList(0, depth).equals(above);
        if (!others && !named.contains(above) && done.add(above)) {
          entries.add(
              new Entry(
                  style.join(parts.subList(0, depth)),
                  new Ace(Ace.Type.ALLOW, sid, AccessMask.LOOKING, Ace.Scope.OBJECT),
                  "above " + rule.path(),
                  true));
        }
      }
    }
    return entries;
  }
}
