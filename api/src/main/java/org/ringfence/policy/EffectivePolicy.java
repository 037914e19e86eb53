package org.ringfence.policy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A policy placed on a machine: specials and links resolved, defaults and built-in rules written
 * out. It is what backends compile, and its {@code evaluate} methods are the one meaning that every
 * backend is held to. Immutable; making it looks at the file system (when the places are live),
 * evaluating it does not.
 */
public final class EffectivePolicy {
  private static final Decision BY_DEFAULT_READ = Decision.allow("files.default read");
  private static final Decision BY_DEFAULT_WRITE = Decision.allow("files.default write");
  private static final Set<String> SPECIALS =
      Collections.unmodifiableSet(
          new LinkedHashSet<>(
              List.of(":workspace", ":tmp", ":home", ":minimal", ":java-home", ":shm")));

  private final SandboxPolicy policy;
  private final Places places;
  private final List<EffectiveRule> rules;
  private final List<DenyGlob> globs;
  private final RuleTree tree;

  EffectivePolicy(SandboxPolicy policy, Places places) {
    this.policy = policy;
    this.places = places;
    List<EffectiveRule> placed = new ArrayList<>();
    for (FileRule rule : policy.rules()) {
      place(rule, placed);
    }
    builtIn(placed);
    this.rules = List.copyOf(placed);
    List<DenyGlob> compiled = new ArrayList<>();
    for (String glob : policy.denyGlobs()) {
      compiled.add(new DenyGlob(glob, places.style()));
    }
    this.globs = List.copyOf(compiled);
    this.tree = new RuleTree(places.style(), rules);
  }

  private void builtIn(List<EffectiveRule> placed) {
    for (String device : places.devices()) {
      if (places.exists(device)) {
        placed.add(new EffectiveRule(device, Access.WRITE, "built-in device", true));
      }
    }
    if (policy.fileDefault() == FileDefault.MINIMAL) {
      addMinimal(placed, "files.default minimal");
    }
    if (policy.tmp() == TmpPolicy.SHARED) {
      placed.add(
          new EffectiveRule(places.real(places.systemTmp()), Access.WRITE, "tmp shared", true));
    }
    places
        .privateTmp()
        .ifPresent(
            tmp ->
                placed.add(new EffectiveRule(places.real(tmp), Access.WRITE, "tmp private", true)));
  }

  private void addMinimal(List<EffectiveRule> placed, String origin) {
    for (String path : places.minimal()) {
      if (places.exists(path)) {
        placed.add(new EffectiveRule(places.real(path), Access.READ, origin, false));
      }
    }
    placed.add(new EffectiveRule(places.real(places.javaHome()), Access.READ, origin, false));
  }

  private void place(FileRule rule, List<EffectiveRule> placed) {
    String origin = rule.path() + ": " + rule.access().word();
    String text = rule.path();
    if (text.equals(":minimal")) {
      if (rule.access() != Access.READ) {
        throw new InvalidPolicyException(
            "files.rules.:minimal", rule.access().word(), "read; the minimal view is read-only");
      }
      addMinimal(placed, origin);
      return;
    }
    String absolute = text.startsWith(":") ? special(text, rule) : absolute(text);
    if (absolute == null) {
      return;
    }
    if (!places.exists(absolute)) {
      if (rule.missing() == MissingPath.REJECT) {
        throw new InvalidPolicyException(
            "files.rules", text, "a path that exists (nothing is there), or \"missing\": \"skip\"");
      }
      if (rule.access() != Access.NONE) {
        return;
      }
    }
    boolean scratch = text.startsWith(":tmp") || text.startsWith(":shm");
    placed.add(new EffectiveRule(places.real(absolute), rule.access(), origin, scratch));
  }

