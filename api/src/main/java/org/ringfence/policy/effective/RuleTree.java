package org.ringfence.policy.effective;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.ringfence.policy.Operation;
import org.ringfence.policy.path.LooseNames;
import org.ringfence.policy.path.PathStyle;

/**
 * The rules by path component: one walk down finds the most specific rule. On equal paths the
 * stricter rule stays.
 */
final class RuleTree {
  private static final class Node {
    private final Map<String, Node> children = new HashMap<>();
    private EffectiveRule rule;
  }

  private final PathStyle style;
  private final Node root = new Node();
  // The rules as they are spelled; null where all are.
  private final RuleTree exact;

  RuleTree(PathStyle style, List<EffectiveRule> rules) {
    this(style, rules, LooseNames.NONE);
  }

  /** Makes the tree; its look-ups get paths as {@code loose} spells them. */
  RuleTree(PathStyle style, List<EffectiveRule> rules, LooseNames loose) {
    this.style = style;
    exact = loose == LooseNames.NONE ? null : new RuleTree(style, rules);
    for (EffectiveRule rule : rules) {
      Node node = root;
      for (String component : style.components(loose.spelled(rule.path()))) {
        node = node.children.computeIfAbsent(style.key(component), key -> new Node());
      }
      if (node.rule == null || rule.access().compareTo(node.rule.access()) < 0) {
        node.rule = rule;
      }
    }
  }

  /**
   * Returns the deciding rule of an operation, or null if the default applies. A path gets no more
   * by its similarity to a rule's than by itself: where the file system tells letter case apart
   * after all, it is another directory.
   *
   * @param path the path
   * @param spelled its components, as the policy spells them
   * @param byDefault whether the default permits the operation
   */
  EffectiveRule decide(String path, List<String> spelled, Operation operation, boolean byDefault) {
    EffectiveRule rule = decide(spelled);
    if (exact == null || rule == null || !rule.access().permits(operation)) {
      return rule;
    }
    EffectiveRule own = exact.decide(style.components(path));
    return (own == null ? byDefault : own.access().permits(operation)) ? rule : own;
  }

  /** Returns the deciding rule, or null if the default applies. */
  EffectiveRule decide(List<String> components) {
    Node node = root;
    EffectiveRule rule = root.rule;
    for (String component : components) {
      node = node.children.get(style.key(component));
      if (node == null) {
        break;
      }
      if (node.rule != null) {
        rule = node.rule;
      }
    }
    return rule;
  }

  /** Returns the number of leading components of the deciding rule's path. */
  int depthOfDecision(List<String> components) {
    Node node = root;
    int depth = 0;
    for (int i = 0; i < components.size(); i++) {
      node = node.children.get(style.key(components.get(i)));
      if (node == null) {
        break;
      }
      if (node.rule != null) {
        depth = i + 1;
      }
    }
    return depth;
  }
}
