package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Rules that grant access through a symbolic link that an earlier command may have created: such a
 * link would let a command choose the next one's access. Ringfence refuses such a rule unless the
 * other rules grant the same anyway.
 */
final class PlantedLinks {
  private record Linked(EffectiveRule rule, String text, List<String> links) {}

  private final SandboxPolicy policy;
  private final PathStyle style;
  private final List<Linked> linked = new ArrayList<>();

  PlantedLinks(SandboxPolicy policy, PathStyle style) {
    this.policy = policy;
    this.style = style;
  }

  /** Records a granting rule and the links on the way of its path. */
  void passed(EffectiveRule rule, String text, Set<String> links) {
    if (!links.isEmpty()) {
      linked.add(new Linked(rule, text, List.copyOf(links)));
    }
  }

  /**
   * Refuses rules that lead through a link in a writable place.
   *
   * @param all all rules, including the recorded ones
   * @throws InvalidPolicyException if there is such a rule
   */
  void check(List<EffectiveRule> all) {
    if (linked.isEmpty()) {
      return;
    }
    RuleTree whole = new RuleTree(style, all);
    List<EffectiveRule> others = new ArrayList<>(all);
    List<Linked> suspects = new ArrayList<>();
    for (Linked each : linked) {
      if (each.links.stream().anyMatch(link -> writes(whole, parent(link)))) {
        suspects.add(each);
        others.removeIf(rule -> rule == each.rule);
      }
    }
    RuleTree rest = new RuleTree(style, others);
    for (Linked each : suspects) {
      if (!given(rest, each.rule)) {
        String link =
            each.links.stream().filter(one -> writes(whole, parent(one))).findFirst().orElseThrow();
        throw new InvalidPolicyException(
            "files.rules",
            each.text,
            "the path that is meant: the link "
                + link
                + ", which a command may have made, leads to "
                + each.rule.path());
      }
    }
  }

  private boolean given(RuleTree rest, EffectiveRule rule) {
    List<String> path = style.components(rule.path());
    List<String> below = path.subList(rest.depthOfDecision(path), path.size());
    return accessAt(rest, path).compareTo(rule.access()) >= 0
        && (rule.access() != Access.WRITE
            || new ProtectedNameMatcher(policy.protectedNames()).matching(below) == null);
  }

  private boolean writes(RuleTree tree, List<String> path) {
    return accessAt(tree, path) == Access.WRITE;
  }

  private Access accessAt(RuleTree tree, List<String> path) {
    EffectiveRule rule = tree.decide(path);
    if (rule != null) {
      return rule.access();
    }
    return switch (policy.fileDefault()) {
      case READ -> Access.READ;
      case WRITE -> Access.WRITE;
      case MINIMAL -> Access.NONE;
    };
  }

  private List<String> parent(String link) {
    List<String> components = style.components(link);
    return components.subList(0, Math.max(0, components.size() - 1));
  }
}
