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
import java.util.function.Consumer;
import org.ringfence.policy.value.AddressRange;
import org.ringfence.policy.value.DnsServer;
import org.ringfence.policy.value.HostPattern;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.policy.value.ProcessGrant;
import org.ringfence.policy.value.PublishedPort;

/** Builds a policy. Later calls override earlier ones where a value is single. Not thread-safe. */
public final class PolicyBuilder {
  private FileDefault fileDefault = FileDefault.READ;
  private final Map<String, FileRule> rules = new LinkedHashMap<>();
  private final Set<String> rulesOfLayer = new LinkedHashSet<>();
  private final Set<String> denyGlobs = new LinkedHashSet<>();
  private final Set<String> allowedNames = new LinkedHashSet<>();
  private ProtectedNames protectedNames = ProtectedNames.HOOKS_AND_CONFIG;
  private final Set<String> protectedPaths = new LinkedHashSet<>();
  private TmpPolicy tmp = TmpPolicy.PRIVATE;
  final NetworkDraft network = new NetworkDraft();
  private EnvironmentPolicy.Inherit inherit = EnvironmentPolicy.Inherit.CORE;
  private final Set<String> include = new LinkedHashSet<>();
  private final Set<String> exclude = new LinkedHashSet<>();
  private final Map<String, String> set = new TreeMap<>();
  private final LimitsDraft limits = new LimitsDraft();
  private Lifetime lifetime = Lifetime.KILL;
  private Strictness.Mode strictnessMode = Strictness.Mode.STRICT;
  private final Set<ProcessGrant> processGrants = EnumSet.noneOf(ProcessGrant.class);
  private final Set<Guarantee> weaker = EnumSet.noneOf(Guarantee.class);

  PolicyBuilder() {}

  /**
   * Copies everything of another policy.
   *
   * @param policy the other policy
   * @return this builder
   */
  public PolicyBuilder from(SandboxPolicy policy) {
    fileDefault = policy.fileDefault();
    policy.rules().forEach(rule -> rules.put(rule.path(), rule));
    denyGlobs.addAll(policy.denyGlobs());
    allowedNames.addAll(policy.allowedNames());
    protectedNames = policy.protectedNames();
    protectedPaths.addAll(policy.protectedPaths());
    tmp = policy.tmp();
    network.from(policy.network());
    inherit = policy.environment().inherit();
    include.addAll(policy.environment().include());
    exclude.addAll(policy.environment().exclude());
    set.putAll(policy.environment().set());
    limits(policy.limits());
    lifetime = policy.lifetime();
    processGrants.addAll(policy.processGrants());
    strictnessMode = policy.strictness().mode();
    weaker.addAll(policy.strictness().weaker());
    return this;
  }

  /**
   * Begins a layer: later rules may override earlier ones (of an extended policy, say) for the same
   * path; within a layer, two different rules contradict each other.
   *
   * @return this builder
   */
  public PolicyBuilder layer() {
    rulesOfLayer.clear();
    return this;
  }

  /**
   * Sets the file part, in a block.
   *
   * @param part called at once with the part, such as {@code f -> f.read(Special.HOME)}
   * @return this builder
   */
  public PolicyBuilder files(Consumer<FilesPart> part) {
    part.accept(new FilesPart(this));
    return this;
  }

  /**
   * Sets the network part, in a block. Naming a host makes a closed network an allowlist.
   *
   * @param part called at once with the part, such as {@code n -> n.allow("repo.example.org:443")}
   * @return this builder
   */
  public PolicyBuilder network(Consumer<NetworkPart> part) {
    part.accept(new NetworkPart(this));
    return this;
  }

  /**
   * Sets the whole network part.
   *
   * @param value such as {@link NetworkPolicy#none()}
   * @return this builder
   */
  public PolicyBuilder network(NetworkPolicy value) {
    network.clear();
    network.from(value);
    return this;
  }

