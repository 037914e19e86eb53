package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ringfence.policy.Access;
import org.ringfence.policy.glob.DenyGlob;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

/** The globs of a policy, placed on a machine. */
final class DenyGlobs {
  private final List<DenyGlob> globs;
  private final List<DenyGlob> ofAnyCase;

  /**
   * PathContext globs.
   *
   * @param texts the globs as the policy has them
   * @param places resolves links
   * @param crossed receives the links on the way of a glob's leading directories
   */
  DenyGlobs(List<String> texts, PathContext places, Map<String, String> crossed) {
    List<DenyGlob> compiled = new ArrayList<>();
    List<DenyGlob> loose = new ArrayList<>();
    boolean anyCase = places.style() == PathStyle.WINDOWS;
    boolean anyLoose = !places.lookup().looseMounts().mounts().isEmpty();
    for (String text : texts) {
      String leading = DenyGlob.leadingDirectories(text);
      String placed = text;
      if (places.style() == PathStyle.POSIX && !leading.equals("/")) {
        // Decisions are about real paths.
        String real = places.real(leading);
        placed = (real.equals("/") ? "" : real) + text.substring(leading.length());
        places.linksOn(leading).keySet().forEach(link -> crossed.put(link, text));
      }
      compiled.add(new DenyGlob(text, placed, anyCase));
      if (anyLoose) {
        loose.add(new DenyGlob(text, placed, true));
      }
    }
    this.globs = List.copyOf(compiled);
    this.ofAnyCase = anyLoose ? List.copyOf(loose) : globs;
  }

  /** Returns the first glob that denies a path, or null. */
  DenyGlob denying(List<String> components) {
    return denying(components, false);
  }

  /** As {@link #denying(List)}, where a file system may ignore letter case. */
  DenyGlob denying(List<String> components, boolean anyCase) {
    for (DenyGlob glob : anyCase ? ofAnyCase : globs) {
      if (glob.matches(components)) {
        return glob;
      }
    }
    return null;
  }

  /** Returns the first glob whose denial below a directory a move may lift, or null. */
  DenyGlob lostByMove(List<String> from, List<String> to) {
    return lostByMove(from, to, false);
  }

  /** As {@link #lostByMove(List, List)}, where a file system may ignore letter case. */
  DenyGlob lostByMove(List<String> from, List<String> to, boolean anyCase) {
    for (DenyGlob glob : anyCase ? ofAnyCase : globs) {
      if (glob.mayBeLost(from, to)) {
        return glob;
      }
    }
    return null;
  }

  /** Returns the globs with names of directories that a policy permits to rename. */
  List<String> passedByRenames(EffectivePolicy policy) {
    return globs.stream()
        .filter(DenyGlob::namesDirectories)
        .filter(glob -> writesAround(policy, DenyGlob.leadingDirectories(glob.placed())))
        .map(DenyGlob::toString)
        .toList();
  }

  private static boolean writesAround(EffectivePolicy policy, String directory) {
    return policy.accessAt(directory) == Access.WRITE
        || policy.rules().stream()
            .anyMatch(
                rule ->
                    rule.access() == Access.WRITE
                        && !rule.scratch()
                        && PathStyle.POSIX.isAtOrBelow(rule.path(), directory));
  }

  List<DenyGlob> all() {
    return globs;
  }
}
