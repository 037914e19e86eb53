package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.ringfence.policy.Access;
import org.ringfence.policy.glob.DenyGlob;
import org.ringfence.policy.path.NameFolding;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

/** The globs of a policy, placed on a machine. */
final class DenyGlobs {
  private final List<DenyGlob> globs;
  private final List<Loose> loose;

  /**
   * A glob where a file system finds an object by several spellings of its name. A character beyond
   * ASCII may be several when it is folded: then {@code ?} stands for any number.
   */
  private record Loose(DenyGlob asked, DenyGlob folded, DenyGlob wide) {
    static Loose of(String text, String placed) {
      String folded = DenyGlob.folded(placed);
      return new Loose(
          new DenyGlob(text, placed, true),
          new DenyGlob(text, folded, true),
          DenyGlob.wide(text, folded));
    }

    private DenyGlob of(List<String> components) {
      return components.stream().allMatch(NameFolding::isAscii) ? folded : wide;
    }

    boolean matches(List<String> components) {
      return asked.matches(components) || of(components).matches(foldedNames(components));
    }

    boolean mayBeLost(List<String> from, List<String> to) {
      List<String> foldedFrom = foldedNames(from);
      List<String> foldedTo = foldedNames(to);
      return asked.mayBeLost(from, to)
          || of(from).mayBeLost(foldedFrom, of(to), foldedTo)
          // Names below may be of any characters.
          || wide.mayBeLost(foldedFrom, wide, foldedTo);
    }

    private static List<String> foldedNames(List<String> components) {
      return components.stream().map(NameFolding::folded).toList();
    }
  }

  /** Compiles globs for places whose file systems compare names as their style does. */
  DenyGlobs(List<String> texts, PathContext places, Map<String, String> crossed) {
    this(texts, places, crossed, false);
  }

  /**
   * Compiles globs.
   *
   * @param texts the globs as the policy has them
   * @param places resolves links
   * @param crossed receives the links on the way of a glob's leading directories
   * @param anyLoose whether a file system finds objects by several spellings of their names
   */
  DenyGlobs(List<String> texts, PathContext places, Map<String, String> crossed, boolean anyLoose) {
    List<DenyGlob> compiled = new ArrayList<>();
    List<Loose> folded = new ArrayList<>();
    boolean anyCase = places.style() == PathStyle.WINDOWS;
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
        folded.add(Loose.of(text, placed));
      }
    }
    this.globs = List.copyOf(compiled);
    this.loose = List.copyOf(folded);
  }

  /** Returns the leading directories of globs, links resolved. */
  static Stream<String> directories(List<String> texts, PathContext places) {
    return texts.stream()
        .map(DenyGlob::leadingDirectories)
        .filter(leading -> places.style() == PathStyle.POSIX && !leading.equals("/"))
        .map(places::real);
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

  /** As {@link #denying(List)}, where the file system may find an object by several spellings. */
  DenyGlob denying(List<String> components, boolean spellings) {
    for (Loose glob : spellings ? loose : List.<Loose>of()) {
      if (glob.matches(components)) {
        return glob.asked();
      }
    }
    return denying(components);
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

  /** As {@link #lostByMove(List, List)}, where the file system may find several spellings. */
  DenyGlob lostByMove(List<String> from, List<String> to, boolean spellings) {
    for (Loose glob : spellings ? loose : List.<Loose>of()) {
      if (glob.mayBeLost(from, to)) {
        return glob.asked();
      }
    }
    return lostByMove(from, to);
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