  /**
   * Sets the environment part, in a block.
   *
   * @param part called at once with the part, such as {@code e -> e.include("CI")}
   * @return this builder
   */
  public PolicyBuilder environment(Consumer<EnvironmentPart> part) {
    part.accept(new EnvironmentPart(this));
    return this;
  }

  /**
   * Sets the limits, in a block.
   *
   * @param part called at once with the part, such as {@code l -> l.memory(ByteSize.ofMiB(512))}
   * @return this builder
   */
  public PolicyBuilder limits(Consumer<LimitsPart> part) {
    part.accept(new LimitsPart(this));
    return this;
  }

  /**
   * Sets the access where no rule applies.
   *
   * @param value the default
   * @return this builder
   */
  public PolicyBuilder fileDefault(FileDefault value) {
    fileDefault = Objects.requireNonNull(value, "value");
    return this;
  }

  /**
   * Grants reading.
   *
   * @param path an absolute path or a special
   * @return this builder
   */
  public PolicyBuilder read(String path) {
    return rule(path, Access.READ, MissingPath.REJECT);
  }

  /**
   * Grants writing, and with it reading.
   *
   * @param path an absolute path or a special
   * @return this builder
   */
  public PolicyBuilder write(String path) {
    return rule(path, Access.WRITE, MissingPath.REJECT);
  }

  /**
   * Denies a path.
   *
   * @param path an absolute path or a special
   * @return this builder
   */
  public PolicyBuilder none(String path) {
    return rule(path, Access.NONE, MissingPath.SKIP);
  }

  /**
   * Adds a rule.
   *
   * @param path an absolute path or a special
   * @param access the granted access
   * @param missing the action when the path does not exist
   * @return this builder
   * @throws InvalidPolicyException if this layer already has a different rule for the path
   */
  public PolicyBuilder rule(String path, Access access, MissingPath missing) {
    FilesPart.checkPath(path, access);
    FilesPart.checkSame(rulesOfLayer.add(path) ? null : rules.get(path), access);
    rules.put(path, new FileRule(path, access, missing));
    return this;
  }

  /**
   * Denies names everywhere.
   *
   * @param globs globs such as {@code **}{@code /.env}
   * @return this builder
   */
  public PolicyBuilder denyGlobs(Collection<String> globs) {
    globs.forEach(glob -> FilesPart.checkGlob("files.denyGlobs", glob));
    denyGlobs.addAll(globs);
    return this;
  }

  PolicyBuilder allowedNames(Collection<String> globs) {
    globs.forEach(glob -> FilesPart.checkGlob("files.allowedNames", glob));
    allowedNames.addAll(globs);
    return this;
  }

  /**
   * Sets how names are protected.
   *
   * @param value the level
   * @return this builder
   */
  public PolicyBuilder protectedNames(ProtectedNames value) {
    protectedNames = Objects.requireNonNull(value, "value");
    return this;
  }

  /**
   * Sets the directory of temporary files.
   *
   * @param value the kind
   * @return this builder
   */
  public PolicyBuilder tmp(TmpPolicy value) {
    tmp = Objects.requireNonNull(value, "value");
    return this;
  }

  /**
   * Sets the reachable part of the network.
   *
   * @param value the mode
   * @return this builder
   */
  public PolicyBuilder network(NetworkMode value) {
    network.mode = Objects.requireNonNull(value, "value");
    return this;
  }

  /**
   * Adds a host to the allowlist.
   *
   * @param pattern a host pattern
   * @return this builder
   */
  public PolicyBuilder allowHost(String pattern) {
    network.allow.add(HostPattern.parse(pattern));
    return this;
  }

  /**
   * Adds a host to the deny list.
   *
   * @param pattern a host pattern; without ports it denies all of them
   * @return this builder
   */
  public PolicyBuilder denyHost(String pattern) {
    network.deny.add(HostPattern.parse(pattern));
    return this;
  }

