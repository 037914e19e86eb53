package org.ringfence.windows.wsb;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.ringfence.policy.Access;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.windows.wsb.WindowsSandboxFile.Folder;

/** The folders of the host that a policy opens to a virtual machine. Stateless. */
final class MappedFolders {
  private static final String FIELD = "files.rules";

  /** A share of another machine would need its credentials inside. */
  private static final String SHARE = "\\\\";

  private MappedFolders() {}

  /** Returns the folders, outer ones first. A folder below another with the same access is left. */
  static List<Folder> of(EffectivePolicy policy) {
    PathStyle style = policy.places().style();
    List<Folder> folders = new ArrayList<>();
    for (EffectiveRule rule : outerFirst(policy.rules(), style)) {
      boolean replaced = rule.access() != Access.NONE && (rule.scratch() || own(policy, rule));
      if (replaced || policy.accessAt(rule.path()) != rule.access()) {
        // The virtual machine has such a place itself, or a stricter rule has won.
        continue;
      }
      Optional<Folder> above = above(style, folders, rule.path());
      if (above.isPresent()) {
        checkSame(above.get(), rule);
      } else if (rule.access() != Access.NONE) {
        folders.add(apart(folders, folder(policy, rule)));
      }
    }
    return folders;
  }

  private static List<EffectiveRule> outerFirst(List<EffectiveRule> rules, PathStyle style) {
    return rules.stream()
        .sorted(Comparator.comparing(rule -> style.components(rule.path()).size()))
        .toList();
  }

  /** Returns whether a rule is about Windows itself, which the virtual machine has, too. */
  private static boolean own(EffectivePolicy policy, EffectiveRule rule) {
    PathStyle style = policy.places().style();
    List<String> minimal = policy.places().minimal();
    return rule.access() == Access.READ
        && (minimal.contains(rule.path())
            || !minimal.isEmpty() && style.isAtOrBelow(rule.path(), minimal.get(0)));
  }

  private static Optional<Folder> above(PathStyle style, List<Folder> folders, String path) {
    return folders.stream().filter(folder -> style.isAtOrBelow(path, folder.host())).findFirst();
  }

  private static void checkSame(Folder above, EffectiveRule rule) {
    Access mapped = above.readOnly() ? Access.READ : Access.WRITE;
    if (rule.access() != mapped) {
      throw new InvalidPolicyException(
          FIELD,
          rule.path(),
          "the access of "
              + above.host()
              + ": a .wsb file maps a folder with all that lies below it, for one access");
    }
  }

  /** Two drives become one in the virtual machine. */
  private static Folder apart(List<Folder> folders, Folder added) {
    for (Folder other : folders) {
      if (PathStyle.WINDOWS.isAtOrBelow(added.inside(), other.inside())
          || PathStyle.WINDOWS.isAtOrBelow(other.inside(), added.inside())) {
        throw new InvalidPolicyException(
            FIELD,
            added.host(),
            "a name other than that of "
                + other.host()
                + ": both would lie on the only drive of the virtual machine");
      }
    }
    return added;
  }

  private static Folder folder(EffectivePolicy policy, EffectiveRule rule) {
    PathStyle style = policy.places().style();
    String path = rule.path();
    if (path.startsWith(SHARE)) {
      throw new InvalidPolicyException(FIELD, path, "a folder of this machine");
    }
    if (style.components(path).size() < (style == PathStyle.WINDOWS ? 2 : 1)) {
      throw new InvalidPolicyException(
          FIELD,
          path,
          "a folder of it: mapped over a drive of the virtual machine, it hides Windows");
    }
    if (path.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidPolicyException(FIELD, path, "a path without control characters");
    }
    if (policy.places().lookup() == PathLookup.HOST && !Files.isDirectory(Path.of(path))) {
      throw new InvalidPolicyException(
          FIELD, path, "the directory around it: a .wsb file maps existing directories alone");
    }
    return new Folder(path, inside(style, path), rule.access() == Access.READ);
  }

  /** Returns the place of a path in the virtual machine: the same one, on its only drive. */
  private static String inside(PathStyle style, String path) {
    List<String> components = style.components(path);
    return "C:\\"
        + String.join(
            "\\",
            style == PathStyle.WINDOWS ? components.subList(1, components.size()) : components);
  }

  /** Returns the place of a path in the virtual machine, if a folder holds it. */
  static Optional<String> inside(PathStyle style, List<Folder> folders, String path) {
    return above(style, folders, path).map(folder -> inside(style, path));
  }
}
