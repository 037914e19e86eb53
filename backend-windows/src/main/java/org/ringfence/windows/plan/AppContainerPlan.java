package org.ringfence.windows.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.Sid;

/**
 * The plan for an AppContainer: entries that name its SID, and capabilities.
 *
 * @param entries the entries to add to the list of each path
 * @param closed the places whose lists must not already give the container a right
 * @param capabilities the container's rights beyond its entries
 */
public record AppContainerPlan(
    List<RestrictedTokenPlan.Entry> entries, List<Closed> closed, List<Sid> capabilities) {
  /**
   * A place that the policy closes. Nothing takes a right there that the place's own list gives to
   * all packages, so that the list must not give it.
   *
   * @param path the place
   * @param right the right that a container must lack
   * @param origin the rule that requires it
   */
  public record Closed(String path, int right, String origin) {}

  /** {@code internetClient}. */
  public static final Sid INTERNET_CLIENT = new Sid("S-1-15-3-1");

  /** {@code internetClientServer}. */
  public static final Sid INTERNET_CLIENT_SERVER = new Sid("S-1-15-3-2");

  /** {@code privateNetworkClientServer}. */
  public static final Sid PRIVATE_NETWORK = new Sid("S-1-15-3-3");

  // The runtime of Cygwin and MSYS makes objects in a directory that is closed to containers.
  private static final Set<String> KNOWN_NOT_TO_START =
      Set.of("bash.exe", "sh.exe", "mintty.exe", "git-bash.exe");

  /** Copies the parts. */
  public AppContainerPlan {
    entries = List.copyOf(entries);
    closed = List.copyOf(closed);
    capabilities = List.copyOf(capabilities);
  }

  /**
   * Compiles a policy. No entry denies anything: the access check passes over entries that deny
   * something to a container's SID ({@link AccessCheck}), and the planner refuses the policies that
   * would need one.
   *
   * @param policy the policy
   * @param container the container's SID
   * @return the plan
   */
  public static AppContainerPlan compile(EffectivePolicy policy, Sid container) {
    PathStyle style = policy.places().style();
    List<RestrictedTokenPlan.Entry> entries = new ArrayList<>();
    List<Closed> closed = new ArrayList<>();
    List<EffectiveRule> rules = new ArrayList<>(policy.rules());
    rules.sort(java.util.Comparator.comparing(rule -> style.components(rule.path()).size()));
    for (EffectiveRule rule : rules) {
      // A stricter rule for the same path has won.
      if (policy.accessAt(rule.path()) != rule.access()) {
        continue;
      }
      Access access = RestrictedTokenPlan.accessOf(policy, rule);
      if (access != Access.NONE) {
        int mask =
            access == Access.WRITE
                ? AccessMask.MODIFY
                : GenericMapping.FILE.read() | GenericMapping.FILE.execute();
        Ace ace = new Ace(Ace.Type.ALLOW, container, mask, Ace.Scope.TREE);
        entries.add(new RestrictedTokenPlan.Entry(rule.path(), ace, rule.origin()));
      }
      if (access == Access.NONE) {
        closed.add(new Closed(rule.path(), AccessMask.READ_DATA, rule.origin()));
      } else if (access == Access.READ) {
        closed.add(new Closed(rule.path(), AccessMask.WRITE_DATA, rule.origin()));
      }
    }
    for (String path : policy.protectedPaths()) {
      closed.add(new Closed(path, AccessMask.WRITE_DATA, "files.protectedPaths"));
    }
    entries.addAll(ParentDirectories.entries(policy, container));
    List<Sid> capabilities =
        policy.policy().network().mode() == NetworkMode.FULL
            ? List.of(INTERNET_CLIENT, INTERNET_CLIENT_SERVER, PRIVATE_NETWORK)
            : List.of();
    return new AppContainerPlan(entries, closed, capabilities);
  }

  /**
   * Returns whether a program is known not to start in a container.
   *
   * @param program its path
   * @return true if it is
   */
  public static boolean knownNotToStart(String program) {
    String name = program.substring(program.lastIndexOf('\\') + 1).toLowerCase(Locale.ROOT);
    return KNOWN_NOT_TO_START.contains(name);
  }

  /**
   * Describes entries and capabilities.
   *
   * @return text for people
   */
  public String describe() {
    StringBuilder text = new StringBuilder();
    capabilities.forEach(sid -> text.append("capability ").append(sid).append('\n'));
    entries.forEach(
        entry ->
            text.append(entry.path())
                .append("  ")
                .append(entry.ace())
                .append("  from ")
                .append(entry.origin())
                .append('\n'));
    closed.forEach(
        place ->
            text.append(place.path())
                .append("  must give all packages no right 0x")
                .append(Integer.toHexString(place.right()))
                .append("  from ")
                .append(place.origin())
                .append('\n'));
    return text.toString();
  }
}
