package org.ringfence.policy.effective;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.ringfence.policy.Access;
import org.ringfence.policy.Decision;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Operation;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.glob.DenyGlob;
import org.ringfence.policy.path.KeptPaths;
import org.ringfence.policy.path.LooseNames;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.RuleTexts;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * A policy placed on a machine: specials and links resolved, defaults and built-in rules written
 * out. Backends compile it, and its {@code evaluate} methods define the meaning that every backend
 * must enforce. Immutable; its creation looks at the file system (when the places are live), its
 * evaluation does not.
 */
public final class EffectivePolicy {
  private final SandboxPolicy policy;
  private final PathContext places;
  private final List<EffectiveRule> rules;
  private final DenyGlobs globs;
  private final RuleTree tree;
  private final HomeNames homes;
  private final TrackedNames tracked;
  private final LeadingDirectories leading;
  private final List<String> protectedPaths;
  private final KeptPaths kept;
  private final LooseNames loose;
  private final DecidedNames decided;
  private final SurfaceSurvey survey;
  private final List<String> ownState;
  private final Map<String, String> links = new LinkedHashMap<>();
  private final Map<String, String> crossed = new LinkedHashMap<>();

  /**
   * Places a policy on a machine.
   *
   * @param policy the policy
   * @param places the places of the machine
   * @return the effective policy
   * @throws InvalidPolicyException if a rule's path is malformed, or missing and to be rejected
   */
  public static EffectivePolicy of(SandboxPolicy policy, PathContext places) {
    return new EffectivePolicy(policy, places, null);
  }

  /** Takes an earlier survey of the same roots, or null to make one. */
  private EffectivePolicy(SandboxPolicy policy, PathContext places, SurfaceSurvey found) {
    this.policy = policy;
    this.places = places;
    RuleTexts texts = new RuleTexts(policy, places);
    List<EffectiveRule> placed = new RulePlacement(policy, places, texts, links, crossed).rules();
    NamedSockets.check(policy.network(), places, placed, policy.fileDefault());
    placed.addAll(MountedTwice.rules(placed, places.lookup()));
    ProtectedPlaces all = ProtectedPlaces.of(policy, places, placed, texts, found);
    this.survey = all.survey();
    this.ownState = all.ownState();
    this.tracked = all.tracked();
    this.homes = all.homes();
    this.protectedPaths = all.paths();
    this.rules = List.copyOf(placed);
    this.loose =
        LooseNames.of(
            places.lookup(),
            Stream.of(
                    rules.stream().map(EffectiveRule::path),
                    protectedPaths.stream(),
                    homes.homes().stream(),
                    DenyGlobs.directories(policy.denyGlobs(), places))
                .flatMap(paths -> paths));
    this.kept =
        new KeptPaths(
            places.style(),
            protectedPaths.stream().map(loose::spelled).toList(),
            places.privateTmp().map(places::real).orElse(""));
    this.globs = new DenyGlobs(policy.denyGlobs(), places, crossed, loose.any());
    this.tree = new RuleTree(places.style(), rules, loose);
    this.leading = new LeadingDirectories(policy.protectedNames(), places.style(), rules, tree);
    this.decided = new DecidedNames(this, tree, leading, all.steady());
  }

  /**
   * Returns the policy without the sandbox's private temporary directory, for a backend that
   * creates it in another system. The other places are not surveyed again.
   *
   * @return the policy without that directory
   */
  public EffectivePolicy withoutPrivateTmp() {
    return places.privateTmp().isEmpty()
        ? this
        : new EffectivePolicy(policy, places.withoutPrivateTmp(), survey);
  }

  /**
   * Returns the plans' statement about protected names, with its limit here: the search for links
   * and settings covers a bounded number of names.
   *
   * @return the statement
   */
  public String protectedNamesStatement() {
    String statement =
        new ProtectedNameMatcher(policy.protectedNames()).statement(homes)
            + leading.statement(policy.tmp())
            + tracked.statement()
            + (places.home().isEmpty()
                ? "; no home is known, so that files that a login reads in one are not protected"
                : "");
    return survey == null ? statement : statement + survey.statement();
  }

