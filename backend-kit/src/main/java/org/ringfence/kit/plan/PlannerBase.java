package org.ringfence.kit.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.ProcessGrant;

/**
 * Plans one policy: asks a backend how strongly each requested guarantee holds, and words the
 * promises. A planner makes one plan. Pure; not thread-safe.
 */
public abstract class PlannerBase {
  /** The reason why network mode full denies no host. */
  protected static final String UNDECIDED = "in network mode full no connection is decided on";

  /** The network mode that decides on each host. */
  protected static final String DECIDING = "network mode allowlist";

  /** The reason why names are not protected where all can be written. */
  protected static final String NO_ROOT =
      "writing is granted everywhere, so that names have no root to be protected in";

  /** The remedy for a policy that grants writing everywhere. */
  protected static final String NARROWER = "a narrower files.default";

  /** The mechanism that protects names where no command writes for long. */
  protected static final String NOTHING_WRITABLE = "no lasting directory is writable";

  /** The mechanism that limits processes where nothing counts those of a tree. */
  protected static final String PROCESSES_OF_USER =
      "RLIMIT_NPROC, which counts all processes of the user";

  /** The policy, placed on this machine. */
  protected final EffectivePolicy effective;

  /** The policy as written. */
  protected final SandboxPolicy policy;

  private final List<PlannedGuarantee> guarantees = new ArrayList<>();

  /**
   * Prepares a plan.
   *
   * @param effective the policy, placed on this machine
   */
  protected PlannerBase(EffectivePolicy effective) {
    this.effective = effective;
    this.policy = effective.policy();
  }

  /**
   * Makes the plan.
   *
   * @return every guarantee of the policy with its level
   */
  protected final List<PlannedGuarantee> planned() {
    files();
    names();
    network();
    process();
    asked(Guarantee.PROCESS_TRACING, () -> opened(Guarantee.PROCESS_TRACING));
    asked(Guarantee.PROCESS_SYSV_IPC, () -> opened(Guarantee.PROCESS_SYSV_IPC));
    asked(Guarantee.PROCESS_MAC_SERVICES, this::macServices);
    answer(Guarantee.PROCESS_DESCRIPTORS, descriptors());
    answer(Guarantee.ENVIRONMENT_FILTERED, Answer.enforced("environment block of the command"));
    for (Guarantee limit : Guarantee.named("limits")) {
      asked(
          limit,
          () ->
              limit == Guarantee.LIMITS_OUTPUT
                  ? Answer.enforced("pipes read by this JVM")
                  : limit(limit));
    }
    for (Guarantee lifetime : Guarantee.named("lifetime")) {
      asked(lifetime, () -> lifetime(lifetime));
    }
    return List.copyOf(guarantees);
  }

  /** Answers the guarantees about reading, writing and temporary files. */
  protected abstract void files();

  /** Answers the guarantees about protected names and paths and about deny globs. */
  protected void names() {
    asked(Guarantee.FILES_PROTECTED_NAMES, () -> name(Guarantee.FILES_PROTECTED_NAMES));
    asked(Guarantee.FILES_PROTECTED_PATHS, () -> name(Guarantee.FILES_PROTECTED_PATHS));
    asked(Guarantee.FILES_DENY_GLOBS, () -> name(Guarantee.FILES_DENY_GLOBS));
  }

  /**
   * Answers one guarantee about names.
   *
   * @param guarantee protected names, protected paths or deny globs
   * @return the answer
   */
  protected abstract Answer name(Guarantee guarantee);

  /** Answers the guarantees about the network. */
  protected abstract void network();

  /** Answers the guarantees about processes, but not those about inherited objects. */
  protected abstract void process();

  /**
   * Answers that commands inherit no descriptors but the standard streams.
   *
   * @return the answer
   */
  protected abstract Answer descriptors();

  /**
   * Answers for a part of the system that the policy opens to processes.
   *
   * @param guarantee tracing or System V IPC
   * @return the answer
   */
  protected abstract Answer opened(Guarantee guarantee);

  /**
   * Answers for the services of macOS that the policy opens. By default they are refused: a policy
   * that opens them is written for a Mac, and its tools need them.
   *
   * @return the answer
   */
  protected Answer macServices() {
    return Answer.unsupported(
        policy.processGrants().stream()
                .filter(ProcessGrant::ofMac)
                .sorted()
                .map(ProcessGrant::word)
                .collect(Collectors.joining(", "))
            + ": a part of macOS alone",
        "a policy without it in process.allow");
  }

  /**
   * Answers one limit other than that of output.
   *
   * @param limit the guarantee
   * @return the answer
   */
  protected abstract Answer limit(Guarantee limit);

  /**
   * Answers whether the tree ends with the command, or with this JVM.
   *
   * @param lifetime the guarantee
   * @return the answer
   */
  protected abstract Answer lifetime(Guarantee lifetime);

  /**
   * Returns the promise of a guarantee. A system whose promise differs overrides this.
   *
   * @param guarantee a guarantee that the policy asks for
   * @return a sentence without its full stop
   */
  protected String statement(Guarantee guarantee) {
    return Statements.of(guarantee, effective);
  }

  /**
   * Adds a guarantee to the plan if the policy asks for it.
   *
   * @param guarantee the guarantee
   * @param answer the backend's answer
   */
  protected final void asked(Guarantee guarantee, Supplier<Answer> answer) {
    if (effective.asksFor(guarantee)) {
      answer(guarantee, answer.get());
    }
  }

  /**
   * Adds a guarantee to the plan.
   *
   * @param guarantee the guarantee
   * @param answer the backend's answer
   */
  protected final void answer(Guarantee guarantee, Answer answer) {
    answer(guarantee, statement(guarantee), answer);
  }

  /**
   * Adds a guarantee to the plan, with a promise of this backend alone.
   *
   * @param guarantee the guarantee
   * @param statement the promise
   * @param answer the backend's answer
   */
  protected final void answer(Guarantee guarantee, String statement, Answer answer) {
    guarantees.add(
        new PlannedGuarantee(
            guarantee,
            statement,
            answer.level(),
            answer.mechanism(),
            answer.reason(),
            answer.remedy(),
            ""));
  }

  /**
   * Answers a limit that each process has for itself.
   *
   * @param rlimit the limit of the kernel
   * @return the answer
   */
  protected static Answer setBeforeStart(String rlimit) {
    return Answer.enforced(rlimit + ", set before the program starts");
  }

  /**
   * Returns the remedy to accept a guarantee that is weaker than enforced.
   *
   * @param guarantee the guarantee
   * @return the remedy
   */
  protected static String bestEffort(Guarantee guarantee) {
    return "--best-effort " + guarantee;
  }
}
