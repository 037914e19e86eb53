package org.ringfence.windows.plan;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;

/**
 * The effective entries of a plan at a path, after inheritance: the path's first, then those of
 * each directory above, on each level deny before allow.
 *
 * @param style how paths are written
 * @param entries the entries of all paths
 */
record InheritedEntries(PathStyle style, List<Entry> entries) {
  /** Returns the names of a path, in the form for comparison. */
  static List<String> keys(PathStyle style, String path) {
    return style.components(path).stream().map(style::key).toList();
  }

  /** Returns the entries of a path, given by its names, followed by other entries. */
  List<Ace> at(List<String> parts, Ace... behind) {
    List<Ace> aces = new ArrayList<>();
    for (int depth = parts.size(); depth >= 0; depth--) {
      List<String> level = parts.subList(0, depth);
      boolean own = depth == parts.size();
      for (Ace.Type type : List.of(Ace.Type.DENY, Ace.Type.ALLOW)) {
        entries.stream()
            .filter(entry -> keys(style, entry.path()).equals(level))
            .map(Entry::ace)
            .filter(ace -> ace.type() == type && counts(ace, own))
            .forEach(aces::add);
      }
    }
    aces.addAll(List.of(behind));
    return aces;
  }

  private static boolean counts(Ace ace, boolean own) {
    return own ? ace.scope() != Ace.Scope.BELOW : ace.scope() != Ace.Scope.OBJECT;
  }
}