  /** Returns the components of a path, as the policy spells those that it names. */
  private List<String> components(String path) {
    return places.style().components(loose.spelled(path));
  }

  /**
   * Returns whether the file system finds the object at a path by other spellings, too.
   *
   * @param path an absolute path
   * @return true on drives of Windows and the like, where a mount of one name holds no other
   */
  public boolean findsOtherNames(String path) {
    return loose.at(path);
  }

  /** Returns whether reading is denied somewhere that names decide. */
  private boolean readsMatter() {
    return !policy.denyGlobs().isEmpty()
        || rules.stream().anyMatch(rule -> rule.access() == Access.NONE && loose.at(rule.path()));
  }

  SurfaceSurvey survey() {
    return survey;
  }

  /**
   * Decides a file operation on a path whose links are already resolved.
   *
   * @param path an absolute path
   * @param operation the operation
   * @return the decision
   */
  public Decision evaluate(String path, Operation operation) {
    List<String> components = components(path);
    DenyGlob glob = globs.denying(components, loose.at(path));
    if (glob != null) {
      return Decision.deny(new Reason.Glob(glob.toString()), "the name is denied everywhere");
    }
    Decision usual = byDefault(operation);
    EffectiveRule rule = tree.decide(path, components, operation, usual.allowed());
    if (rule == null) {
      return usual;
    }
    if (!rule.access().permits(operation)) {
      return Decision.deny(
          new Reason.Rule(rule.origin(), rule.access(), operation),
          "the rule grants no " + word(operation));
    }
    Optional<String> shortName = loose.shortName(path);
    if (shortName.isPresent() && (operation == Operation.WRITE ? namesMatter() : readsMatter())) {
      return Decision.deny(
          new Reason.ShortName(shortName.get()), "it may be another object's short name");
    }
    if (operation == Operation.WRITE) {
      String over = kept.over(loose.spelled(path));
      if (over != null) {
        return Decision.deny(new Reason.ProtectedPath(over), "the path stays as it is");
      }
      String name = protectedName(rule, components, components);
      name = name == null ? protectedName(rule, components, loose.plain(path, components)) : name;
      if (name != null) {
        return byName(name);
      }
    }
    return Decision.allow(new Reason.Rule(rule.origin(), rule.access(), operation));
  }

  private String protectedName(EffectiveRule rule, List<String> components, List<String> plain) {
    return rule.scratch()
        ? leading.protectedAt(components, plain)
        : homes.protectedAt(components, plain, tree.depthOfDecision(components));
  }

  private String replacedName(EffectiveRule rule, List<String> components, List<String> plain) {
    return rule.scratch()
        ? leading.replacedAt(components, plain)
        : homes.replacedAt(components, plain, tree.depthOfDecision(components));
  }

  static Decision byName(String name) {
    return Decision.deny(
        new Reason.ProtectedName(name), "files there can run code in a later session");
  }

  private boolean isAtOrBelow(String path, String ancestor) {
    return places.style().isAtOrBelow(path, ancestor);
  }

  /**
   * Decides whether an object with unexamined contents may be put at a path: a moved directory, a
   * symbolic link.
   *
   * @param path an absolute path
   * @return the decision; a denial also when writing is denied
   */
  public Decision evaluateReplacement(String path) {
    Decision decision = evaluateRemoval(path);
    List<String> components = components(path);
    EffectiveRule rule = tree.decide(components);
    if (!decision.allowed() || rule == null) {
      return decision;
    }
    String name = replacedName(rule, components, components);
    name = name == null ? replacedName(rule, components, loose.plain(path, components)) : name;
    return name == null ? decision : byName(name);
  }

