package org.ringfence.policy;

import java.util.List;
import java.util.Objects;

/**
 * What a command may touch. Immutable; made by {@link #builder()} or read from JSON by {@link
 * org.ringfence.policy.json.PolicyReader}.
 *
 * <p>For files, the rule with the most path components wins; on a tie the stricter wins; where no
 * rule speaks, the default holds.
 *
 * @param fileDefault what holds where no rule speaks
 * @param rules the file rules
 * @param denyGlobs names that are denied everywhere
 * @param protectedNames how names are protected that would turn a later start into an escape
 * @param protectedPaths paths that are not written although they lie in a writable root, whether or
 *     not they exist; a policy file protects itself
 * @param tmp where temporary files go
 * @param network the network part
 * @param environment the environment part
 * @param limits the limits
 * @param lifetime what happens to leftover processes
 * @param strictness what to do about guarantees that cannot be enforced
 */
public record SandboxPolicy(
    FileDefault fileDefault,
    List<FileRule> rules,
    List<String> denyGlobs,
    ProtectedNames protectedNames,
    List<String> protectedPaths,
    TmpPolicy tmp,
    NetworkPolicy network,
    EnvironmentPolicy environment,
    Limits limits,
    Lifetime lifetime,
    Strictness strictness) {

  /** Checks the parts and copies the lists. */
  public SandboxPolicy {
    Objects.requireNonNull(fileDefault, "fileDefault");
    Objects.requireNonNull(protectedNames, "protectedNames");
    Objects.requireNonNull(tmp, "tmp");
    Objects.requireNonNull(network, "network");
    Objects.requireNonNull(environment, "environment");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(lifetime, "lifetime");
    Objects.requireNonNull(strictness, "strictness");
    rules = List.copyOf(rules);
    denyGlobs = List.copyOf(denyGlobs);
    protectedPaths = List.copyOf(protectedPaths);
  }

  /**
   * A builder that starts from the strictest useful policy: read everything, write nothing, no
   * network, core environment.
   *
   * @return the builder
   */
  public static PolicyBuilder builder() {
    return new PolicyBuilder();
  }

  /**
   * A builder that starts from this policy.
   *
   * @return the builder
   */
  public PolicyBuilder toBuilder() {
    return new PolicyBuilder().from(this);
  }

  /**
   * Places the policy on a machine.
   *
   * @param places the places
   * @return the effective policy
   * @throws InvalidPolicyException if a rule's path is malformed, or missing and to be rejected
   */
  public EffectivePolicy in(Places places) {
    return new EffectivePolicy(this, places);
  }

  /**
   * Decides a file operation on this machine, with the JVM's working directory as workspace.
   *
   * @param path an absolute path
   * @param operation what is to be done
   * @return the decision
   */
  public Decision evaluate(String path, Operation operation) {
    return in(Places.current()).check(path, operation);
  }

  /**
   * Decides a connection to a host outside the sandbox.
   *
   * @param host a host name or an IP literal
   * @param port the port
   * @return the decision
   */
  public Decision evaluate(String host, int port) {
    return network.evaluate(host, port);
  }
}
