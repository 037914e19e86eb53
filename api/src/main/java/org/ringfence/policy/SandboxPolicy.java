package org.ringfence.policy;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.ringfence.policy.value.ProcessGrant;

/**
 * The resources that a command may access. Immutable; created by {@link #builder()} or read from
 * JSON by {@link org.ringfence.policy.json.PolicyReader}.
 *
 * <p>For files, the rule with the most path components wins; ties go to the stricter rule; with no
 * match, the default applies.
 *
 * @param fileDefault the access where no rule applies
 * @param rules the file rules
 * @param denyGlobs names that are denied everywhere
 * @param protectedNames the protection of names that would turn a later start into an escape
 * @param allowedNames globs of paths that commands write although their names are protected
 * @param protectedPaths read-only paths in a writable root, whether or not they exist; a policy
 *     file protects itself
 * @param tmp the directory of temporary files
 * @param network the network part
 * @param environment the environment part
 * @param limits the limits
 * @param lifetime the fate of leftover processes
 * @param processGrants parts of the system that are open to processes, though closed by default
 * @param strictness the treatment of guarantees that cannot be enforced
 */
public record SandboxPolicy(
    FileDefault fileDefault,
    List<FileRule> rules,
    List<String> denyGlobs,
    ProtectedNames protectedNames,
    List<String> allowedNames,
    List<String> protectedPaths,
    TmpPolicy tmp,
    NetworkPolicy network,
    EnvironmentPolicy environment,
    Limits limits,
    Lifetime lifetime,
    Set<ProcessGrant> processGrants,
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
    allowedNames = List.copyOf(allowedNames);
    protectedPaths = List.copyOf(protectedPaths);
    processGrants = Set.copyOf(processGrants);
  }

  /**
   * Returns a builder that starts from the strictest useful policy: read everything, write nothing,
   * no network, core environment.
   *
   * @return the builder
   */
  public static PolicyBuilder builder() {
    return new PolicyBuilder();
  }

  /**
   * Returns a builder that starts from this policy.
   *
   * @return the builder
   */
  public PolicyBuilder toBuilder() {
    return new PolicyBuilder().from(this);
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
