package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.ringfence.git.GitLayout;
import org.ringfence.policy.Decision;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.Reason;
import org.ringfence.policy.path.PathStyle;

/**
 * Decides on changes below directories that are git directories by their contents. The caller has
 * checked the file system for that. Immutable and pure.
 */
public final class GitDirectoryDecisions {
  private final EffectivePolicy policy;
  private final ProtectedNames level;
  private final ProtectedNameMatcher names;
  private final PathStyle style;

  /**
   * Creates the decisions of a policy.
   *
   * @param policy the policy
   */
  public GitDirectoryDecisions(EffectivePolicy policy) {
    this.policy = policy;
    this.level = policy.policy().protectedNames();
    this.names = new ProtectedNameMatcher(level);
    this.style = policy.places().style();
  }

  /**
   * Returns the directories on a path's way that the caller must check: a change below one of them
   * matters if it is a git directory.
   *
   * @param path an absolute path
   * @param replacement whether a directory or a link is put there
   * @return for each the number of the path's components that lead to it
   */
  public List<Integer> holders(String path, boolean replacement) {
    if (level == ProtectedNames.OFF) {
      return List.of();
    }
    List<String> components = style.components(path);
    boolean all = replacement || level == ProtectedNames.READ_ONLY;
    List<Integer> holders =
        all
            ? IntStream.range(0, components.size()).boxed().toList()
            : GitLayout.holders(policy.plainNames(path), ProtectedNameMatcher.gitSurfaceNames());
    return holders.isEmpty() || policy.keepsNames(path)
        ? holders
        : holders.stream().filter(holder -> policy.leads(components, holder)).toList();
  }

  /**
   * Decides on a change below a git directory.
   *
   * @param path an absolute path
   * @param holder the number of its components that lead to the git directory
   * @param replacement whether a directory or a link is put there
   * @return the decision on writing
   */
  public Decision below(String path, int holder, boolean replacement) {
    List<String> components = style.components(path);
    List<String> below = new ArrayList<>(List.of(".git"));
    below.addAll(policy.plainNames(path).subList(holder, components.size()));
    String name = replacement ? names.matchingReplacement(below) : names.matching(below);
    return name == null
            || policy.homes().allows(components)
            || !policy.keepsNames(path) && !policy.leads(components, holder)
        ? Decision.allow(new Reason.NothingAgainst("no protected name of git's"))
        : EffectivePolicy.byName(name);
  }

  /**
   * Decides on a change that makes a directory a git directory, or ends that.
   *
   * @param path an absolute path
   * @param reason the effect of the change
   * @return the decision; a denial where names are protected
   */
  public Decision changed(String path, String reason) {
    List<String> components = style.components(path);
    return policy.keepsNames(path) || policy.leads(components, Math.max(0, components.size() - 1))
        ? Decision.deny(new Reason.ProtectedName("git directory"), reason)
        : Decision.allow(new Reason.NothingAgainst("no protected place"));
  }

  /**
   * Decides on a symbolic link in a git directory. Git writes its logs, indexes and messages by
   * name: through a link it would write them where the command chooses, even into a hook.
   *
   * @param path the link's absolute path
   * @return the decision; a denial where names are protected
   */
  public Decision linked(String path) {
    return policy.homes().allows(style.components(path))
        ? Decision.allow(new Reason.NothingAgainst("no protected name of git's"))
        : changed(path, "git would write where a link in its directory leads");
  }

  /**
   * Returns whether a path lies in a directory called {@code .git}.
   *
   * @param path an absolute path
   * @return true if it does
   */
  public boolean isBelowGit(String path) {
    List<String> components = style.components(path);
    return components.subList(0, Math.max(0, components.size() - 1)).stream()
        .anyMatch(".git"::equalsIgnoreCase);
  }

  /**
   * Returns whether a directory would bring contents to where their names are protected: from a
   * directory of dependencies, or from where the policy allows them.
   *
   * @param from the absolute path of the directory
   * @param to its new absolute path
   * @return true if it would
   */
  public boolean gainsNames(String from, String to) {
    return policy.keepsNames(to)
        && (ProtectedNameMatcher.inDependencies(belowRoot(from))
                && !ProtectedNameMatcher.inDependencies(belowRoot(to))
            || policy.homes().allowsLess(style.components(from), style.components(to)));
  }

  /** Returns a path's components below the deepest root that holds it. */
  private List<String> belowRoot(String path) {
    int depth =
        policy.rules().stream()
            .filter(rule -> style.isAtOrBelow(path, rule.path()))
            .mapToInt(rule -> style.components(rule.path()).size())
            .max()
            .orElse(0);
    return HomeNames.below(style.components(path), depth);
  }

  /**
   * Returns why no repository may be made and none linked to another place: then a program of the
   * workspace would run for it.
   *
   * @return the name of the user's setting; empty if they may be
   */
  public String relativeProgram() {
    return policy.survey() == null ? "" : policy.survey().relativeProgram();
  }
}