  /**
   * Sets whether the sandbox may use its own loopback.
   *
   * @param value true to allow it
   * @return this builder
   */
  public PolicyBuilder ownLoopback(boolean value) {
    network.ownLoopback = value;
    return this;
  }

  /**
   * Allows a loopback port of the host.
   *
   * @param port the port
   * @return this builder
   */
  public PolicyBuilder hostLoopbackPort(int port) {
    HostPattern.checkPort(port);
    network.hostLoopbackPorts.add(port);
    return this;
  }

  /**
   * Allows a unix socket outside the sandbox.
   *
   * @param path its absolute path
   * @return this builder
   * @throws InvalidPolicyException if it is relative, or has {@code .} or {@code ..} in it
   */
  public PolicyBuilder unixSocket(String path) {
    network.unixSockets.add(NetworkPolicy.checkedSocket(path));
    return this;
  }

  /**
   * Adds a special range that allowed names may resolve into.
   *
   * @param range the range, such as {@code 10.0.0.0/8}
   * @return this builder
   */
  public PolicyBuilder privateRange(String range) {
    network.privateRanges.add(AddressRange.parse(range));
    return this;
  }

  /**
   * Adds a server for look-ups of allowed names, instead of those of the machine.
   *
   * @param server its address, with a port or without
   * @return this builder
   */
  public PolicyBuilder dnsServer(String server) {
    network.dnsServers.add(DnsServer.parse(server));
    return this;
  }

  /**
   * Sets whether TLS must name the host of an allowed connection.
   *
   * @param value see {@link NetworkPolicy#checkServerName()}
   * @return this builder
   */
  public PolicyBuilder checkServerName(boolean value) {
    network.checkServerName = value;
    return this;
  }

  /**
   * Makes a port of the sandbox reachable over the host's loopback.
   *
   * @param ports the port, or the host's and the sandbox's, {@code 8080:3000}
   * @return this builder
   */
  public PolicyBuilder publish(String ports) {
    network.publish.add(PublishedPort.parse(ports));
    return this;
  }

  /**
   * Sets the inherited part of the environment.
   *
   * @param value the part
   * @return this builder
   */
  public PolicyBuilder inherit(EnvironmentPolicy.Inherit value) {
    inherit = Objects.requireNonNull(value, "value");
    return this;
  }

  /**
   * Includes variables, even if they look like secrets.
   *
   * @param names names or patterns
   * @return this builder
   */
  public PolicyBuilder includeVariables(Collection<String> names) {
    include.addAll(names);
    return this;
  }

  /**
   * Excludes variables.
   *
   * @param names names or patterns
   * @return this builder
   */
  public PolicyBuilder excludeVariables(Collection<String> names) {
    exclude.addAll(names);
    return this;
  }

  /**
   * Sets a variable.
   *
   * @param name the name
   * @param value the value; see {@link EnvironmentPart#set}
   * @return this builder
   */
  public PolicyBuilder variable(String name, String value) {
    set.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
    return this;
  }

  /**
   * Sets all limits.
   *
   * @param value the limits
   * @return this builder
   */
  public PolicyBuilder limits(Limits value) {
    limits.from(value);
    return this;
  }

  /**
   * Bounds memory.
   *
   * @param bytes the bound in bytes
   * @return this builder
   */
  public PolicyBuilder memory(long bytes) {
    limits.memory = Limits.positive("limits.memory", OptionalLong.of(bytes));
    return this;
  }

  /**
   * Bounds the number of processes.
   *
   * @param count the bound
   * @return this builder
   */
  public PolicyBuilder processes(long count) {
    limits.processes = Limits.positive("limits.processes", OptionalLong.of(count));
    return this;
  }

  /**
   * Bounds processor time.
   *
   * @param time the bound
   * @return this builder
   */
  public PolicyBuilder cpuTime(Duration time) {
    limits.cpuTime = Limits.positive("limits.cpuTime", Optional.of(time));
    return this;
  }

