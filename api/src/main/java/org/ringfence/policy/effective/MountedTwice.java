package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.Operation;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;

/** Applies a denial at every path by which a mount shows the object. */
final class MountedTwice {
  private MountedTwice() {}

  /** Returns the rules that take access away, repeated for each other path of their objects. */
  static List<EffectiveRule> rules(List<EffectiveRule> placed, PathLookup lookup) {
    List<EffectiveRule> taking =
        placed.stream()
            .filter(
                rule ->
                    rule.access() == Access.NONE
                        || rule.access() == Access.READ && writtenAround(placed, rule.path()))
            .toList();
    if (taking.isEmpty()) {
      return List.of();
    }
    Map<String, List<String>> names =
        lookup.otherNames(taking.stream().map(EffectiveRule::path).toList());
    List<EffectiveRule> more = new ArrayList<>();
    for (EffectiveRule rule : taking) {
      for (String name : names.getOrDefault(rule.path(), List.of())) {
        if (rule.access() == Access.NONE || writtenAround(placed, name)) {
          more.add(
              new EffectiveRule(
                  name, rule.access(), rule.origin() + " (mounted here, too)", false));
        }
      }
    }
    return more;
  }

  /** Returns whether a path lies below a writable one. */
  static boolean writtenAround(List<EffectiveRule> placed, String path) {
    return placed.stream()
        .anyMatch(
            rule ->
                rule.access() == Access.WRITE
                    && !rule.path().equals(path)
                    && PathStyle.POSIX.isAtOrBelow(path, rule.path()));
  }

  /** Returns the protected paths, with the other paths of each. */
  static Set<String> paths(Set<String> kept, PathLookup lookup) {
    Set<String> all = new LinkedHashSet<>(kept);
    if (!kept.isEmpty()) {
      lookup.otherNames(kept).values().forEach(all::addAll);
    }
    return all;
  }

  /** Returns a path by which a later mount shows an object that the policy denies elsewhere. */
  static Optional<String> since(EffectivePolicy policy) {
    Set<String> denied = new LinkedHashSet<>();
    Set<String> unwritten = new LinkedHashSet<>(policy.protectedPaths());
    for (EffectiveRule rule : policy.rules()) {
      if (rule.access() == Access.NONE) {
        denied.add(rule.path());
      } else if (rule.access() == Access.READ && writtenAround(policy.rules(), rule.path())) {
        unwritten.add(rule.path());
      }
    }
    return lost(policy, denied, Operation.READ).or(() -> lost(policy, unwritten, Operation.WRITE));
  }

  private static Optional<String> lost(
      EffectivePolicy policy, Set<String> paths, Operation operation) {
    if (paths.isEmpty()) {
      return Optional.empty();
    }
    return policy.places().lookup().otherNames(paths).entrySet().stream()
        .flatMap(
            entry ->
                entry.getValue().stream()
                    .filter(name -> policy.evaluate(name, operation).allowed())
                    .map(name -> entry.getKey() + " is mounted at " + name + ", too"))
        .findFirst();
  }
}
