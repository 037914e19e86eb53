package org.ringfence.macos.plan;

import static org.ringfence.kit.plan.Answer.advisory;
import static org.ringfence.kit.plan.Answer.enforced;
import static org.ringfence.kit.plan.Answer.unsupported;

import java.util.List;
import java.util.Optional;
import org.ringfence.kit.plan.Answer;
import org.ringfence.kit.plan.PlannerBase;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;

/** Determines which guarantees of a policy Seatbelt enforces. Pure. */
public final class SeatbeltPlanner extends PlannerBase {
  /** Where macOS has the temporary files of its users. */
  public static final String TEMPORARY_FILES = "/private/var/folders";

  private static final String PROFILE = "Seatbelt profile";
  private static final String BY_DEFAULT = PROFILE + ", denied by default";
  private static final String REAL_PATH = "a rule that names the real path";
  private static final String DUAL_STACK =
      "a JVM reaches [::1] and not 127.0.0.1, unless it runs with -Djava.net.preferIPv4Stack=true:"
          + " Seatbelt does not take 127.0.0.1 in a socket of both families for localhost";
  private static final String GROUP =
      "the process group and its descendants; a process that leaves both, by a session of its own"
          + " and an ended parent, is not found";

  private SeatbeltPlanner(EffectivePolicy effective) {
    super(effective);
  }

  /**
   * Plans a policy.
   *
   * @param policy the policy
   * @return every guarantee of the policy with its level
   */
  public static List<PlannedGuarantee> plan(EffectivePolicy policy) {
    return new SeatbeltDoubts(policy).apply(new SeatbeltPlanner(policy).planned());
  }

  @Override
  protected String statement(Guarantee guarantee) {
    String statement = super.statement(guarantee);
    return switch (guarantee) {
      case FILES_PROTECTED_NAMES ->
          statement
              + "; of git directories, those called .git and those that are there at the start"
              + (policy.tmp() == TmpPolicy.SHARED
                  ? "; here directories of the shared one that lead to a root are not held either"
                  : "");
      case FILES_DENY_GLOBS -> statement + "; that they exist may be seen";
      case NETWORK_EXTERNAL ->
          policy.network().mode() == NetworkMode.NONE
              ? "Nothing beyond this machine is reached: TCP, UDP, raw, names"
              : statement + (policy.network().allow().isEmpty() ? ": none" : "");
      case NETWORK_OWN_LOOPBACK -> statement + ", and not those of other programs";
      default -> statement;
    };
  }

  @Override
  protected void files() {
    Optional<String> unsteady = effective.unsteadyRule();
    if (policy.fileDefault() != FileDefault.WRITE) {
      answer(
          Guarantee.FILES_WRITE,
          unsteady.isPresent()
              ? unsupported(unsteady.get(), REAL_PATH)
              : enforced(BY_DEFAULT + "; directories above denied paths are not moved"));
      answer(Guarantee.FILES_METADATA, enforced(BY_DEFAULT));
    }
    asked(
        Guarantee.FILES_READ,
        () ->
            unsteady.isPresent()
                ? unsupported(unsteady.get(), REAL_PATH)
                : enforced(BY_DEFAULT + "; a permission leaves out what a deeper rule takes away"));
    asked(
        Guarantee.FILES_REVIEW,
        () ->
            unsupported(
                "nothing can be put in a directory's place on macOS",
                "a copy that is the workspace itself"));
    if (effective.asksFor(Guarantee.TMP_PRIVATE)) {
      answer(
          Guarantee.TMP_PRIVATE,
          "TMPDIR is a directory of the sandbox's own, removed at the end; /tmp is not written",
          enforced("a directory of mode 0700 with an unpredictable name; " + PROFILE));
    }
  }

  @Override
  protected Answer name(Guarantee guarantee) {
    return switch (guarantee) {
      case FILES_PROTECTED_NAMES ->
          policy.fileDefault() == FileDefault.WRITE
              ? unsupported(NO_ROOT, NARROWER)
              : enforced(PROFILE + ", by patterns in either case, also for files created later");
      case FILES_PROTECTED_PATHS -> enforced(PROFILE);
      default -> denyGlobs();
    };
  }

  private Answer denyGlobs() {
    List<String> passed = effective.globsPassedByRenames();
    return passed.isEmpty()
        ? enforced(PROFILE + ", by patterns in either case")
        : unsupported(
            "a profile does not see the files that a rename brings along: when a directory that "
                + String.join(", ", passed)
                + " names is renamed, the files in it are read under the new name",
            "globs of one name (**/*.key), or a rule that denies the directory");
  }