  /**
   * Bounds open files.
   *
   * @param count the bound
   * @return this builder
   */
  public PolicyBuilder openFiles(long count) {
    limits.openFiles = Limits.positive("limits.openFiles", OptionalLong.of(count));
    return this;
  }

  /**
   * Bounds the size of a file.
   *
   * @param bytes the bound in bytes
   * @return this builder
   */
  public PolicyBuilder fileSize(long bytes) {
    limits.fileSize = Limits.positive("limits.fileSize", OptionalLong.of(bytes));
    return this;
  }

  /**
   * Bounds wall time.
   *
   * @param time the bound
   * @return this builder
   */
  public PolicyBuilder wallTime(Duration time) {
    limits.wallTime = Limits.positive("limits.wallTime", Optional.of(time));
    return this;
  }

  /**
   * Bounds output.
   *
   * @param bytes the bound in bytes
   * @return this builder
   */
  public PolicyBuilder outputBytes(long bytes) {
    limits.outputBytes = Limits.positive("limits.outputBytes", OptionalLong.of(bytes));
    return this;
  }

  /**
   * Makes a path read-only although it lies in a writable root.
   *
   * @param path an absolute path or a special; need not exist
   * @return this builder
   */
  public PolicyBuilder protectedPath(String path) {
    protectedPaths.add(Objects.requireNonNull(path, "path"));
    return this;
  }

  /**
   * Sets the time between the request to end and the kill.
   *
   * @param time the grace
   * @return this builder
   */
  public PolicyBuilder grace(Duration time) {
    limits.grace = Objects.requireNonNull(time, "time");
    return this;
  }

  /**
   * Sets the fate of leftover processes.
   *
   * @param value the lifetime
   * @return this builder
   */
  public PolicyBuilder lifetime(Lifetime value) {
    lifetime = Objects.requireNonNull(value, "value");
    return this;
  }

  /**
   * Sets the fate of leftover processes after the end of the command itself.
   *
   * @param fate their fate
   * @return this builder
   */
  public PolicyBuilder onRootExit(Lifetime.Leftovers fate) {
    return lifetime(new Lifetime(fate, lifetime.onJvmExit()));
  }

  /**
   * Sets the fate of leftover processes after any end of the JVM that opened the sandbox.
   *
   * @param fate their fate
   * @return this builder
   */
  public PolicyBuilder onJvmExit(Lifetime.Leftovers fate) {
    return lifetime(new Lifetime(lifetime.onRootExit(), fate));
  }

  /**
   * Opens parts of the system that are closed to processes by default.
   *
   * @param grants the parts
   * @return this builder
   */
  public PolicyBuilder allow(ProcessGrant... grants) {
    processGrants.addAll(List.of(grants));
    return this;
  }

  /**
   * Sets whether all guarantees must be enforced.
   *
   * @param value the mode
   * @return this builder
   */
  public PolicyBuilder strictness(Strictness.Mode value) {
    strictnessMode = Objects.requireNonNull(value, "value");
    return this;
  }

  /**
   * Accepts a weaker level of guarantees than enforced.
   *
   * @param guarantees the guarantees
   * @return this builder
   */
  public PolicyBuilder acceptWeaker(Guarantee... guarantees) {
    return acceptWeaker(List.of(guarantees));
  }

  /**
   * Accepts a weaker level of guarantees than enforced.
   *
   * @param guarantees the guarantees, such as {@link Guarantee#named} finds
   * @return this builder
   */
  public PolicyBuilder acceptWeaker(Collection<Guarantee> guarantees) {
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
        new ArrayList<>(allowedNames),
        new ArrayList<>(protectedPaths),
        tmp,
        network.build(),
        new EnvironmentPolicy(inherit, new ArrayList<>(include), new ArrayList<>(exclude), set),
        limits.build(),
        lifetime,
        processGrants,
        new Strictness(strictnessMode, weaker));
  }
}
