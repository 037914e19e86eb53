package org.ringfence.linux.plan;

import static org.ringfence.kit.plan.Answer.advisory;
import static org.ringfence.kit.plan.Answer.enforced;
import static org.ringfence.kit.plan.Answer.unsupported;

import java.util.List;
import java.util.Optional;
import org.ringfence.kit.plan.Answer;
import org.ringfence.linux.plan.HostFacts.Feature;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.effective.EffectivePolicy;

/** Decides which guarantees of a policy the in-process backend enforces, given the facts. Pure. */
public final class LandlockPlanner extends LinuxPlanner {
  private static final String DEVICES_READ =
      "; of devices only the usual ones are read, and those that a rule names";

  private static final String MARKED =
      "the command's processes carry its mark (RLIMIT_LOCKS), which they cannot change";

  private static final String NEEDS_MOUNTS = "a backend with mount namespaces (bubblewrap)";

  private LandlockPlanner(EffectivePolicy effective, HostFacts facts) {
    super(effective, facts);
  }

  /**
   * Plans a policy.
   *
   * @param policy the policy
   * @param facts the facts about the machine
   * @return every guarantee of the policy with its level
   */
  public static List<PlannedGuarantee> plan(EffectivePolicy policy, HostFacts facts) {
    return new LandlockPlanner(policy, facts).planned();
  }

  /** Returns why the ruleset, with the supervisor for names, does not express the policy. */
  private Optional<String> problem() {
    Optional<String> unsteady = effective.unsteadyRule();
    return unsteady.isPresent()
        ? unsteady
        : LandlockCompiler.inexpressible(effective, Supervision.namesHeld(effective, facts));
  }

  @Override
  protected Answer descriptors() {
    return threadDescriptors();
  }

  @Override
  String limitsProblem() {
    return facts.listenerProblem();
  }

  @Override
  boolean unixSocketsMade() {
    return true;
  }

  @Override
  String unixNamesDenied() {
    return LandlockCompiler.deniesUnixNames(effective, facts.abi())
        ? "; " + landlock() + " denies a command itself to reach a socket outside by its path"
        : "";
  }

  @Override
  Answer unheld(Guarantee guarantee, String problem, String remedy) {
    return unsupported(problem, remedy);
  }

  @Override
  Optional<Answer> existingName(Guarantee guarantee) {
    return guarantee == Guarantee.FILES_PROTECTED_NAMES
        ? Optional.of(
            unsupported(
                "Landlock grants a directory with all below it, and holds no name in it",
                "--backend bubblewrap, or protectedNames hooks-and-config"))
        : Optional.empty();
  }

  @Override
  String listenerRemedy() {
    return newerKernel();
  }

  @Override
  protected void files() {
    Optional<String> inexpressible = problem();
    if (policy.fileDefault() != FileDefault.WRITE) {
      answer(
          Guarantee.FILES_WRITE,
          statement(Guarantee.FILES_WRITE) + DEVICES_READ,
          writing(inexpressible));
      answer(Guarantee.FILES_METADATA, metadata());
    }
    if (policy.fileDefault() == FileDefault.MINIMAL || inexpressible.isPresent()) {
      answer(
          Guarantee.FILES_READ,
          inexpressible.isPresent()
              ? unsupported(inexpressible.get(), NEEDS_MOUNTS)
              : enforced(landlock()));
    }
    asked(
        Guarantee.FILES_REVIEW,
        () -> unsupported("nothing can be put in a directory's place", NEEDS_MOUNTS));
    if (effective.asksFor(Guarantee.TMP_PRIVATE)) {
      answer(
          Guarantee.TMP_PRIVATE,
          "TMPDIR is a directory of the sandbox's own, removed at the end",
          enforced(
              "a directory of mode 0700 with an unpredictable name, which "
                  + (facts.has(Feature.ROOT) ? "only root can list" : "cannot be listed")));
    }
  }

  private Answer writing(Optional<String> inexpressible) {
    if (inexpressible.isPresent()) {
      return unsupported(inexpressible.get(), NEEDS_MOUNTS);
    }
    if (facts.abi().handlesTruncation()) {
      return enforced(landlock());
    }
    return Supervision.truncationHeld(effective, facts)
        ? enforced(landlock() + "; truncation: " + SUPERVISOR)
        : unsupported(
            landlock() + " does not cover truncation, and " + namesProblem(),
            "Linux 6.2 or newer, or " + reachRemedy());
  }

