package org.ringfence.linux.plan;

import static org.ringfence.kit.plan.Answer.advisory;
import static org.ringfence.kit.plan.Answer.enforced;
import static org.ringfence.kit.plan.Answer.unsupported;

import java.util.List;
import java.util.Optional;
import org.ringfence.kit.plan.Answer;
import org.ringfence.linux.plan.HostFacts.Feature;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;

/** Decides which guarantees of a policy bubblewrap enforces, given the facts. Pure. */
public final class BubblewrapPlanner extends LinuxPlanner {
  private static final String MOUNTS = "mount namespace";
  private static final String REAL_PATH = "a rule that names the real path";

  /** The component that starts bubblewrap. */
  public enum Starter {
    /** A command thread of this JVM, with a supervisor that answers system calls. */
    JVM,
    /** A script in another system, which can only run programs. */
    SCRIPT
  }

  private final BubblewrapFeatures features;
  private final Starter starter;

  private BubblewrapPlanner(
      EffectivePolicy effective, HostFacts facts, BubblewrapFeatures features, Starter starter) {
    super(effective, facts);
    this.features = features;
    this.starter = starter;
  }

  /**
   * Plans a policy.
   *
   * @param policy the policy
   * @param facts the facts about the machine
   * @param features the features of bubblewrap
   * @param starter the component that starts it
   * @return every guarantee of the policy with its level
   */
  public static List<PlannedGuarantee> plan(
      EffectivePolicy policy, HostFacts facts, BubblewrapFeatures features, Starter starter) {
    return new BubblewrapPlanner(policy, facts, features, starter).planned();
  }

  @Override
  protected Answer descriptors() {
    if (starter == Starter.SCRIPT) {
      return enforced("closed by the script, which starts nothing where one is left");
    }
    Answer closed = threadDescriptors();
    if (namesMounted() && !facts.listener() && facts.has(Feature.CLOSE_RANGE)) {
      return enforced(closed.mechanism() + "; files and devices are copied");
    }
    if (namesMounted() && facts.has(Feature.CLOSE_RANGE)) {
      return enforced(
          closed.mechanism()
              + "; files and devices are copied, except that for root, and where the caller's"
              + " terminal is handed in, the supervisor decides changes of modes, owners and times");
    }
    boolean held =
        policy.fileDefault() == FileDefault.WRITE || Supervision.streamsHeld(effective, facts);
    return held || !facts.has(Feature.CLOSE_RANGE)
        ? closed
        : advisory(
            closed.mechanism(),
            "without a supervisor the mode of the caller's terminal, and of a file given as input,"
                + " can be changed",
            reachRemedy());
  }

  @Override
  String limitsProblem() {
    return starter == Starter.JVM ? facts.listenerProblem() : "";
  }

  @Override
  boolean unixSocketsMade() {
    return starter == Starter.JVM && facts.listener();
  }

  @Override
  String unixNamesDenied() {
    return "";
  }

  @Override
  Answer unheld(Guarantee guarantee, String problem, String remedy) {
    boolean mounted = starter == Starter.SCRIPT && guarantee != Guarantee.FILES_DENY_GLOBS;
    return mounted
        ? advisory(
            "existing paths at the top of writable roots are mounted read-only",
            "missing paths can be created, and a directory above can be moved: " + problem,
            remedy)
        : unsupported(problem, remedy);
  }

  private boolean namesMounted() {
    return starter == Starter.JVM && Supervision.namesMounted(effective, facts);
  }

  @Override
  Optional<Answer> existingName(Guarantee guarantee) {
    return namesMounted()
        ? Optional.of(
            enforced(
                guarantee == Guarantee.FILES_PROTECTED_NAMES
                    ? "read-only mounts of those that exist; a search of the writable directories"
                        + " after the end of the command's process namespace"
                    : "read-only mounts in directories that cannot be moved"))
        : Optional.empty();
  }

  @Override
  String pathsStatement(String statement) {
    return namesMounted()
        ? "Not written where they exist; one that is missing, or whose directory a command moves"
            + " away, is found at its end when the command has made it: "
            + String.join(", ", effective.protectedPaths())
        : statement;
  }

  @Override
  String namesStatement(String statement) {
    if (namesMounted()) {
      boolean moved = policy.protectedNames() == ProtectedNames.EXISTING;
      return "Git hooks and configuration, editor, agent and shell configuration that exist when the"
          + " sandbox opens stay as they are, one command runs at a time, and those that it makes"
          + " are found at its end and reported"
          + (moved ? ", and moved out of the tree before its result" : " and stay")
          + "; not held meanwhile: programs outside read a name that a command has made; a"
          + " directory above a protected name is moved away, with it, and another put in its"
          + " place; a name that a program outside makes or replaces during the command can be"
          + " written by it, and counts as the command's; a file with a second name (hard link) is changed by that name;"
          + " the index of a repository is as the command left it; nothing is found"
          + " where this JVM is killed first";
    }
    String base = super.namesStatement(statement);
    return policy.protectedNames().findsAtEnd() && starter == Starter.JVM
        ? base
            + Supervision.namesDecidedFor(effective)
                .map(part -> "; decided name by name, as at hooks-and-config, because of " + part)
                .orElse("")
        : base;
  }