  /**
   * Returns whether names are protected at a path: in a writable place that persists.
   *
   * @param path an absolute path
   * @return true if they are
   */
  public boolean keepsNames(String path) {
    EffectiveRule rule = tree.decide(components(path));
    return policy.protectedNames() != ProtectedNames.OFF
        && rule != null
        && rule.access() == Access.WRITE
        && !rule.scratch();
  }

  /** Returns the names of a path as they are compared with protected names. */
  List<String> plainNames(String path) {
    return loose.plain(path, places.style().components(path));
  }

  /** Returns whether a path's first components lead to a granted directory. */
  boolean leads(List<String> components, int length) {
    return leading.holds(components, length);
  }

  /**
   * Decides whether a directory may be moved away or removed with its contents.
   *
   * @param path an absolute path
   * @return the decision; a denial when writing is denied there, or the decision differs for
   *     something below it
   */
  public Decision evaluateRemoval(String path) {
    Decision decision = evaluate(path, Operation.WRITE);
    if (!decision.allowed()) {
      return decision;
    }
    String spelled = loose.spelled(path);
    for (String held : protectedPaths) {
      if (isAtOrBelow(loose.spelled(held), spelled)) {
        return Decision.deny(new Reason.ProtectedPath(held), "it lies below");
      }
    }
    EffectiveRule granted = null;
    for (EffectiveRule rule : rules) {
      if (isAtOrBelow(loose.spelled(rule.path()), spelled)) {
        if (rule.access() != Access.WRITE) {
          return Decision.deny(new Reason.RuleBelow(rule.origin()), "it lies below");
        }
        granted = rule;
      }
    }
    return granted == null
        ? decision
        : Decision.deny(
            new Reason.RuleBelow(granted.origin()),
            "a granted path stays, or a later command would get its replacement");
  }

  /**
   * Decides whether a directory may move to another path with its contents: a glob that may deny
   * something below it must deny it there, too.
   *
   * @param from the absolute path of the directory
   * @param to its new absolute path
   * @return the decision, of globs only
   */
  public Decision evaluateMove(String from, String to) {
    DenyGlob lost =
        globs.lostByMove(components(from), components(to), loose.at(from) || loose.at(to));
    return lost == null
        ? Decision.allow(new Reason.Glob(""))
        : Decision.deny(
            new Reason.Glob(lost.toString()), "files that it denies below would be read there");
  }

  /**
   * Returns the globs, with links in their leading directories resolved; each begins with a slash
   * or {@code **}.
   *
   * @return the globs
   */
  public List<String> denyGlobs() {
    return globs.all().stream().map(DenyGlob::placed).toList();
  }

  /**
   * Returns globs with names of directories that the policy permits to rename: for backends that do
   * not decide on each rename.
   *
   * @return the globs as the policy has them
   */
  public List<String> globsPassedByRenames() {
    return globs.passedByRenames(this);
  }

  /**
   * Returns whether the policy denies a name in a writable directory: a protected name or path, a
   * deny glob, or a rule that takes access away below one that grants writing.
   *
   * @return true if rights on directories alone do not enforce the policy
   */
  public boolean namesMatter() {
    return decided.matter();
  }

  /**
   * Returns why each name must be decided even at the level {@link ProtectedNames#EXISTING}: a part
   * of the policy that mounts of what exists do not hold.
   *
   * @return the part of the policy; empty if such mounts hold all of it
   */
  public Optional<String> needsNamesDecided() {
    return decided.beyondMounts();
  }

  /**
   * Returns the symbolic links on the way of the rules' paths as written.
   *
   * @return link to target, in the order of the way
   */
  public Map<String, String> links() {
    return Collections.unmodifiableMap(links);
  }

  /**
   * Finds a rule that takes access away through a symbolic link that commands may change: the rule
   * would then apply to another object.
   *
   * @return the problem, if any
   */
  public Optional<String> unsteadyRule() {
    return crossed.entrySet().stream()
        .filter(entry -> evaluate(entry.getKey(), Operation.WRITE).allowed())
        .map(
            entry ->
                "rule '"
                    + entry.getValue()
                    + "' leads over the symbolic link "
                    + entry.getKey()
                    + ", which the command may change")
        .findFirst();
  }

