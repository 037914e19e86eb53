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
 * Writable roots, and directories in them, with a protected path below: a command that moved one
 * could put another file in the path's place.
 */
final class ImmovableDirectories {
  private ImmovableDirectories() {}

  /**
   * Returns entries that deny a SID the right to delete or move them. The files in them are
   * unaffected.
   */
  static List<Entry> entries(EffectivePolicy policy, Sid sid) {
    PathStyle style = policy.places().style();
    Set<String> done = new LinkedHashSet<>();
    List<Entry> entries = new ArrayList<>();
    for (EffectiveRule rule : policy.rules()) {
      if (RestrictedTokenPlan.accessOf(policy, rule) != Access.WRITE) {
        continue;
      }
      int root = style.components(rule.path()).size();
      for (List<String> kept : kept(policy, style)) {
        for (int depth = root; isBelow(kept, rule.path(), style) && depth < kept.size(); depth++) {
          String directory = style.join(kept.subList(0, depth));
          if (done.add(directory)) {
            entries.add(
                new Entry(
                    directory,
                    new Ace(Ace.Type.DENY, sid, AccessMask.DELETE, Ace.Scope.OBJECT),
                    "paths below are kept",
                    true));
          }
        }
      }
    }
    return entries;
  }

  private static boolean isBelow(List<String> kept, String root, PathStyle style) {
    List<String> above = InheritedEntries.keys(style, root);
    return kept.size() > above.size()
        && kept.subList(0, above.size()).stream().map(style::key).toList().equals(above);
  }

  /** Returns the names of the paths that are not written, in their spelling. */
  private static List<List<String>> kept(EffectivePolicy policy, PathStyle style) {
    List<List<String>> kept = new ArrayList<>();
    for (EffectiveRule rule : policy.rules()) {
      if (RestrictedTokenPlan.accessOf(policy, rule) != Access.WRITE) {
        kept.add(style.components(rule.path()));
      }
    }
    policy.protectedPaths().forEach(path -> kept.add(style.components(path)));
    return kept;
  }
}
