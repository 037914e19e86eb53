package org.ringfence.policy.effective;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.RuleTexts;

/**
 * The places of a machine that a policy protects whatever its rules grant.
 *
 * @param survey the targets of protected names; null before a survey
 * @param ownState Ringfence's directories, links resolved
 * @param tracked the protected files that repositories track
 * @param homes the protected names in writable home directories
 * @param paths the paths that no rule makes writable, links resolved
 * @param steady those of the paths that Ringfence and the policy name, without the survey's
 */
record ProtectedPlaces(
    SurfaceSurvey survey,
    List<String> ownState,
    TrackedNames tracked,
    HomeNames homes,
    List<String> paths,
    List<String> steady) {

  /**
   * Looks for the places.
   *
   * @param policy the policy
   * @param places the machine
   * @param placed the rules; receives those for git directories outside their working trees
   * @param texts the paths of the policy as written
   * @param found an earlier survey of the same roots, or null to make one
   */
  static ProtectedPlaces of(
      SandboxPolicy policy,
      PathContext places,
      List<EffectiveRule> placed,
      RuleTexts texts,
      SurfaceSurvey found) {
    boolean looks =
        policy.protectedNames() != ProtectedNames.OFF && places.lookup() == PathLookup.HOST;
    SurfaceSurvey survey =
        found != null || !looks
            ? found
            : SurfaceSurvey.of(policy.protectedNames(), placed, places.home());
    List<String> ownState = OwnPlaces.of(policy, places, placed);
    TrackedNames tracked =
        policy.protectedNames() == ProtectedNames.TRACKED && survey != null
            ? TrackedNames.of(survey.workTrees(), places)
            : TrackedNames.NONE;
    HomeNames homes = HomeNames.of(policy, places, placed, tracked);
    Set<String> paths = new LinkedHashSet<>();
    paths.addAll(OwnPlaces.withinReach(ownState, placed));
    paths.addAll(OwnCode.withinReach(policy, places, placed));
    for (String path : policy.protectedPaths()) {
      String absolute = texts.absolute(path, Access.READ);
      if (absolute != null) {
        // A link on the way decides where the path leads next time.
        paths.addAll(places.linksOn(absolute).keySet());
        paths.add(places.real(absolute));
        texts.inOtherHomes(path).forEach(other -> paths.add(places.real(other)));
      }
    }
    List<String> steady = List.copyOf(paths);
    if (survey != null) {
      paths.addAll(homes.targets(places, placed));
      survey.kept().forEach(path -> paths.add(path.toString()));
      if (policy.protectedNames().guardsGit()) {
        // Commits write there; the survey protects programs that its configuration names.
        survey.grantGitDirectories(placed);
      }
    }
    return new ProtectedPlaces(
        survey,
        ownState,
        tracked,
        homes,
        List.copyOf(MountedTwice.paths(paths, places.lookup())),
        steady);
  }
}
