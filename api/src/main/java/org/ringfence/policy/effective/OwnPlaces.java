package org.ringfence.policy.effective;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.HomeDirectory;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The locations of Ringfence's state: private temporary directories, the copies of reviews, results
 * of first runs. No policy grants any of it, except the command's own temporary directory, and
 * except one that grants writing everywhere.
 */
public final class OwnPlaces {
  private static final Path SELF = Path.of("/proc/self");
  private static final String NAME = "ringfence";

  private OwnPlaces() {}

  /**
   * Returns the directories that may hold private temporary directories, best first. The usual one
   * is not {@code /tmp}, which a policy may share, and has a short name: a socket's has 107 bytes.
   *
   * @return directories, which need not exist
   */
  public static List<Path> temporaryParents() {
    Set<Path> places = new LinkedHashSet<>();
    Path usual = Path.of("/tmp");
    Path named = Path.of(System.getProperty("java.io.tmpdir"));
    if (named.isAbsolute() && !named.equals(usual)) {
      places.add(named);
    }
    places.add(Path.of("/var/tmp"));
    places.add(usual);
    // A JVM ignores TMPDIR on Linux; inside another sandbox it may be the only writable place.
    String variable = System.getenv("TMPDIR");
    if (variable != null && variable.startsWith("/")) {
      places.add(Path.of(variable));
    }
    return List.copyOf(places);
  }

  /**
   * Returns the name of a user's directory in a temporary parent.
   *
   * @param user the user's number
   * @return the name
   */
  public static String temporaryName(int user) {
    return NAME + "-" + user;
  }

  /**
   * Returns the directory of state that outlives a JVM.
   *
   * @return {@code ringfence} in the user's directory of state; empty when there is no home
   */
  public static Optional<Path> state() {
    return HomeDirectory.current().state().map(base -> base.resolve(NAME));
  }

  /** Returns the state directories of all possible homes: another JVM may use another home. */
  private static Set<Path> states() {
    HomeDirectory home = HomeDirectory.current();
    Set<Path> all = new LinkedHashSet<>();
    state().ifPresent(all::add);
    List<String> homes = new ArrayList<>(home.others());
    home.path().ifPresent(homes::add);
    homes.forEach(each -> all.add(Path.of(each, ".local", "state", NAME)));
    return all;
  }

  /** Returns the locations that matter to a policy on this machine, links resolved. */
  static List<String> of(SandboxPolicy policy, PathContext places, List<EffectiveRule> placed) {
    if (places.lookup() != PathLookup.HOST || policy.fileDefault() == FileDefault.WRITE) {
      return List.of();
    }
    Set<String> all = new LinkedHashSet<>();
    states().forEach(path -> all.add(places.real(path.toAbsolutePath().toString())));
    for (EffectiveRule rule : placed) {
      for (String state : all) {
        if (rule.access() != Access.NONE && places.style().isAtOrBelow(rule.path(), state)) {
          throw new InvalidPolicyException(
              "files.rules", rule.origin(), "a path outside Ringfence's own state in " + state);
        }
      }
    }
    places.workspaceCopy().map(Path::of).ifPresent(copy -> all.add(review(copy)));
    temporary().forEach(path -> all.add(places.real(path)));
    return List.copyOf(all);
  }

  /** Returns the directory of a review; for any other copy, the copy itself. */
  private static String review(Path copy) {
    Path parent = copy.getParent();
    boolean kept = parent != null && Files.isRegularFile(parent.resolve("workspace"));
    return (kept ? parent : copy).toString();
  }

  /** Returns those that a rule makes writable, whether or not they exist. */
  static List<String> withinReach(List<String> own, List<EffectiveRule> placed) {
    return own.stream()
        .filter(
            path ->
                placed.stream()
                    .anyMatch(
                        rule ->
                            rule.access() == Access.WRITE
                                && PathStyle.current().isAtOrBelow(path, rule.path())))
        .toList();
  }

  /** Returns this user's directories that may hold private temporary directories. */
  static List<String> temporary() {
    List<String> all = new ArrayList<>();
    try {
      int user = (Integer) Files.getAttribute(SELF, "unix:uid");
      temporaryParents().forEach(place -> all.add(place.resolve(temporaryName(user)).toString()));
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      // Not Linux: the system has a temporary directory for each user.
      return List.of();
    }
    return all;
  }
}