  private Answer metadata() {
    return enforced(
        !facts.listener()
            ? "denied everywhere: " + facts.listenerProblem()
            : !facts.reachesChild()
                ? "denied everywhere, since a child's arguments cannot be read here"
                : SUPERVISOR + ", done on a checked descriptor");
  }

  @Override
  void externalNetwork() {
    answer(
        Guarantee.NETWORK_EXTERNAL,
        statement(Guarantee.NETWORK_EXTERNAL) + HOST_SEEN,
        enforced(
            "seccomp filter on socket(); loopback sockets are made by this JVM, tied to the device"
                + " lo; "
                + landlock()
                + (facts.abi().handlesTcp() ? " denies TCP bind and connect" : "")));
  }

  @Override
  void ownLoopback() {
    answer(
        Guarantee.NETWORK_OWN_LOOPBACK,
        SHARED_LOOPBACK_STATEMENT,
        connecting(SHARED_LOOPBACK, reachRemedy()));
  }

  @Override
  protected void process() {
    answer(
        Guarantee.PROCESS_ISOLATION,
        enforced(
            "Landlock domain; seccomp filter on ptrace, process_vm_*, pidfd_getfd, kcmp; no"
                + " CAP_PERFMON"));
    answer(
        Guarantee.PROCESS_SIGNALS,
        facts.abi().scopes()
            ? enforced(landlock() + SPARED_JVM)
            : Supervision.signalsDecided(facts)
                ? enforced(
                    SUPERVISOR
                        + ", which sends signals itself, through a pidfd, within the command alone; "
                        + MARKED)
                : unsupported(
                    landlock() + " does not scope signals, and " + markProblem(), markRemedy()));
    answer(
        Guarantee.PROCESS_PRIVILEGES,
        "No privilege is gained by executing a file"
            + (facts.has(Feature.ROOT) ? "; root keeps only file-owner capabilities" : ""),
        enforced("no_new_privs" + (facts.has(Feature.ROOT) ? ", capability bounding set" : "")));
    answer(
        Guarantee.PROCESS_KERNEL_SURFACE,
        enforced("seccomp filter, other architectures' entries closed"));
  }

  @Override
  String ipcScope() {
    return "they are those of the machine: a command reaches the segments, semaphores and queues of"
        + " every program outside whose modes allow its user, and what it makes stays after it";
  }

  @Override
  protected Answer opened(Guarantee guarantee) {
    return guarantee == Guarantee.PROCESS_TRACING
        ? unsupported(
            "without a process namespace only the Landlock domain would stand between a tracer and"
                + " the user's other processes, and the first process's tracer would be this JVM",
            "--backend bubblewrap, which gives a command a process namespace")
        : enforced("the machine's own IPC namespace; the kernel checks modes");
  }

  @Override
  Answer treeKill() {
    if (facts.abi().scopes()) {
      return enforced(SCOPED_KILL);
    }
    return Supervision.signalsDecided(facts)
        ? enforced(
            MARKED
                + "; their groups are killed in one pass each, and none enters a new group meanwhile")
        : advisory(
            "a search for the session and the descendants in /proc",
            landlock()
                + " has no signal scope; a daemon may fork away from the search, since "
                + markProblem(),
            markRemedy());
  }

  /** Returns why processes are not known by a mark. */
  private String markProblem() {
    String problem = namesProblem();
    return problem.isEmpty()
        ? "processes cannot be marked (RLIMIT_LOCKS, ulimit -x, is limited) or found: /proc hides"
            + " some (hidepid), or there is no grep"
        : problem;
  }

  private String markRemedy() {
    return SIGNAL_SCOPES
        + ", or "
        + (namesProblem().isEmpty()
            ? "ulimit -x unlimited, /proc mounted with hidepid=0, and grep"
            : reachRemedy());
  }

  @Override
  Answer jvmExit() {
    boolean scopes = facts.abi().scopes();
    if (!scopes && !Supervision.signalsDecided(facts)) {
      return unsupported(landlock() + " has no signal scope, and " + markProblem(), markRemedy());
    }
    return facts.has(Feature.SHELL)
        ? enforced(
            scopes
                ? "a watchdog process in a Landlock domain around the sandbox"
                : "a watchdog process, which kills the groups of the sandbox's processes and all that"
                    + " carry a mark of the sandbox")
        : unsupported("there is no /bin/sh for the watchdog", "a shell");
  }
}
