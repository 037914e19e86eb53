package org.ringfence.cli.policy;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileRule;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.text.Printable;

/**
 * Rules that grant nothing: those of paths that do not exist or that other rules deny, and those of
 * hosts without a network.
 */
public final class IneffectiveRules {
  private static final String MINIMAL = ":minimal";

  private IneffectiveRules() {}

  /**
   * Finds them among the rules outside presets: presets name many places, of which a machine has
   * some.
   *
   * @param policy the policy on this machine
   * @return a sentence for each
   */
  public static List<String> of(EffectivePolicy policy) {
    Set<FileRule> usual = new HashSet<>();
    for (String preset : Presets.names()) {
      usual.addAll(Presets.load(preset).rules());
    }
    List<String> skipped = new ArrayList<>();
    SandboxPolicy written = policy.policy();
    for (FileRule rule : written.rules()) {
      if (rule.access() == Access.NONE || usual.contains(rule) || rule.path().equals(MINIMAL)) {
        continue;
      }
      Optional<String> path = policy.places().written(written, rule.path());
      if (path.isPresent() && !PathLookup.HOST.exists(PathLookup.HOST.real(path.get()))) {
        skipped.add(
            "files.rules "
                + rule.path()
                + ": "
                + rule.access().word()
                + " grants nothing: there is no "
                + path.get()
                + "; a path is granted that exists when the sandbox is opened");
      } else {
        denied(policy, rule)
            .ifPresent(
                by ->
                    skipped.add(
                        "files.rules "
                            + rule.path()
                            + ": "
                            + rule.access().word()
                            + " grants nothing: "
                            + by));
      }
    }
    if (written.network().mode() == NetworkMode.NONE && !written.network().allow().isEmpty()) {
      skipped.add(
          "network.allow grants nothing: network.mode is none; use \"mode\": \"allowlist\"");
    }
    return skipped;
  }

  /**
   * Finds the rules for a path that grant nothing, since others deny the path.
   *
   * @param policy the policy on this machine
   * @param path the path, as the rules name it
   * @return a sentence for each
   */
  static List<String> denied(EffectivePolicy policy, String path) {
    return policy.policy().rules().stream()
        .filter(rule -> rule.path().equals(path))
        .flatMap(
            rule ->
                denied(policy, rule)
                    .map(by -> "--" + rule.access().word() + " " + path + " grants nothing: " + by)
                    .stream())
        .toList();
  }

  /**
   * Finds out whether a denied path is not there, as a misspelt one is not.
   *
   * @param policy the policy on this machine
   * @param path the path, as its rule names it, or a glob
   * @return a sentence, or none
   */
  static List<String> missing(EffectivePolicy policy, String path) {
    if (path.indexOf('*') >= 0 || path.indexOf('?') >= 0) {
      return List.of();
    }
    return policy
        .places()
        .written(policy.policy(), path)
        .filter(place -> !PathLookup.HOST.exists(PathLookup.HOST.real(place)))
        .map(
            place ->
                "--deny "
                    + path
                    + ": nothing is at "
                    + place
                    + "; it is denied when something is made there")
        .stream()
        .toList();
  }

  /** Returns the rule that denies the path of another. */
  private static Optional<String> denied(EffectivePolicy policy, FileRule rule) {
    Operation operation = rule.access() == Access.READ ? Operation.READ : Operation.WRITE;
    return policy
        .places()
        .written(policy.policy(), rule.path())
        .map(path -> policy.check(path, operation))
        .filter(decision -> !decision.allowed())
        .map(decision -> decision.rule() + " denies it");
  }

  public static void warn(PrintWriter err, EffectivePolicy policy) {
    of(policy).forEach(line -> err.println("ringfence: warning: " + Printable.of(line)));
    err.flush();
  }
}
