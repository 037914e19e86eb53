package org.ringfence.linux.plan;

import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.FileDefault;

/**
 * Which system calls a sandbox's supervisor answers.
 *
 * @param addresses those that name a socket's peer
 * @param metadata those that change mode, owner, times and attributes
 * @param names those that make, replace, remove or open for writing what has a name
 * @param reads those that open for reading, which {@code names} leaves to the kernel otherwise
 * @param commands those that execute a program
 * @param opens every open, to record what is denied; the kernel decides
 * @param privateNetwork whether commands are in a network namespace of their own
 * @param ownNetwork whether they have their inet sockets in it, which then need no answer; else
 *     each comes from outside
 * @param inNamespaces whether commands are set up by a program that makes namespaces for them, in
 *     which the file system may look different
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
    boolean inNamespaces) {

  /**
   * The supervision of the in-process backend.
   *
   * @param policy the policy
   * @param facts what was found on the machine
   * @param observed what the caller wants to hear of
   * @return what is supervised
   */
  public static Supervision inProcess(
      EffectivePolicy policy, HostFacts facts, Observation observed) {
    return new Supervision(
        SeccompCompiler.mediated(policy.policy().network()),
        policy.policy().fileDefault() != FileDefault.WRITE,
        namesHeld(policy, facts),
        readsHeld(policy, facts),
        commands(policy, observed),
        observed.deniedOpens(),
        false,
        false,
        false);
  }

  /**
   * The supervision of the backend that makes namespaces: mounts keep metadata, but for names, and
   * for what commands were handed from outside: their terminal, files behind their streams.
   *
   * @param policy the policy
   * @param facts what was found on the machine
   * @param observed what the caller wants to hear of
   * @return what is supervised
   */
  public static Supervision inNamespaces(
      EffectivePolicy policy, HostFacts facts, Observation observed) {
    boolean judged =
        facts.listener() && facts.reachesChild() && !ReadDenials.replaceable(policy).isEmpty();
    // A link or a new name would lead around what is judged by its name.
    boolean names = namesHeld(policy, facts) || judged && writesByDefault(policy);
    return new Supervision(
        SeccompCompiler.mediated(policy.policy().network()),
        // What root owns it may change on mounts that are shared: devices, /tmp.
        names || facts.root() || streamsHeld(policy, facts),
        names,
        judged || readsHeld(policy, facts),
        commands(policy, observed),
        observed.deniedOpens(),
        BubblewrapCompiler.privateNetwork(policy.policy().network()),
        BubblewrapCompiler.ownNetwork(policy.policy().network()),
        true);
  }

  /**
   * Whether the supervisor can keep what was handed in with a descriptor from being changed beyond
   * what the descriptor was opened for.
   *
   * @param policy the policy
   * @param facts what was found on the machine
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
   * Whether the supervisor can and has to decide on names.
   *
   * @param policy the policy
   * @param facts what was found on the machine
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
   * Names that match a glob can turn up anywhere and at any time: each open has to be looked at.
   */
  private static boolean readsHeld(EffectivePolicy policy, HostFacts facts) {
    return !policy.policy().denyGlobs().isEmpty() && facts.listener() && facts.reachesChild();
  }

  /**
   * What a caller wants to hear of beyond what is decided anyway.
   *
   * @param deniedOpens files that could not be opened
   * @param commands programs that are executed
   */
  public record Observation(boolean deniedOpens, boolean commands) {
    /** Nothing more. */
    public static final Observation NONE = new Observation(false, false);
  }
}