  @Override
  String listenerRemedy() {
    return starter == Starter.JVM ? newerKernel() : "Java 17 or later in the distribution";
  }

  @Override
  protected void files() {
    String readOnly = MOUNTS + ", read-only except for granted paths";
    if (policy.fileDefault() != FileDefault.WRITE) {
      answer(Guarantee.FILES_WRITE, writing(readOnly));
      answer(Guarantee.FILES_METADATA, metadata(readOnly));
    } else if (takesWritingAway()) {
      answer(
          Guarantee.FILES_WRITE,
          unsupported(
              "writing is granted everywhere, so that a directory above a rule could be moved away",
              NARROWER));
    }
    if (effective.asksFor(Guarantee.FILES_READ)) {
      boolean denies = effective.rules().stream().anyMatch(rule -> rule.access() == Access.NONE);
      answer(
          Guarantee.FILES_READ,
          statement(Guarantee.FILES_READ)
              + "; devices only where a rule names them"
              + (denies ? HARD_LINKS : ""),
          reading());
    }
    asked(Guarantee.FILES_REVIEW, () -> enforced(MOUNTS + ", the copy in the workspace's place"));
    if (effective.asksFor(Guarantee.TMP_PRIVATE)) {
      answer(
          Guarantee.TMP_PRIVATE,
          "/tmp is a directory of the sandbox's own, removed at the end",
          enforced(MOUNTS + ", a directory of mode 0700 with an unpredictable name"));
    }
  }

  /** Answers for reading: mounts, and a check of each open where a path can be replaced. */
  private Answer reading() {
    Optional<String> unsteady = effective.unsteadyRule();
    if (unsteady.isPresent()) {
      return unsupported(unsteady.get(), REAL_PATH);
    }
    List<String> replaceable = ReadDenials.replaceable(effective);
    if (replaceable.isEmpty()) {
      return enforced(MOUNTS);
    }
    String problem =
        starter == Starter.SCRIPT ? "no supervisor checks opened files" : namesProblem();
    return problem.isEmpty()
        ? enforced(MOUNTS + "; each open is decided by name, too: " + SUPERVISOR)
        : advisory(
            MOUNTS,
            replaceable.stream()
                    .filter(effective::findsOtherNames)
                    .findFirst()
                    .map(path -> path + " is found by other spellings of its name, too: ")
                    .orElse(
                        "a file that a program outside puts at "
                            + replaceable.get(0)
                            + " while a command runs can be read by it: ")
                + problem,
            reachRemedy());
  }

  private Answer writing(String mechanism) {
    Optional<String> unsteady = effective.unsteadyRule();
    if (unsteady.isPresent()) {
      return unsupported(unsteady.get(), REAL_PATH);
    }
    return effective.namesMatter() && !namesProblem().isEmpty() && takesWritingAway()
        ? unsupported(
            "a directory above a rule could be moved away: " + namesProblem(), reachRemedy())
        : enforced(mechanism);
  }

  private Answer metadata(String mechanism) {
    return (starter == Starter.SCRIPT || !facts.listener()) && facts.has(Feature.ROOT)
        ? advisory(
            mechanism,
            "root owns the devices that are everybody's, and can change their mode",
            "an ordinary user as the distribution's default (wsl.conf)")
        : enforced(mechanism);
  }

  /**
   * Returns whether a rule denies writing where mounts alone do not enforce it: below a directory
   * that can be moved, at a missing path, or at one that has other names.
   */
  private boolean takesWritingAway() {
    return effective.rules().stream()
        .map(EffectiveRule::path)
        .filter(path -> !path.equals("/") && effective.accessAt(path) != Access.WRITE)
        .filter(path -> effective.accessAt(parent(path)) == Access.WRITE)
        .anyMatch(
            path ->
                !isMount(parent(path))
                    || !effective.places().lookup().exists(path)
                    || effective.findsOtherNames(path));
  }

