package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.FileRule;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.RuleTexts;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Turns a policy's file rules into effective rules: specials and links resolved, built-in rules
 * added. Not thread-safe.
 */
final class RulePlacement {
  private final SandboxPolicy policy;
  private final PathContext places;
  private final PathLookup lookup;
  private final RuleTexts texts;
  private final Map<String, String> links;
  private final Map<String, String> crossed;
  private final PlantedLinks planted;
  private final List<EffectiveRule> placed = new ArrayList<>();

  /**
   * Prepares the placement.
   *
   * @param links receives the symbolic links on the way of the rules' paths, with their targets
   * @param crossed receives the links on the way of rules that take access away, with the rule
   */
  RulePlacement(
      SandboxPolicy policy,
      PathContext places,
      RuleTexts texts,
      Map<String, String> links,
      Map<String, String> crossed) {
    this.policy = policy;
    this.places = places;
    this.lookup = places.lookup().forMany();
    this.texts = texts;
    this.links = links;
    this.crossed = crossed;
    this.planted = new PlantedLinks(policy, places.style());
  }

  /**
   * Places the rules, once.
   *
   * @return the effective rules; the caller may add to the list
   * @throws InvalidPolicyException if paths are malformed, or missing and to be rejected: names all
   *     of them; or if one leads through a link that a command may have made
   */
  List<EffectiveRule> rules() {
    List<InvalidPolicyException> problems = new ArrayList<>();
    for (FileRule rule : policy.rules()) {
      try {
        place(rule);
      } catch (InvalidPolicyException e) {
        problems.add(e);
      }
    }
    if (!problems.isEmpty()) {
      throw InvalidPolicyException.all(problems);
    }
    builtIn();
    planted.check(placed);
    return placed;
  }

  private void builtIn() {
    for (String device : places.devices()) {
      if (places.exists(device)) {
        placed.add(new EffectiveRule(device, Access.WRITE, "built-in device", true));
      }
    }
    if (policy.fileDefault() == FileDefault.MINIMAL) {
      addMinimal("files.default minimal");
    }
    if (policy.tmp() == TmpPolicy.SHARED) {
      for (String shared : places.sharedTmp()) {
        placed.add(new EffectiveRule(places.real(shared), Access.WRITE, "tmp shared", true));
      }
    }
    places
        .privateTmp()
        .ifPresent(
            tmp ->
                placed.add(new EffectiveRule(places.real(tmp), Access.WRITE, "tmp private", true)));
  }

  private void addMinimal(String origin) {
    for (String path : places.minimal()) {
      if (places.exists(path)) {
        links.putAll(places.linksOn(path));
        placed.add(new EffectiveRule(places.real(path), Access.READ, origin, false));
      }
    }
    links.putAll(places.linksOn(places.javaHome()));
    placed.add(new EffectiveRule(places.real(places.javaHome()), Access.READ, origin, false));
  }

  private void place(FileRule rule) {
    String origin = rule.path() + ": " + rule.access().word();
    String text = rule.path();
    if (text.equals(":minimal")) {
      if (rule.access() != Access.READ) {
        throw new InvalidPolicyException(
            "files.rules.:minimal", rule.access().word(), "read; the minimal view is read-only");
      }
      addMinimal(origin);
      return;
    }
    String absolute = texts.absolute(text, rule.access());
    if (absolute == null) {
      return;
    }
    if (!lookup.exists(lookup.real(absolute))) {
      if (rule.missing() == MissingPath.REJECT) {
        throw new InvalidPolicyException(
            "files.rules", text, "a path that exists (nothing is there), or \"missing\": \"skip\"");
      }
      if (rule.access() != Access.NONE) {
        return;
      }
    }
    boolean scratch = text.startsWith(":tmp") || text.startsWith(":shm");
    put(absolute, rule.access(), origin, scratch);
    if (rule.access() == Access.NONE
        || rule.access() == Access.READ && policy.fileDefault() == FileDefault.WRITE) {
      for (String other : texts.inOtherHomes(text)) {
        put(other, rule.access(), origin, false);
      }
    }
  }

  private void put(String path, Access access, String origin, boolean scratch) {
    Map<String, String> onWay = lookup.linksOn(path);
    links.putAll(onWay);
    if (access != Access.WRITE) {
      onWay.keySet().forEach(link -> crossed.put(link, origin));
    }
    EffectiveRule rule = new EffectiveRule(lookup.real(path), access, origin, scratch);
    placed.add(rule);
    if (access != Access.NONE) {
      planted.passed(rule, path, onWay.keySet());
    }
  }
}