  /**
   * Looks for a later mount that shows a denied object at a path that the policy does not deny.
   *
   * @return the mount, if any
   */
  public Optional<String> mountedSince() {
    return MountedTwice.since(this);
  }

  /**
   * Returns paths that no rule makes writable, links resolved.
   *
   * @return the paths
   */
  public List<String> protectedPaths() {
    return protectedPaths;
  }

  private Decision byDefault(Operation operation) {
    FileDefault value = policy.fileDefault();
    Reason reason = new Reason.Default(value, operation);
    return value == FileDefault.WRITE || value == FileDefault.READ && operation == Operation.READ
        ? Decision.allow(reason)
        : Decision.deny(
            reason, value == FileDefault.READ ? "no rule grants writing" : "no rule grants it");
  }

  private static String word(Operation operation) {
    return operation == Operation.READ ? "reading" : "writing";
  }

  /**
   * Decides a file operation on a path as the user writes it. Resolves links first, as far as the
   * path exists.
   *
   * @param path an absolute path
   * @param operation the operation
   * @return the decision
   */
  public Decision check(String path, Operation operation) {
    return evaluate(places.real(path), operation);
  }

  /**
   * Decides a connection to a host outside the sandbox.
   *
   * @param host a host name or an IP literal
   * @param port the port
   * @return the decision
   */
  public Decision evaluate(String host, int port) {
    return policy.network().evaluate(host, port);
  }

  /**
   * Returns the original policy.
   *
   * @return the policy
   */
  public SandboxPolicy policy() {
    return policy;
  }

  /**
   * Returns the places of the machine.
   *
   * @return the places
   */
  public PathContext places() {
    return places;
  }

  /**
   * Returns whether the policy asks for a guarantee, on a system that supports it.
   *
   * @param guarantee a guarantee
   * @return true if a plan for the policy answers this guarantee
   */
  public boolean asksFor(Guarantee guarantee) {
    return RequestedGuarantees.include(guarantee, this);
  }

  /**
   * Returns all file rules, the built-in ones included.
   *
   * @return the rules, in no particular order of weight
   */
  public List<EffectiveRule> rules() {
    return rules;
  }

  /**
   * Returns Ringfence's directories, which no command may see or change whatever the rules say,
   * except its private temporary directory in one of them. They need not exist.
   *
   * @return the directories, links resolved; none when the policy grants writing everywhere
   */
  public List<String> ownState() {
    return ownState;
  }

  /**
   * Returns the home directories that are writable, as a whole or in part, and their protected
   * names.
   *
   * @return the protected names; empty when protected names are off
   */
  public HomeNames homes() {
    return homes;
  }

  /**
   * Returns the usual protected names and paths in writable places, whether or not they exist: for
   * backends that protect only existing paths.
   *
   * @return read-only paths
   */
  public List<String> keptNames() {
    Set<String> kept = new LinkedHashSet<>(protectedPaths);
    for (EffectiveRule rule : rules) {
      if (rule.access() == Access.WRITE && !rule.scratch()) {
        new ProtectedNameMatcher(policy.protectedNames())
            .usualIn(places.style().components(rule.path()))
            .forEach(name -> kept.add((rule.path().equals("/") ? "" : rule.path()) + "/" + name));
        kept.addAll(homes.usual(rule.path()));
      }
    }
    kept.addAll(leading.usual());
    return List.copyOf(kept);
  }

  /**
   * Returns the access that the rules give at a path, without deny globs and protected names.
   *
   * @param path an absolute path
   * @return the access
   */
  public Access accessAt(String path) {
    EffectiveRule rule = tree.decide(components(path));
    if (rule != null) {
      return rule.access();
    }
    return switch (policy.fileDefault()) {
      case READ -> Access.READ;
      case WRITE -> Access.WRITE;
      case MINIMAL -> Access.NONE;
    };
  }
}