  private String special(String text, FileRule rule) {
    int slash = text.indexOf('/');
    String name = slash < 0 ? text : text.substring(0, slash);
    String base =
        switch (name) {
          case ":workspace" -> places.workspace();
          case ":home" -> places.home();
          case ":java-home" -> places.javaHome();
          case ":shm" -> places.sharedMemory();
          case ":tmp" ->
              policy.tmp() == TmpPolicy.SHARED
                  ? places.systemTmp()
                  : places.privateTmp().orElse(null);
          default ->
              throw new InvalidPolicyException(
                  "files.rules", text, "one of " + String.join(", ", SPECIALS));
        };
    if (base == null || base.isEmpty()) {
      return null;
    }
    String path = slash < 0 ? base : base + text.substring(slash);
    checkDots(text);
    if (name.equals(":workspace")
        && slash < 0
        && rule.access() == Access.WRITE
        && places.style().components(places.real(base)).isEmpty()) {
      throw new InvalidPolicyException(
          "workspace", base, "a directory below the root of the file system");
    }
    return path;
  }

  private String absolute(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new InvalidPolicyException("files.rules", text, "a path without NUL");
    }
    if (text.startsWith("~")) {
      throw new InvalidPolicyException("files.rules", text, ":home" + text.substring(1));
    }
    if (!places.style().isAbsolute(text)) {
      throw new InvalidPolicyException(
          "files.rules", text, "an absolute path, or :workspace/" + text.replaceFirst("^\\./", ""));
    }
    checkDots(text);
    return text;
  }

  private void checkDots(String text) {
    for (String part : text.split("[/\\\\]")) {
      if (part.equals("..")) {
        throw new InvalidPolicyException(
            "files.rules",
            text,
            "a path without '..'"
                + (places.style().isAbsolute(text)
                    ? ", " + places.style().join(places.style().components(text))
                    : ""));
      }
    }
  }

  /**
   * Decides a file operation on a path whose links are already resolved.
   *
   * @param path an absolute path
   * @param operation what is to be done
   * @return the decision
   */
  public Decision evaluate(String path, Operation operation) {
    List<String> components = places.style().components(path);
    for (DenyGlob glob : globs) {
      if (glob.matches(components)) {
        return Decision.deny("files.denyGlobs " + glob, "the name is denied everywhere");
      }
    }
    EffectiveRule rule = tree.decide(components);
    if (rule == null) {
      return byDefault(operation);
    }
    if (!rule.access().permits(operation)) {
      return Decision.deny("files.rules " + rule.origin(), "the rule grants no " + word(operation));
    }
    if (operation == Operation.WRITE && !rule.scratch()) {
      int depth = tree.depthOfDecision(components);
      String name = policy.protectedNames().matching(components.subList(depth, components.size()));
      if (name != null) {
        return Decision.deny(
            "protectedNames " + name, "what lies there can run code in a later session");
      }
    }
    return Decision.allow("files.rules " + rule.origin());
  }

  private Decision byDefault(Operation operation) {
    return switch (policy.fileDefault()) {
      case WRITE -> BY_DEFAULT_WRITE;
      case READ ->
          operation == Operation.READ
              ? BY_DEFAULT_READ
              : Decision.deny("files.default read", "no rule grants writing");
      case MINIMAL -> Decision.deny("files.default minimal", "no rule grants it");
    };
  }

  private static String word(Operation operation) {
    return operation == Operation.READ ? "reading" : "writing";
  }

  /**
   * Decides a file operation on a path as a person writes it: links are resolved first, as far as
   * the path exists.
   *
   * @param path an absolute path
   * @param operation what is to be done
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
   * The policy that this one was made from.
   *
   * @return the policy
   */
  public SandboxPolicy policy() {
    return policy;
  }

  /**
   * The places it was put on.
   *
   * @return the places
   */
  public Places places() {
    return places;
  }

  /**
   * All file rules, the built-in ones included.
   *
   * @return the rules, in no particular order of weight
   */
  public List<EffectiveRule> rules() {
    return rules;
  }

  /**
   * The access that the rules give at a path, without deny globs and protected names.
   *
   * @param path an absolute path
   * @return the access
   */
  public Access accessAt(String path) {
    EffectiveRule rule = tree.decide(places.style().components(path));
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
