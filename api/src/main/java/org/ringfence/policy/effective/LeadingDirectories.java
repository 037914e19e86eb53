package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ringfence.policy.Access;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.path.PathStyle;

/**
 * Directories of short-lived objects, such as a shared temporary directory, above granted paths.
 * Tools that start in a granted directory search all directories above it for a repository or
 * configuration. So names are protected in these directories, too, and only in them: elsewhere in a
 * temporary directory repositories come and go. Immutable.
 */
final class LeadingDirectories {
  private static final String SHARED =
      "; in the shared temporary directory that holds only for directories that lead to"
          + " granted paths: a repository or configuration elsewhere in it is not held";

  private final ProtectedNameMatcher names;
  private final PathStyle style;
  // Keyed by components, as the style compares them.
  private final Map<List<String>, List<String>> directories = new LinkedHashMap<>();

  LeadingDirectories(
      ProtectedNames names, PathStyle style, List<EffectiveRule> rules, RuleTree tree) {
    this.names = new ProtectedNameMatcher(names);
    this.style = style;
    if (names == ProtectedNames.OFF) {
      return;
    }
    for (EffectiveRule rule : rules) {
      if (rule.access() == Access.NONE || rule.scratch()) {
        continue;
      }
      List<String> path = style.components(rule.path());
      for (int end = 0; end < path.size(); end++) {
        List<String> above = path.subList(0, end);
        EffectiveRule decides = tree.decide(above);
        if (decides != null && decides.scratch() && decides.access() == Access.WRITE) {
          directories.put(key(above), List.copyOf(above));
        }
      }
    }
  }

  private List<String> key(List<String> components) {
    List<String> key = new ArrayList<>(components.size());
    components.forEach(each -> key.add(style.key(each)));
    return key;
  }

  boolean any() {
    return !directories.isEmpty();
  }

  /** Returns the plans' addition about a shared temporary directory. */
  String statement(TmpPolicy tmp) {
    return tmp == TmpPolicy.SHARED ? SHARED : "";
  }

  /** Returns the usual protected names in the directories, whether or not they exist. */
  List<String> usual() {
    List<String> usual = new ArrayList<>();
    for (List<String> directory : directories.values()) {
      String path = directory.isEmpty() ? "" : style.join(directory);
      names.usual().forEach(name -> usual.add(path + "/" + name));
    }
    return usual;
  }

  /** Returns whether the first components of a path are such a directory. */
  boolean holds(List<String> path, int length) {
    return any() && directories.containsKey(key(path.subList(0, length)));
  }

  /**
   * Returns the protected name that a path lies on in one of these directories, or null.
   *
   * @param path the path, which finds the directory
   * @param plain its names as they are compared with protected ones
   */
  String protectedAt(List<String> path, List<String> plain) {
    for (int start : starts(path)) {
      String name = names.matchingAt(plain, start);
      if (name != null) {
        return name;
      }
    }
    return null;
  }

  /**
   * Returns the protected name that a moved object with unexamined contents brings or takes away.
   */
  String replacedAt(List<String> path, List<String> plain) {
    for (int start : starts(path)) {
      String name = names.matchingReplacementAt(plain, start);
      if (name != null) {
        return name;
      }
    }
    return null;
  }

  private List<Integer> starts(List<String> path) {
    if (!any()) {
      return Collections.emptyList();
    }
    List<Integer> starts = new ArrayList<>();
    for (int length = 0; length < path.size(); length++) {
      if (holds(path, length)) {
        starts.add(length);
      }
    }
    return starts;
  }
}
