package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

/** The globs of a policy, placed on a machine. */
final class DenyGlobs {
  private final List<DenyGlob> globs;

  /**
   * PathContext globs.
   *
   * @param texts the globs as the policy has them
   * @param places resolves links
   * @param crossed receives the links on the way of a glob's leading directories
   */
  DenyGlobs(List<String> texts, PathContext places, Map<String, String> crossed) {
    List<DenyGlob> compiled = new ArrayList<>();
    for (String text : texts) {
      String leading = DenyGlob.leadingDirectories(text);
      String placed = text;
      if (places.style() == PathStyle.POSIX && !leading.equals("/")) {
        // Decisions are about real paths.
        String real = places.real(leading);
        placed = (real.equals("/") ? "" : real) + text.substring(leading.length());
        places.linksOn(leading).keySet().forEach(link -> crossed.put(link, text));
      }
      compiled.add(new DenyGlob(text, placed, places.style()));
    }
    this.globs = List.copyOf(compiled);
  }

  /** Returns the first glob that denies a path, or null. */
  DenyGlob denying(List<String> components) {
    for (DenyGlob glob : globs) {
      if (glob.matches(components)) {
        return glob;
      }
    }
    return null;
  }

  /** Returns the first glob whose denial below a directory a move may lift, or null. */
  DenyGlob lostByMove(List<String> from, List<String> to) {
    for (DenyGlob glob : globs) {
      if (glob.mayBeLost(from, to)) {
        return glob;
      }
    }
    return null;
  }

  List<DenyGlob> all() {
    return globs;
  }
}