  /**
   * Returns whether a path is a mount: the top of a writable tree is mounted, and a mount cannot be
   * moved.
   */
  private boolean isMount(String path) {
    return policy.fileDefault() != FileDefault.WRITE
        && effective.accessAt(parent(path)) != Access.WRITE
        && effective.rules().stream().anyMatch(rule -> rule.path().equals(path));
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  @Override
  void externalNetwork() {
    String statement = statement(Guarantee.NETWORK_EXTERNAL);
    if (BubblewrapCompiler.ownNetwork(policy.network())) {
      answer(
          Guarantee.NETWORK_EXTERNAL,
          statement + "; names of the host's interfaces can be found in /sys",
          enforced("network namespace; seccomp filter on socket()"));
    } else {
      answer(
          Guarantee.NETWORK_EXTERNAL,
          statement + HOST_SEEN,
          enforced(
              "network namespace; seccomp filter on socket(); loopback sockets are made by this"
                  + " JVM outside it, tied to the device lo"));
    }
  }

  @Override
  void ownLoopback() {
    if (BubblewrapCompiler.ownNetwork(policy.network())) {
      answer(
          Guarantee.NETWORK_OWN_LOOPBACK,
          "Servers and clients inside one command reach each other over loopback",
          facts.listener() || !unixSocketsMade()
              ? enforced("network namespace of the command")
              : unsupported(
                  "without a supervisor every connect is denied: " + facts.listenerProblem(),
                  listenerRemedy()));
      return;
    }
    if (features.shell().isPresent() && loopbackProblem().isEmpty()) {
      answer(
          Guarantee.NETWORK_OWN_LOOPBACK,
          "Servers and clients inside the sandbox reach each other over a loopback of their"
              + " own; no port of it is one of the host's",
          enforced(
              "network namespace of the sandbox; this JVM passes on the traffic that may leave it"));
      return;
    }
    boolean allowlist = policy.network().mode() == NetworkMode.ALLOWLIST;
    answer(
        Guarantee.NETWORK_OWN_LOOPBACK,
        SHARED_LOOPBACK_STATEMENT,
        connecting(
            SHARED_LOOPBACK + (allowlist ? ", since " + features.loopbackProblem() : ""),
            reachRemedy()));
  }

  @Override
  protected void process() {
    boolean ownPids = policy.lifetime().onRootExit() == Leftovers.KILL;
    String seen =
        !ownPids
            ? "; other processes are listed in /proc, since leftovers may stay"
            : features.ownProcesses()
                ? " and are not seen"
                : "; other processes are listed in /proc, since this machine lets no procfs be"
                    + " mounted";
    answer(
        Guarantee.PROCESS_ISOLATION,
        statement(Guarantee.PROCESS_ISOLATION) + seen,
        enforced(
            (ownPids ? "process and " : "")
                + "user namespace; "
                + (facts.abi().version() > 0 ? "Landlock domain; " : "")
                + "seccomp filter"));
    answer(
        Guarantee.PROCESS_SIGNALS,
        ownPids
            ? enforced(
                "process namespace"
                    + (facts.abi().scopes() ? "; " + landlock() + " signal scope" : ""))
            : facts.abi().scopes()
                ? enforced(landlock() + SPARED_JVM)
                : unsupported(
                    "without a process namespace, and " + landlock() + " does not scope signals",
                    "lifetime.onRootExit kill, or " + SIGNAL_SCOPES));
    answer(
        Guarantee.PROCESS_PRIVILEGES,
        "No privilege is held or gained, also not by root",
        enforced("user namespace, no capabilities, no_new_privs"));
    answer(
        Guarantee.PROCESS_KERNEL_SURFACE,
        enforced("seccomp filter, loaded by bubblewrap before the command starts"));
  }

  @Override
  String ipcScope() {
    return "they are the command's own, and end with it";
  }

  @Override
  protected Answer opened(Guarantee guarantee) {
    if (guarantee == Guarantee.PROCESS_SYSV_IPC) {
      return enforced("IPC namespace");
    }
    if (policy.lifetime().onRootExit() != Leftovers.KILL) {
      return unsupported(
          "leftovers may stay, so there is no process namespace", "lifetime.onRootExit kill");
    }
    return starter == Starter.JVM && facts.listener()
        ? enforced("process namespace; seccomp filter on ptrace; " + SUPERVISOR)
        : unsupported(
            "without a supervisor two tracers could keep each other from being killed",
            listenerRemedy());
  }

  @Override
  Answer treeKill() {
    if (policy.lifetime().onRootExit() == Leftovers.KILL) {
      return enforced("the process namespace ends with its first process");
    }
    return facts.abi().scopes()
        ? enforced(SCOPED_KILL)
        : unsupported(
            "leftovers may stay, so there is no process namespace",
            "lifetime.onRootExit kill, or " + SIGNAL_SCOPES);
  }

  @Override
  Answer jvmExit() {
    return policy.lifetime().onRootExit() == Leftovers.KILL
        ? enforced(
            starter == Starter.JVM
                ? "parent-death signal to bubblewrap, whose end ends the process namespace"
                : "the script's input ends, and with it the process namespace")
        : treeKill();
  }
}
