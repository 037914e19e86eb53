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
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.Sid;

/**
 * The plan for an AppContainer: entries that name its SID, and capabilities.
 *
 * @param entries the entries to add to the list of each path
 * @param capabilities the container's rights beyond its entries
 */
public record AppContainerPlan(List<RestrictedTokenPlan.Entry> entries, List<Sid> capabilities) {
  /** {@code internetClient}. */
  public static final Sid INTERNET_CLIENT = new Sid("S-1-15-3-1");

  /** {@code internetClientServer}. */
  public static final Sid INTERNET_CLIENT_SERVER = new Sid("S-1-15-3-2");

  /** {@code privateNetworkClientServer}. */
  public static final Sid PRIVATE_NETWORK = new Sid("S-1-15-3-3");

  private static final Set<String> KNOWN_NOT_TO_START =
      Set.of("powershell.exe", "pwsh.exe", "bash.exe", "sh.exe", "mintty.exe", "git-bash.exe");

  /** Copies the parts. */
  public AppContainerPlan {
    entries = List.copyOf(entries);
    capabilities = List.copyOf(capabilities);
  }

  /**
   * Compiles a policy.
   *
   * @param policy the policy
   * @param container the container's SID
   * @return the plan
   */
  public static AppContainerPlan compile(EffectivePolicy policy, Sid container) {
    PathStyle style = policy.places().style();
    List<RestrictedTokenPlan.Entry> entries = new ArrayList<>();
    List<EffectiveRule> rules = new ArrayList<>(policy.rules());
    rules.sort(java.util.Comparator.comparing(rule -> style.components(rule.path()).size()));
    for (EffectiveRule rule : rules) {
      // A stricter rule for the same path has won.
      if (policy.accessAt(rule.path()) == rule.access()) {
        Access access = RestrictedTokenPlan.accessOf(policy, rule);
        entries.addAll(entries(rule, access, container));
      }
    }
    for (String path : policy.protectedPaths()) {
      entries.add(
          new RestrictedTokenPlan.Entry(
              path,
              new Ace(Ace.Type.DENY, container, AccessMask.CHANGES, Ace.Scope.TREE),
              "files.protectedPaths",
              true));
    }
    entries.addAll(ImmovableDirectories.entries(policy, container));
    List<Sid> capabilities =
        policy.policy().network().mode() == NetworkMode.FULL
            ? List.of(INTERNET_CLIENT, INTERNET_CLIENT_SERVER, PRIVATE_NETWORK)
            : List.of();
    return new AppContainerPlan(entries, capabilities);
  }

  private static List<RestrictedTokenPlan.Entry> entries(
      EffectiveRule rule, Access access, Sid container) {
    Ace given =
        new Ace(
            Ace.Type.ALLOW,
            container,
            access == Access.WRITE
                ? AccessMask.MODIFY
                : GenericMapping.FILE.read() | GenericMapping.FILE.execute(),
            Ace.Scope.TREE);
    Ace taken =
        new Ace(
            Ace.Type.DENY,
            container,
            access == Access.NONE
                ? GenericMapping.FILE.all() & ~AccessMask.SYNCHRONIZE & ~AccessMask.READ_CONTROL
                : AccessMask.CHANGES,
            Ace.Scope.TREE);
    List<Ace> aces =
        switch (access) {
          case WRITE -> List.of(given);
          // A root above may allow writing; this nearer entry denies it.
          case READ -> List.of(taken, given);
          case NONE -> List.of(taken);
        };
    return aces.stream()
        .map(ace -> new RestrictedTokenPlan.Entry(rule.path(), ace, rule.origin()))
        .toList();
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
    return text.toString();
  }
}
