package org.ringfence.policy.effective;

import java.util.List;
import java.util.Optional;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.Operation;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;

/**
 * Says whether a backend must decide on each name, or rights on directories and mounts of existing
 * paths enforce the policy.
 *
 * @param placed the policy on a machine
 * @param tree its rules by path
 * @param leading the directories that lead to granted ones
 * @param steady paths that must stay the same objects
 */
record DecidedNames(
    EffectivePolicy placed, RuleTree tree, LeadingDirectories leading, List<String> steady) {

  /** Returns whether rights on directories alone do not enforce the policy. */
  boolean matter() {
    SandboxPolicy policy = placed.policy();
    List<EffectiveRule> rules = placed.rules();
    boolean anyRoot =
        policy.fileDefault() == FileDefault.WRITE
            || leading.any()
            || rules.stream().anyMatch(rule -> rule.access() == Access.WRITE && !rule.scratch());
    return anyRoot
        && (policy.protectedNames() != ProtectedNames.OFF
            || !policy.denyGlobs().isEmpty()
            || placed.protectedPaths().stream().anyMatch(this::isWritten)
            || rules.stream().anyMatch(this::takesWritingAway));
  }

  /**
   * Returns the part of the policy that mounts of what exists do not hold; empty if there is none.
   */
  Optional<String> beyondMounts() {
    SandboxPolicy policy = placed.policy();
    if (policy.fileDefault() == FileDefault.WRITE) {
      return Optional.of("files.default write");
    } else if (!policy.denyGlobs().isEmpty()) {
      return Optional.of("files.denyGlobs");
    } else if (placed.places().workspaceCopy().isPresent()) {
      return Optional.of("a review");
    } else if (!policy.network().unixSockets().isEmpty()) {
      return Optional.of("network.unixSockets, since a service can hand over a directory");
    } else if (leading.any()) {
      return Optional.of("tmp, since it holds a granted path");
    } else if (!policy.lifetime().equals(Lifetime.KILL)) {
      return Optional.of("lifetime keep");
    }
    List<EffectiveRule> rules = placed.rules();
    return rules.stream()
        .filter(rule -> rule.access() == Access.WRITE && placed.findsOtherNames(rule.path() + "/x"))
        .map(rule -> rule.path() + ", where files are found by other names, too")
        .findFirst()
        .or(
            () ->
                rules.stream()
                    .filter(rule -> MountedTwice.writtenAround(rules, rule.path()))
                    .map(
                        rule ->
                            "files.rules " + rule.origin() + ", which lies in a writable directory")
                    .findFirst())
        .or(
            () ->
                steady.stream()
                    .filter(path -> isWritten(path) && !isSteady(path))
                    .map(path -> path + ", which a command could exchange")
                    .findFirst());
  }

  private boolean isWritten(String path) {
    return placed.accessAt(path) == Access.WRITE;
  }

  /** Returns whether a mount can hold a path: no missing one, no link, no directory to rename. */
  private boolean isSteady(String path) {
    int end = placed.places().style().lastSeparator(path, path.length() - 1);
    String parent = end <= 0 ? "/" : path.substring(0, end);
    return placed.places().lookup().exists(path)
        && !placed.places().linksOn(path).containsKey(path)
        && (placed.rules().stream().anyMatch(rule -> rule.path().equals(parent))
            || placed.evaluate(parent, Operation.WRITE).reason() instanceof Reason.ProtectedName);
  }

  private boolean takesWritingAway(EffectiveRule rule) {
    List<String> components = placed.places().style().components(rule.path());
    if (rule.access() == Access.WRITE || components.isEmpty()) {
      return false;
    }
    EffectiveRule above = tree.decide(components.subList(0, components.size() - 1));
    return above == null
        ? placed.policy().fileDefault() == FileDefault.WRITE
        : above.access() == Access.WRITE;
  }
}
