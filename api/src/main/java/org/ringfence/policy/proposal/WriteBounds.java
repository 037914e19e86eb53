package org.ringfence.policy.proposal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.ringfence.policy.Access;
import org.ringfence.policy.Decision;
import org.ringfence.policy.FileRule;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.Operation;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.HomeNames;
import org.ringfence.policy.effective.ProtectedNameMatcher;
import org.ringfence.policy.path.Homes;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.tree.SharedDirectories;
import org.ringfence.policy.value.ListedName;

/** Decides where a proposal may grant writing without consent, with consent, or never. */
final class WriteBounds {
  /** The verdict on a path. */
  sealed interface Verdict {}

  /** The path lies in the workspace, unprotected. */
  record Workspace() implements Verdict {}

  /**
   * The path lies in a cache that a preset grants.
   *
   * @param path the cache
   */
  record Cache(String path) implements Verdict {}

  /** The path lies elsewhere. */
  record Elsewhere() implements Verdict {}

  /**
   * A proposal never grants the path.
   *
   * @param reason the reason
   */
  record Never(String reason) implements Verdict {}

  private final PathContext places;
  private final String workspace;
  private final ProtectedNames names;
  private final ProtectedNames given;
  private final HomeNames homes;
  private final EffectivePolicy open;
  private final List<FileRule> presets;

  WriteBounds(EffectivePolicy before, Collection<SandboxPolicy> presets) {
    this.places = before.places();
    this.workspace = places.real(places.workspace());
    SandboxPolicy policy = before.policy();
    this.given = policy.protectedNames();
    this.names =
        policy.protectedNames() == ProtectedNames.OFF
            ? ProtectedNames.HOOKS_AND_CONFIG
            : policy.protectedNames();
    this.homes = HomeNames.everywhere(names, places);
    this.open =
        EffectivePolicy.of(
            policy.toBuilder()
                .layer()
                .rule(":workspace", Access.WRITE, MissingPath.SKIP)
                .protectedNames(names)
                .build(),
            places);
    this.presets =
        presets.stream()
            .flatMap(preset -> preset.rules().stream())
            .filter(rule -> rule.access() == Access.WRITE)
            .toList();
  }

  Verdict judge(String path) {
    PathStyle style = places.style();
    List<String> components = style.components(path);
    List<String> root = style.components(workspace);
    if (!root.isEmpty() && style.startsWith(components, root)) {
      Decision decision = open.evaluate(path, Operation.WRITE);
      return decision.allowed() ? new Workspace() : new Never(explained(decision.rule()));
    }
    String name = homes.protectedAt(components, 0);
    if (name != null) {
      return new Never(explained("protectedNames " + name));
    }
    return places.home().isEmpty() ? new Elsewhere() : cache(path);
  }

  /**
   * Returns whether a proposal may ask for a directory above a path: the policy that grants it has
   * to keep the names in it that are protected.
   */
  boolean mayWriteInTree(String path) {
    return names == given
        && !ProtectedNameMatcher.leadsToName(places.style().components(path))
        && judge(path) instanceof Elsewhere;
  }

  /** Returns the directories that are too much to grant for the files of one program. */
  SharedDirectories sharedDirectories() {
    return new SharedDirectories(
        Homes.of(places).stream().map(Path::of).toList(), Path.of(workspace));
  }

  private Verdict cache(String path) {
    String home = places.real(places.home());
    for (ListedName cache : HomeNames.caches()) {
      String at = home + "/" + cache.text();
      boolean within = path.equals(at) || path.startsWith(at + "/");
      String named = ":home/" + cache.text();
      if (within
          && presets.stream().anyMatch(rule -> (named + "/").startsWith(rule.path() + "/"))) {
        return Files.isDirectory(Path.of(at))
            ? new Cache(at)
            : new Never("the cache " + at + " does not exist; make the directory to have it used");
      }
    }
    return new Elsewhere();
  }

  /** Returns whether a directory would hold names whose protection depends on the path above. */
  boolean holdsListedNames(String directory) {
    PathStyle style = places.style();
    List<String> components = style.components(directory);
    int depth = style.components(workspace).size();
    return ProtectedNameMatcher.leadsToName(components.subList(depth, components.size()));
  }

  private static String explained(String rule) {
    String prefix = "protectedNames ";
    if (!rule.startsWith(prefix)) {
      return rule;
    }
    String text = rule.substring(prefix.length());
    String inHome = text.startsWith("~/") ? text.substring(2) : text;
    for (List<ListedName> list : List.of(ProtectedNameMatcher.names(), HomeNames.names())) {
      for (ListedName name : list) {
        if (name.text().equals(inHome)) {
          return "protected name " + text + ": read by " + name.what() + " (" + name.source() + ")";
        }
      }
    }
    return "protected name " + text + ": files there can run code later";
  }
}
