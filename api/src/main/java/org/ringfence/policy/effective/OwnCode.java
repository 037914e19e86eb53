package org.ringfence.policy.effective;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.code.CodeLocations;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;

/**
 * The locations of code that this JVM runs outside any sandbox. A command cannot write there, or
 * change a link on the way, unless the policy grants writing everywhere.
 */
final class OwnCode {
  private OwnCode() {}

  /** Returns those that a rule makes writable, in whole or in part, and the links on the way. */
  static List<String> withinReach(
      SandboxPolicy policy, PathContext places, List<EffectiveRule> placed) {
    if (places.style() != PathStyle.POSIX
        || places.lookup() != PathLookup.HOST
        || policy.fileDefault() == FileDefault.WRITE
        || placed.stream().noneMatch(rule -> rule.access() == Access.WRITE)) {
      return List.of();
    }
    List<String> writable =
        placed.stream()
            .filter(rule -> rule.access() == Access.WRITE)
            .map(EffectiveRule::path)
            .toList();
    Set<String> found = new LinkedHashSet<>();
    // Jars lie in few directories, so that few link searches are needed.
    PathLookup lookup = places.lookup().forMany();
    for (Path named : CodeLocations.named()) {
      String path = named.toString();
      lookup.linksOn(path).keySet().forEach(link -> add(link, writable, found));
      add(lookup.real(path), writable, found);
    }
    return List.copyOf(found);
  }

  private static void add(String path, List<String> writable, Set<String> found) {
    if (writable.stream()
            .anyMatch(
                root ->
                    PathStyle.POSIX.isAtOrBelow(path, root)
                        || PathStyle.POSIX.isAtOrBelow(root, path))
        && found.stream().noneMatch(above -> PathStyle.POSIX.isAtOrBelow(path, above))) {
      found.add(path);
    }
  }
}