  @Override
  protected void network() {
    NetworkPolicy network = policy.network();
    asked(
        Guarantee.NETWORK_EXTERNAL,
        () ->
            enforced(
                network.mode() == NetworkMode.NONE
                    ? BY_DEFAULT
                    : PROFILE
                        + ": one port of loopback is open, on which the egress proxy of this JVM"
                        + " listens; programs have to use it; "
                        + DUAL_STACK));
    asked(Guarantee.NETWORK_DENY, () -> unsupported(UNDECIDED, DECIDING));
    asked(
        Guarantee.NETWORK_OWN_LOOPBACK,
        () ->
            advisory(
                PROFILE + ": loopback is open; " + DUAL_STACK,
                "servers of this machine's own on loopback are reached as well: Seatbelt does not"
                    + " tell whose they are",
                "network.ownLoopback false, or " + bestEffort(Guarantee.NETWORK_OWN_LOOPBACK)));
    asked(
        Guarantee.NETWORK_HOST_LOOPBACK,
        () ->
            network.ownLoopback()
                ? unsupported(
                    "all of loopback is open for the sandbox's own", "network.ownLoopback false")
                : enforced(PROFILE + "; " + DUAL_STACK));
    asked(
        Guarantee.NETWORK_SERVER_NAME,
        () ->
            network.mode() == NetworkMode.FULL
                ? unsupported(UNDECIDED, DECIDING)
                : enforced("the egress proxy"));
    asked(Guarantee.NETWORK_PUBLISH, () -> published(network));
    asked(
        Guarantee.NETWORK_UNIX_SOCKETS,
        () -> enforced(PROFILE + "; its own are in its temporary directory"));
  }

  private static Answer published(NetworkPolicy network) {
    return network.publish().stream().allMatch(port -> port.host() == port.sandbox())
        ? enforced(PROFILE + ": these ports are bound")
        : unsupported(
            "a port has one number on macOS, inside and outside", "the same number on both sides");
  }

  @Override
  protected void process() {
    answer(
        Guarantee.PROCESS_ISOLATION,
        "Memory and tasks of outside processes are not reached; that they exist may be seen",
        enforced(BY_DEFAULT + "; no task ports, no arguments of others"));
    answer(Guarantee.PROCESS_SIGNALS, enforced(PROFILE + ": (target same-sandbox)"));
    answer(
        Guarantee.PROCESS_PRIVILEGES,
        "No privilege is held or gained; other programs are not asked to act for it",
        enforced(
            BY_DEFAULT
                + ": no setuid programs, no Apple events, no launching of apps, few services"));
  }

  @Override
  protected Answer opened(Guarantee guarantee) {
    return unsupported(
        guarantee == Guarantee.PROCESS_TRACING
            ? "a tracer needs task ports, which the profile closes"
            : "the profile has no System V IPC of a sandbox's own",
        "a policy without it in process.allow");
  }

  @Override
  protected Answer macServices() {
    return enforced(PROFILE + "; the guarantees that pay for it say so");
  }

  @Override
  protected Answer descriptors() {
    return enforced("posix_spawn with POSIX_SPAWN_CLOEXEC_DEFAULT");
  }

  @Override
  protected Answer limit(Guarantee limit) {
    return switch (limit) {
      case LIMITS_MEMORY ->
          advisory(
              "the footprints of the process group and of its descendants, added up five times a"
                  + " second (proc_pid_rusage)",
              "a tree takes more between two looks, and one of two processes that makes a session"
                  + " of its own and loses its parent is not found",
              bestEffort(limit));
      case LIMITS_PROCESSES ->
          advisory(PROCESSES_OF_USER, "an rlimit does not count a tree", bestEffort(limit));
      case LIMITS_CPU_TIME -> setBeforeStart("RLIMIT_CPU, in whole seconds");
      case LIMITS_OPEN_FILES -> setBeforeStart("RLIMIT_NOFILE");
      case LIMITS_FILE_SIZE -> setBeforeStart("RLIMIT_FSIZE, in blocks of 512 bytes");
      default -> treeKill(limit);
    };
  }

  private static Answer treeKill(Guarantee guarantee) {
    return advisory(
        "SIGKILL to the process group and to all descendants", GROUP, bestEffort(guarantee));
  }

  @Override
  protected Answer lifetime(Guarantee lifetime) {
    return lifetime == Guarantee.LIFETIME_TREE
        ? treeKill(lifetime)
        : advisory(
            "a watchdog shell that reads from this JVM kills the process groups",
            GROUP,
            bestEffort(lifetime));
  }
}
