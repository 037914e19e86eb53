package org.ringfence.policy.effective;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The unix sockets that a policy names, placed on a machine. A rule means the object at its path:
 * Ringfence follows links once, when the sandbox opens. Immutable.
 */
public final class NamedSockets {
  private static final String FIELD = "network.unixSockets";
  private static final String ALL = "/";

  private final Set<String> paths;

  private NamedSockets(Set<String> paths) {
    this.paths = Set.copyOf(paths);
  }

  /**
   * Finds the sockets of a policy.
   *
   * @param policy the policy
   * @return the sockets
   * @throws InvalidPolicyException if a path can never be that of a socket
   */
  public static NamedSockets of(EffectivePolicy policy) {
    PathContext places = policy.places();
    Set<String> real = new LinkedHashSet<>();
    for (String path : policy.policy().network().unixSockets()) {
      real.add(path.equals(ALL) ? ALL : places.real(path));
    }
    return new NamedSockets(real);
  }

  /**
   * Refuses socket names that can never match, or that a command could redirect.
   *
   * @param network the policy of the network
   * @param places the machine
   * @param rules every rule on files
   * @param fallback the access where no rule applies
   * @throws InvalidPolicyException if there is such a name
   */
  static void check(
      NetworkPolicy network, PathContext places, List<EffectiveRule> rules, FileDefault fallback) {
    RuleTree tree = new RuleTree(places.style(), rules);
    for (String path : network.unixSockets()) {
      if (path.equals(ALL)) {
        continue;
      }
      String real = places.real(path);
      if (!places.lookup().mayBeSocket(real)) {
        throw new InvalidPolicyException(
            FIELD, path, "the path of a socket: the object at " + real + " is none");
      }
      if (fallback == FileDefault.WRITE) {
        continue;
      }
      for (String link : places.linksOn(path).keySet()) {
        if (writes(tree, places.style().components(link))) {
          throw new InvalidPolicyException(
              FIELD,
              path,
              "the path that is meant: the link "
                  + link
                  + ", which a command may have made, leads to "
                  + real);
        }
      }
      if (!places.exists(real) && writes(tree, places.style().components(real))) {
        throw new InvalidPolicyException(
            FIELD,
            path,
            "a socket that exists: a command could make " + real + " lead to any other socket");
      }
    }
  }

  private static boolean writes(RuleTree tree, List<String> path) {
    EffectiveRule rule = tree.decide(path.subList(0, Math.max(0, path.size() - 1)));
    return rule != null && rule.access() == Access.WRITE;
  }

  /**
   * Returns whether the policy names a socket.
   *
   * @param path the socket's path, without links
   * @return true if it does
   */
  public boolean include(String path) {
    return paths.contains(path) || paths.contains(ALL);
  }

  /**
   * Returns whether the policy names every socket.
   *
   * @return true if it does
   */
  public boolean includesAll() {
    return paths.contains(ALL);
  }

  /**
   * Returns the paths of the sockets that are named one by one.
   *
   * @return the paths, without links
   */
  public Set<String> paths() {
    return paths.stream().filter(path -> !path.equals(ALL)).collect(Collectors.toUnmodifiableSet());
  }
}
