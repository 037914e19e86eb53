package org.ringfence.policy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

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
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A builder that starts from this policy.
   *
   * @return the builder
   */
  public Builder toBuilder() {
    return new Builder().from(this);
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

  /**
   * Builds a policy. Later calls override earlier ones where a value is single. Not thread-safe.
   */
  public static final class Builder {
    private FileDefault fileDefault = FileDefault.READ;
    private final Map<String, FileRule> rules = new LinkedHashMap<>();
    private final Set<String> rulesOfLayer = new LinkedHashSet<>();
    private final Set<String> denyGlobs = new LinkedHashSet<>();
    private ProtectedNames protectedNames = ProtectedNames.HOOKS_AND_CONFIG;
    private final Set<String> protectedPaths = new LinkedHashSet<>();
    private TmpPolicy tmp = TmpPolicy.PRIVATE;
    private final NetworkDraft network = new NetworkDraft();
    private EnvironmentPolicy.Inherit inherit = EnvironmentPolicy.Inherit.CORE;
    private final Set<String> include = new LinkedHashSet<>();
    private final Set<String> exclude = new LinkedHashSet<>();
    private final Map<String, String> set = new TreeMap<>();
    private final LimitsDraft limits = new LimitsDraft();
    private Lifetime lifetime = Lifetime.KILL;
    private Strictness.Mode strictnessMode = Strictness.Mode.STRICT;
    private final Set<Guarantee> weaker = EnumSet.noneOf(Guarantee.class);

    private Builder() {}

    /**
     * Takes over everything of another policy.
     *
     * @param policy the other policy
     * @return this builder
     */
    public Builder from(SandboxPolicy policy) {
      fileDefault = policy.fileDefault;
      policy.rules.forEach(rule -> rules.put(rule.path(), rule));
      denyGlobs.addAll(policy.denyGlobs);
      protectedNames = policy.protectedNames;
      protectedPaths.addAll(policy.protectedPaths);
      tmp = policy.tmp;
      network.from(policy.network);
      inherit = policy.environment.inherit();
      include.addAll(policy.environment.include());
      exclude.addAll(policy.environment.exclude());
      set.putAll(policy.environment.set());
      limits(policy.limits);
      lifetime = policy.lifetime;
      strictnessMode = policy.strictness.mode();
      weaker.addAll(policy.strictness.weaker());
      return this;
    }

    /**
     * Begins a layer: rules given before it (by a policy that is extended, say) may be overridden
     * by rules for the same path; within a layer two rules that differ contradict each other.
     *
     * @return this builder
     */
    public Builder layer() {
      rulesOfLayer.clear();
      return this;
    }

    /**
     * Sets what holds where no rule speaks.
     *
     * @param value the default
     * @return this builder
     */
    public Builder fileDefault(FileDefault value) {
      fileDefault = Objects.requireNonNull(value, "value");
      return this;
    }

    /**
     * Grants reading.
     *
     * @param path an absolute path or a special
     * @return this builder
     */
    public Builder read(String path) {
      return rule(path, Access.READ, MissingPath.REJECT);
    }

    /**
     * Grants writing, and with it reading.
     *
     * @param path an absolute path or a special
     * @return this builder
     */
    public Builder write(String path) {
      return rule(path, Access.WRITE, MissingPath.REJECT);
    }

    /**
     * Denies a path.
     *
     * @param path an absolute path or a special
     * @return this builder
     */
    public Builder none(String path) {
      return rule(path, Access.NONE, MissingPath.SKIP);
    }

    /**
     * Adds a rule.
     *
     * @param path an absolute path or a special
     * @param access what is granted
     * @param missing what to do when the path does not exist
     * @return this builder
     * @throws InvalidPolicyException if this layer already has a different rule for the path
     */
    public Builder rule(String path, Access access, MissingPath missing) {
      FileRule rule = new FileRule(path, access, missing);
      FileRule before = rules.get(path);
      if (!rulesOfLayer.add(path) && before != null && before.access() != access) {
        throw new InvalidPolicyException(
            "files.rules." + path,
            access.word(),
            "one rule for a path; another one here says " + before.access().word());
      }
      rules.put(path, rule);
      return this;
    }

    /**
     * Denies names everywhere.
     *
     * @param globs globs such as {@code **}{@code /.env}
     * @return this builder
     */
    public Builder denyGlobs(Collection<String> globs) {
      denyGlobs.addAll(globs);
      return this;
    }

    /**
     * Sets how names are protected.
     *
     * @param value the level
     * @return this builder
     */
    public Builder protectedNames(ProtectedNames value) {
      protectedNames = Objects.requireNonNull(value, "value");
      return this;
    }

    /**
     * Sets where temporary files go.
     *
     * @param value the kind
     * @return this builder
     */
    public Builder tmp(TmpPolicy value) {
      tmp = Objects.requireNonNull(value, "value");
      return this;
    }

    /**
     * Sets how much of the network is reached.
     *
     * @param value the mode
     * @return this builder
     */
    public Builder network(NetworkMode value) {
      network.mode = Objects.requireNonNull(value, "value");
      return this;
    }

    /**
     * Adds a host to the allowlist.
     *
     * @param pattern a host pattern
     * @return this builder
     */
    public Builder allowHost(String pattern) {
      network.allow.add(HostPattern.parse(pattern));
      return this;
    }

    /**
     * Adds a host to the deny list.
     *
     * @param pattern a host pattern; without ports it denies all of them
     * @return this builder
     */
    public Builder denyHost(String pattern) {
      network.deny.add(HostPattern.parse(pattern));
      return this;
    }

    /**
     * Says whether the sandbox may use its own loopback.
     *
     * @param value true to allow it
     * @return this builder
     */
    public Builder ownLoopback(boolean value) {
      network.ownLoopback = value;
      return this;
    }

    /**
     * Names a loopback port of the host.
     *
     * @param port the port
     * @return this builder
     */
    public Builder hostLoopbackPort(int port) {
      HostPattern.checkPort(port);
      network.hostLoopbackPorts.add(port);
      return this;
    }

    /**
     * Names a unix socket outside the sandbox.
     *
     * @param path its absolute path
     * @return this builder
     */
    public Builder unixSocket(String path) {
      network.unixSockets.add(path);
      return this;
    }

    /**
     * Names a special range that allowed names may resolve into.
     *
     * @param range the range, such as {@code 10.0.0.0/8}
     * @return this builder
     */
    public Builder privateRange(String range) {
      network.privateRanges.add(AddressRange.parse(range));
      return this;
    }

    /**
     * Names a server that allowed names are looked up at, instead of those of the machine.
     *
     * @param server its address, with a port or without
     * @return this builder
     */
    public Builder dnsServer(String server) {
      network.dnsServers.add(DnsServer.parse(server));
      return this;
    }

    /**
     * Sets whether TLS has to name the host of an allowed connection.
     *
     * @param value see {@link NetworkPolicy#checkServerName()}
     * @return this builder
     */
    public Builder checkServerName(boolean value) {
      network.checkServerName = value;
      return this;
    }

    /**
     * Makes a port of the sandbox reachable over the host's loopback.
     *
     * @param ports the port, or the host's and the sandbox's, {@code 8080:3000}
     * @return this builder
     */
    public Builder publish(String ports) {
      network.publish.add(PublishedPort.parse(ports));
      return this;
    }

    /**
     * Sets how much of the environment is inherited.
     *
     * @param value how much
     * @return this builder
     */
    public Builder inherit(EnvironmentPolicy.Inherit value) {
      inherit = Objects.requireNonNull(value, "value");
      return this;
    }

    /**
     * Includes variables, also when they look like secrets.
     *
     * @param names names or patterns
     * @return this builder
     */
    public Builder includeVariables(Collection<String> names) {
      include.addAll(names);
      return this;
    }

    /**
     * Excludes variables.
     *
     * @param names names or patterns
     * @return this builder
     */
    public Builder excludeVariables(Collection<String> names) {
      exclude.addAll(names);
      return this;
    }

    /**
     * Sets a variable.
     *
     * @param name the name
     * @param value the value; {@code ${tmp}} stands for the sandbox's temporary directory
     * @return this builder
     */
    public Builder variable(String name, String value) {
      set.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
      return this;
    }

    /**
     * Sets all limits.
     *
     * @param value the limits
     * @return this builder
     */
    public Builder limits(Limits value) {
      limits.from(value);
      return this;
    }

    /**
     * Bounds memory.
     *
     * @param bytes the bound in bytes
     * @return this builder
     */
    public Builder memory(long bytes) {
      limits.memory = Limits.positive("limits.memory", OptionalLong.of(bytes));
      return this;
    }

    /**
     * Bounds the number of processes.
     *
     * @param count the bound
     * @return this builder
     */
    public Builder processes(long count) {
      limits.processes = Limits.positive("limits.processes", OptionalLong.of(count));
      return this;
    }

    /**
     * Bounds processor time.
     *
     * @param time the bound
     * @return this builder
     */
    public Builder cpuTime(Duration time) {
      limits.cpuTime = Limits.positive("limits.cpuTime", Optional.of(time));
      return this;
    }

    /**
     * Bounds open files.
     *
     * @param count the bound
     * @return this builder
     */
    public Builder openFiles(long count) {
      limits.openFiles = Limits.positive("limits.openFiles", OptionalLong.of(count));
      return this;
    }

    /**
     * Bounds the size of a file.
     *
     * @param bytes the bound in bytes
     * @return this builder
     */
    public Builder fileSize(long bytes) {
      limits.fileSize = Limits.positive("limits.fileSize", OptionalLong.of(bytes));
      return this;
    }

    /**
     * Bounds wall time.
     *
     * @param time the bound
     * @return this builder
     */
    public Builder wallTime(Duration time) {
      limits.wallTime = Limits.positive("limits.wallTime", Optional.of(time));
      return this;
    }

    /**
     * Bounds output.
     *
     * @param bytes the bound in bytes
     * @return this builder
     */
    public Builder outputBytes(long bytes) {
      limits.outputBytes = Limits.positive("limits.outputBytes", OptionalLong.of(bytes));
      return this;
    }

    /**
     * Keeps a path from being written although it lies in a writable root.
     *
     * @param path an absolute path or a special; need not exist
     * @return this builder
     */
    public Builder protectedPath(String path) {
      protectedPaths.add(Objects.requireNonNull(path, "path"));
      return this;
    }

    /**
     * Sets the time between the request to end and the kill.
     *
     * @param time the grace
     * @return this builder
     */
    public Builder grace(Duration time) {
      limits.grace = Objects.requireNonNull(time, "time");
      return this;
    }

    /**
     * Sets what happens to leftover processes.
     *
     * @param value the lifetime
     * @return this builder
     */
    public Builder lifetime(Lifetime value) {
      lifetime = Objects.requireNonNull(value, "value");
      return this;
    }

    /**
     * Sets whether all guarantees must be enforced.
     *
     * @param value the mode
     * @return this builder
     */
    public Builder strictness(Strictness.Mode value) {
      strictnessMode = Objects.requireNonNull(value, "value");
      return this;
    }

    /**
     * Accepts a weaker level of guarantees than enforced.
     *
     * @param guarantees the guarantees
     * @return this builder
     */
    public Builder acceptWeaker(Guarantee... guarantees) {
      return acceptWeaker(List.of(guarantees));
    }

    /**
     * Accepts a weaker level of guarantees than enforced.
     *
     * @param guarantees the guarantees, such as {@link Guarantee#named} finds
     * @return this builder
     */
    public Builder acceptWeaker(Collection<Guarantee> guarantees) {
      weaker.addAll(guarantees);
      return this;
    }

    /**
     * Builds the policy.
     *
     * @return the policy
     */
    public SandboxPolicy build() {
      return new SandboxPolicy(
          fileDefault,
          new ArrayList<>(rules.values()),
          new ArrayList<>(denyGlobs),
          protectedNames,
          new ArrayList<>(protectedPaths),
          tmp,
          network.build(),
          new EnvironmentPolicy(inherit, new ArrayList<>(include), new ArrayList<>(exclude), set),
          limits.build(),
          lifetime,
          new Strictness(strictnessMode, weaker));
    }
  }
}
