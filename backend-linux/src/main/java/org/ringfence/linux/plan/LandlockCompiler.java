package org.ringfence.linux.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.linux.plan.LandlockRuleset.PathRule;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;

/** Compiles a policy to a Landlock ruleset. Pure. */
public final class LandlockCompiler {
  private LandlockCompiler() {}

  /**
   * Compiles a policy. Omits rules that {@link #inexpressible} names, so the ruleset must not be
   * used when there are any.
   *
   * @param policy the policy
   * @param abi the version that the kernel handles
   * @param parts the readable parts of directories that lead to devices
   * @return the ruleset
   */
  public static LandlockRuleset compile(
      EffectivePolicy policy, LandlockAbi abi, ReadableParts parts) {
    FileDefault fallback = policy.policy().fileDefault();
    long handled =
        switch (fallback) {
          // Commands may list directories and execute programs everywhere, at no cost.
          case READ -> LandlockAbi.READ_FILE | abi.write();
          case MINIMAL -> abi.read() | abi.write();
          case WRITE -> 0;
        };
    List<PathRule> rules = new ArrayList<>();
    if (fallback == FileDefault.READ) {
      addParts(rules, "/", LandlockAbi.READ_FILE, "files.default read", parts);
    }
    if (handled != 0) {
      for (EffectiveRule rule : policy.rules()) {
        if (policy.accessAt(rule.path()) != rule.access()) {
          // A stricter rule for the same path has won.
          continue;
        }
        long access =
            switch (rule.access()) {
              case NONE -> 0;
              case READ -> abi.read();
              case WRITE -> abi.read() | abi.writeGranted();
            };
        if (rule.access() == Access.READ && parts.leadsToDevices(rule.path())) {
          if (fallback == FileDefault.MINIMAL) {
            long directories = abi.read() & ~LandlockAbi.READ_FILE;
            rules.add(new PathRule(rule.path(), directories, rule.origin()));
            addParts(rules, rule.path(), abi.read(), rule.origin(), parts);
          }
        } else if ((access & handled) != 0) {
          rules.add(new PathRule(rule.path(), access & handled, rule.origin()));
        }
      }
    }
    long network =
        abi.handlesTcp() && policy.policy().network().mode() != NetworkMode.FULL
            ? LandlockAbi.TCP
            : 0;
    // No rule gives it: the supervisor, which is in no domain, connects where the policy allows.
    long names = deniesUnixNames(policy, abi) ? LandlockAbi.RESOLVE_UNIX : 0;
    long scoped = abi.scopes() ? LandlockAbi.SCOPE_ABSTRACT_UNIX | LandlockAbi.SCOPE_SIGNAL : 0;
    return new LandlockRuleset(handled | names, network, scoped, withoutCovered(rules));
  }

  /**
   * Returns whether the ruleset denies a command to reach unix sockets outside by name itself. It
   * cannot where writing is the default, since it then handles no file.
   *
   * @param policy the policy
   * @param abi the version that the kernel handles
   * @return true if it does
   */
  static boolean deniesUnixNames(EffectivePolicy policy, LandlockAbi abi) {
    return abi.handlesUnixNames()
        && policy.policy().fileDefault() != FileDefault.WRITE
        && SeccompCompiler.mediated(policy.policy().network());
  }

  /**
   * Leaves out the rules whose rights the rules above them give already: the kernel adds up the
   * rights on the way to the root (landlock(7)), and each rule costs an opening some calls.
   */
  private static List<PathRule> withoutCovered(List<PathRule> rules) {
    Map<String, Long> given = new HashMap<>();
    for (PathRule rule : rules) {
      given.merge(rule.path(), rule.access(), (one, other) -> one | other);
    }
    List<PathRule> needed = new ArrayList<>();
    for (PathRule rule : rules) {
      long missing = rule.access();
      for (String above = parent(rule.path()); above != null; above = parent(above)) {
        missing &= ~given.getOrDefault(above, 0L);
      }
      if (missing != 0) {
        needed.add(rule);
      }
    }
    return needed;
  }

  private static void addParts(
      List<PathRule> rules, String path, long access, String origin, ReadableParts parts) {
    for (String part : parts.of(path)) {
      rules.add(new PathRule(part, access, origin, true));
    }
  }

  /**
   * Compiles the ruleset around bubblewrap, which could mount nothing under a ruleset that handles
   * files: signals, abstract sockets, and TCP where a command makes no socket itself.
   *
   * @param policy the policy
   * @param abi the version that the kernel handles
   * @return the ruleset
   */
  public static LandlockRuleset compileWithoutFiles(EffectivePolicy policy, LandlockAbi abi) {
    LandlockRuleset whole = compile(policy, abi, ReadableParts.ASSUMED);
    NetworkPolicy network = policy.policy().network();
    boolean ownSockets = BubblewrapCompiler.ownNetwork(network) && network.ownLoopback();
    return new LandlockRuleset(
        0, ownSockets ? 0 : whole.handledNetwork(), whole.scoped(), List.of());
  }

  /**
   * Finds rules that remove rights that a rule above them gives: Landlock only adds rights.
   *
   * @param policy the policy
   * @param namesHeld whether a supervisor decides on writing, so that the ruleset only handles
   *     reading
   * @return the first such rule with the reason; empty when the ruleset expresses the policy
   *     exactly
   */
  public static Optional<String> inexpressible(EffectivePolicy policy, boolean namesHeld) {
    for (EffectiveRule rule : policy.rules()) {
      String above = parent(rule.path());
      Access given = above == null ? byDefault(policy) : policy.accessAt(above);
      Access here = policy.accessAt(rule.path());
      boolean writingOnly = given == Access.WRITE && here == Access.READ;
      if (given.compareTo(here) > 0 && !(namesHeld && writingOnly)) {
        return Optional.of(
            "rule '"
                + rule.origin()
                + "' takes away below "
                + above
                + ", where "
                + given.word()
                + " is granted; Landlock can only add");
      }
    }
    return Optional.empty();
  }

  private static Access byDefault(EffectivePolicy policy) {
    return switch (policy.policy().fileDefault()) {
      case READ -> Access.READ;
      case WRITE -> Access.WRITE;
      case MINIMAL -> Access.NONE;
    };
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return path.equals("/") ? null : slash == 0 ? "/" : path.substring(0, slash);
  }
}
