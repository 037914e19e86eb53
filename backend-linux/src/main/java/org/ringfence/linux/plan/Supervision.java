package org.ringfence.linux.plan;

import java.util.Optional;
import org.ringfence.linux.plan.HostFacts.Feature;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Which system calls a sandbox's supervisor answers.
 *
 * @param addresses those that name a socket's peer
 * @param metadata those that change mode, owner, times and attributes
 * @param names those that make, replace, remove or open a named object for writing
 * @param reads those that open for reading, which {@code names} leaves to the kernel otherwise
 * @param commands those that execute a program
 * @param opens every open, to record denials; the kernel decides
 * @param privateNetwork whether commands are in a private network namespace
 * @param ownNetwork whether they have their inet sockets in it, which then need no answer;
 *     otherwise each comes from outside
 * @param inNamespaces whether commands are set up by a program that makes namespaces for them, in
 *     which the file system may look different
 * @param signals the mechanism that keeps signals inside, besides namespaces and Landlock
 */
public record Supervision(
    boolean addresses,
    boolean metadata,
    boolean names,
    boolean reads,
    boolean commands,
    boolean opens,
    boolean privateNetwork,
    boolean ownNetwork,
    boolean inNamespaces,
    Signals signals) {

  /**
   * Returns whether filters keep signals from the thread of this JVM in a command's signal scope.
   *
   * @return true if each command thread adds one
   */
  public boolean sparesThread() {
    return signals == Signals.SPARE_THREAD;
  }

  /** Returns whether the supervisor decides on any call, so that it must reach its caller. */
  boolean any() {
    return addresses || metadata || names || reads;
  }

  /**
   * Returns the supervision of a sandbox whose denials no listener observes.
   *
   * @return the supervision without opens that only a record needs
   */
  public Supervision unobserved() {
    return new Supervision(
        addresses,
        metadata,
        names,
        reads,
        commands,
        false,
        privateNetwork,
        ownNetwork,
        inNamespaces,
        signals);
  }

  /**
   * Returns the supervision of the in-process backend.
   *
   * @param policy the policy
   * @param facts the facts about the machine
   * @param observed the events that the caller requests
   * @return the supervised calls
   */
  public static Supervision inProcess(
      EffectivePolicy policy, HostFacts facts, Observation observed) {
    return new Supervision(
        SeccompCompiler.mediated(policy.policy().network()),
        policy.policy().fileDefault() != FileDefault.WRITE,
        namesHeld(policy, facts) || truncationHeld(policy, facts),
        readsHeld(policy, facts),
        signalsDecided(facts) || commands(policy, observed),
        observed.deniedOpens(),
        false,
        false,
        false,
        signals(facts));
  }

  /** The mechanism that keeps signals inside, besides namespaces and Landlock. */
  public enum Signals {
    /** None: namespaces keep processes apart, or nothing does. */
    NONE,
    /**
     * Filters keep signals from the thread of this JVM that is in a command's signal scope, whose
     * number the command can see.
     */
    SPARE_THREAD,
    /**
     * The supervisor decides on each signal, and on calls that make groups of processes, where
     * Landlock scopes no signals.
     */
    DECIDE
  }

  private static Signals signals(HostFacts facts) {
    return facts.abi().scopes()
        ? Signals.SPARE_THREAD
        : signalsDecided(facts) ? Signals.DECIDE : Signals.NONE;
  }

  /**
   * Returns whether the supervisor of the in-process backend decides on signals: Landlock does not
   * scope them, and processes can be marked.
   *
   * @param facts the facts about the machine
   * @return true if it does
   */
  public static boolean signalsDecided(HostFacts facts) {
    return !facts.abi().scopes()
        && facts.listener()
        && facts.reachesChild()
        && facts.has(Feature.MARKED_PROCESSES);
  }

  /**
   * Returns whether the supervisor of the in-process backend decides on names because Landlock does
   * not cover truncation.
   *
   * @param policy the policy
   * @param facts the facts about the machine
   * @return true if it does
   */
  static boolean truncationHeld(EffectivePolicy policy, HostFacts facts) {
    return !facts.abi().handlesTruncation()
        && policy.policy().fileDefault() != FileDefault.WRITE
        && facts.listener()
        && facts.reachesChild();
  }

  /**
   * Returns whether commands in namespaces have process numbers of their own, so that none leads to
   * this JVM.
   *
   * @param policy the policy
   * @return true if they have
   */
  static boolean ownPids(EffectivePolicy policy) {
    return policy.policy().lifetime().onRootExit() == Leftovers.KILL;
  }

  /**
   * Returns the supervision of the backend that makes namespaces: mounts protect metadata, except
   * for names and objects handed in from outside: the terminal, files behind streams.
   *
   * @param policy the policy
   * @param facts the facts about the machine
   * @param observed the events that the caller requests
   * @return the supervised calls
   */
  public static Supervision inNamespaces(
      EffectivePolicy policy, HostFacts facts, Observation observed) {
    boolean judged =
        facts.listener() && facts.reachesChild() && !ReadDenials.replaceable(policy).isEmpty();
    // A link or a new name would bypass a decision by name.
    boolean mounted = namesMounted(policy, facts);
    boolean names = !mounted && namesHeld(policy, facts) || judged && writesByDefault(policy);
    return new Supervision(
        SeccompCompiler.mediated(policy.policy().network()),
        // Root may change its own objects on shared mounts: devices, /tmp.
        facts.listener() && facts.has(Feature.ROOT)
            || !mounted && (names || streamsHeld(policy, facts)),
        names,
        judged || readsHeld(policy, facts),
        commands(policy, observed),
        observed.deniedOpens(),
        BubblewrapCompiler.privateNetwork(policy.policy().network()),
        BubblewrapCompiler.ownNetwork(policy.policy().network()),
        true,
        !ownPids(policy) && facts.abi().scopes() ? Signals.SPARE_THREAD : Signals.NONE);
  }

  /**
   * Returns whether the supervisor can protect an object behind a handed-in descriptor from changes
   * that the descriptor does not allow.
   *
   * @param policy the policy
   * @param facts the facts about the machine
   * @return true if it does
   */
  public static boolean streamsHeld(EffectivePolicy policy, HostFacts facts) {
    return policy.policy().fileDefault() != FileDefault.WRITE
        && facts.listener()
        && facts.reachesChild();
  }

  private static boolean writesByDefault(EffectivePolicy policy) {
    return policy.policy().fileDefault() == FileDefault.WRITE;
  }

  private static boolean commands(EffectivePolicy policy, Observation observed) {
    return observed.commands() || SeccompCompiler.needsGate(policy.policy().limits());
  }

  /**
   * Returns whether the supervisor can and must decide on names.
   *
   * @param policy the policy
   * @param facts the facts about the machine
   * @return true if it does
   */
  public static boolean namesHeld(EffectivePolicy policy, HostFacts facts) {
    boolean any = policy.namesMatter() || !policy.policy().denyGlobs().isEmpty();
    return any
        && policy.policy().fileDefault() != FileDefault.WRITE
        && facts.listener()
        && facts.reachesChild();
  }

  /**
   * Returns whether mounts hold the protected names that exist, in namespaces, and a search finds
   * others at a command's end: then the supervisor decides on no name.
   *
   * @param policy the policy
   * @param facts the facts about the machine
   * @return true if it does so
   */
  public static boolean namesMounted(EffectivePolicy policy, HostFacts facts) {
    if (!policy.policy().protectedNames().findsAtEnd()) {
      return false;
    }
    // Where no listener can be had, mounts and the search need none, and nothing judges an open.
    return facts.listener()
        ? facts.reachesChild() && namesDecidedFor(policy).isEmpty()
        : policy.needsNamesDecided().isEmpty();
  }

  /**
   * Returns the part of a policy for which the supervisor decides on names at the level {@code
   * existing}, too.
   *
   * @param policy the policy
   * @return the part; empty if there is none
   */
  static Optional<String> namesDecidedFor(EffectivePolicy policy) {
    return policy
        .needsNamesDecided()
        .or(
            () ->
                ReadDenials.replaceable(policy).stream()
                    .findFirst()
                    .map(path -> "files.rules, which deny reading " + path));
  }

  /**
   * Returns the supervision where the caller's terminal is handed to commands, whose mode no mount
   * holds.
   *
   * @return the supervision with calls that change mode, owner, times and attributes
   */
  public Supervision withTerminal() {
    return new Supervision(
        addresses,
        true,
        names,
        reads,
        commands,
        opens,
        privateNetwork,
        ownNetwork,
        inNamespaces,
        signals);
  }

  /**
   * Returns whether the supervisor must check each open: names that match a glob can appear
   * anywhere at any time.
   */
  private static boolean readsHeld(EffectivePolicy policy, HostFacts facts) {
    return !policy.policy().denyGlobs().isEmpty() && facts.listener() && facts.reachesChild();
  }

  /**
   * The events that a caller requests beyond decisions.
   *
   * @param deniedOpens files that could not be opened
   * @param commands programs that are executed
   */
  public record Observation(boolean deniedOpens, boolean commands) {
    /** Nothing more. */
    public static final Observation NONE = new Observation(false, false);
  }
}
