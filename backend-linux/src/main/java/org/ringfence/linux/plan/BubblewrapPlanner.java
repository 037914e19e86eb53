package org.ringfence.linux.plan;

import static org.ringfence.plan.PlannedGuarantee.advisory;
import static org.ringfence.plan.PlannedGuarantee.enforced;
import static org.ringfence.plan.PlannedGuarantee.unsupported;

import java.util.List;
import java.util.Optional;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.EffectiveRule;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.TmpPolicy;

/** Decides which guarantees of a policy bubblewrap enforces, given the facts. Pure. */
public final class BubblewrapPlanner extends LinuxPlanner {
  private static final String MOUNTS = "mount namespace";
  private static final String WRITING =
      "Files are created, changed and deleted only where a rule grants writing";

  /** The component that starts bubblewrap. */
  public enum Starter {
    /** A keeper of this JVM, with a supervisor that answers system calls. */
    KEEPER,
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
    return new BubblewrapPlanner(policy, facts, features, starter).guarantees();
  }

  @Override
  String descriptors() {
    return starter == Starter.KEEPER
        ? KEEPER_DESCRIPTORS
        : "closed by the script, which starts nothing where one is left";
  }

  @Override
  String streamsProblem() {
    return starter == Starter.SCRIPT
            || policy.fileDefault() == FileDefault.WRITE
            || Supervision.streamsHeld(effective, facts)
        ? ""
        : "without a supervisor the mode of the caller's terminal, and of a file given as input, can"
            + " be changed";
  }

  @Override
  String limitsProblem() {
    return starter == Starter.KEEPER ? facts.listenerProblem() : "";
  }

  @Override
  boolean unixSocketsMade() {
    return starter == Starter.KEEPER;
  }

  @Override
  PlannedGuarantee unheld(Guarantee guarantee, String statement, String problem, String remedy) {
    boolean mounted = starter == Starter.SCRIPT && guarantee != Guarantee.FILES_DENY_GLOBS;
    return mounted
        ? advisory(
            guarantee,
            statement,
            "what exists at the top of writable roots is mounted read-only",
            "what does not exist yet can be made, and a directory above can be moved: " + problem,
            remedy)
        : unsupported(guarantee, statement, problem, remedy);
  }

  @Override
  String listenerRemedy() {
    return starter == Starter.KEEPER ? NEWER_KERNEL : "Java 17 or later in the distribution";
  }

  @Override
  void files() {
    Optional<String> unsteady = effective.unsteadyRule();
    String remedy = "a rule that names the real path";
    if (policy.fileDefault() != FileDefault.WRITE) {
      writing(unsteady, remedy);
    } else if (takesWritingAway()) {
      add(
          unsupported(
              Guarantee.FILES_WRITE,
              WRITING,
              "writing is granted everywhere, so that a directory above a rule could be moved away",
              "a narrower files.default"));
    }
    boolean takesReading =
        policy.fileDefault() == FileDefault.MINIMAL
            || effective.rules().stream().anyMatch(rule -> rule.access() == Access.NONE);
    if (takesReading) {
      boolean denies = effective.rules().stream().anyMatch(rule -> rule.access() == Access.NONE);
      String statement =
          "Files are read only where a rule or the default grants reading; devices only where a"
              + " rule names them"
              + (denies ? HARD_LINKS : "");
      add(
          unsteady.isPresent()
              ? unsupported(Guarantee.FILES_READ, statement, unsteady.get(), remedy)
              : reading(statement));
    }
    if (effective.places().workspaceCopy().isPresent()) {
      add(enforced(Guarantee.FILES_REVIEW, REVIEW, MOUNTS + ", the copy in the workspace's place"));
    }
    if (policy.tmp() == TmpPolicy.PRIVATE) {
      add(
          enforced(
              Guarantee.TMP_PRIVATE,
              "/tmp is a directory of the sandbox's own, removed at the end",
              MOUNTS + ", a directory of mode 0700 with an unpredictable name"));
    }
  }

  /** Plans reading: mounts, and a check of each open for paths that can be replaced under them. */
  private PlannedGuarantee reading(String statement) {
    List<String> replaceable = ReadDenials.replaceable(effective);
    if (replaceable.isEmpty()) {
      return enforced(Guarantee.FILES_READ, statement, MOUNTS);
    }
    String problem =
        starter == Starter.SCRIPT ? "no supervisor looks at what is opened" : namesProblem();
    return problem.isEmpty()
        ? enforced(
            Guarantee.FILES_READ,
            statement,
            MOUNTS + "; each open is decided by name, too: " + SUPERVISOR)
        : advisory(
            Guarantee.FILES_READ,
            statement,
            MOUNTS,
            "what a program outside puts at "
                + replaceable.get(0)
                + " while a command runs can be read by it: "
                + problem,
            listenerRemedy());
  }

  private void writing(Optional<String> unsteady, String remedy) {
    String statement = WRITING;
    String mechanism = MOUNTS + ", read-only but for what is granted";
    if (unsteady.isPresent()) {
      add(unsupported(Guarantee.FILES_WRITE, statement, unsteady.get(), remedy));
    } else if (effective.namesMatter() && !namesProblem().isEmpty() && takesWritingAway()) {
      add(
          unsupported(
              Guarantee.FILES_WRITE,
              statement,
              "a directory above a rule could be moved away: " + namesProblem(),
              listenerRemedy()));
    } else {
      add(enforced(Guarantee.FILES_WRITE, statement, mechanism));
    }
    String metadata =
        "Mode, owner, times and extended attributes are changed only where writing is granted";
    add(
        starter == Starter.SCRIPT && facts.root()
            ? advisory(
                Guarantee.FILES_METADATA,
                metadata,
                mechanism,
                "root owns the devices that are everybody's, and can change their mode",
                "an ordinary user as the distribution's default (wsl.conf)")
            : enforced(Guarantee.FILES_METADATA, metadata, mechanism));
  }

  /**
   * Returns whether a rule denies writing where mounts alone do not enforce it: below a directory
   * that can be moved, or at a missing path.
   */
  private boolean takesWritingAway() {
    return effective.rules().stream()
        .map(EffectiveRule::path)
        .filter(path -> !path.equals("/") && effective.accessAt(path) != Access.WRITE)
        .filter(path -> effective.accessAt(parent(path)) == Access.WRITE)
        .anyMatch(path -> !isMount(parent(path)) || !effective.places().lookup().exists(path));
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
    String statement = "Nothing outside the sandbox is reached: TCP, UDP, raw, vsock, netlink";
    add(
        BubblewrapCompiler.ownNetwork(policy.network())
            ? enforced(
                Guarantee.NETWORK_EXTERNAL,
                statement + "; names of the host's interfaces can be found in /sys",
                "network namespace; seccomp filter on socket()")
            : enforced(
                Guarantee.NETWORK_EXTERNAL,
                statement + HOST_SEEN,
                "network namespace; seccomp filter on socket(); loopback sockets are made by this"
                    + " JVM outside it, tied to the device lo"));
  }

  @Override
  void ownLoopback() {
    if (BubblewrapCompiler.ownNetwork(policy.network())) {
      String statement = "Servers and clients inside one command reach each other over loopback";
      add(
          facts.listener() || !unixSocketsMade()
              ? enforced(
                  Guarantee.NETWORK_OWN_LOOPBACK, statement, "network namespace of the command")
              : unsupported(
                  Guarantee.NETWORK_OWN_LOOPBACK,
                  statement,
                  "without a supervisor every connect is denied: " + facts.listenerProblem(),
                  listenerRemedy()));
      return;
    }
    if (features.shell().isPresent() && loopbackProblem().isEmpty()) {
      add(
          enforced(
              Guarantee.NETWORK_OWN_LOOPBACK,
              "Servers and clients inside the sandbox reach each other over a loopback of their"
                  + " own; no port of it is one of the host's",
              "network namespace of the sandbox; what may leave it is passed on by this JVM"));
      return;
    }
    String statement = SHARED_LOOPBACK_STATEMENT;
    boolean allowlist = policy.network().mode() == NetworkMode.ALLOWLIST;
    String shared = SHARED_LOOPBACK + (allowlist ? ", since " + features.loopbackProblem() : "");
    add(
        loopbackProblem().isEmpty()
            ? enforced(Guarantee.NETWORK_OWN_LOOPBACK, statement, shared)
            : unsupported(
                Guarantee.NETWORK_OWN_LOOPBACK, statement, loopbackProblem(), listenerRemedy()));
  }

  @Override
  void process() {
    boolean ownPids = policy.lifetime().onRootExit() == Leftovers.KILL;
    String seen =
        !ownPids
            ? "; other processes are listed in /proc, since leftovers may stay"
            : features.ownProcesses()
                ? " and are not seen"
                : "; other processes are listed in /proc, since this machine lets no procfs be"
                    + " mounted";
    add(
        enforced(
            Guarantee.PROCESS_ISOLATION,
            "Memory, descriptors and environment of outside processes are not reached" + seen,
            (ownPids ? "process and " : "")
                + "user namespace; "
                + (facts.abi().version() > 0 ? "Landlock domain; " : "")
                + "seccomp filter"));
    add(
        ownPids || facts.abi().scopes()
            ? enforced(
                Guarantee.PROCESS_SIGNALS,
                "Processes outside the sandbox are not signalled",
                (ownPids ? "process namespace" : "")
                    + (ownPids && facts.abi().scopes() ? "; " : "")
                    + (facts.abi().scopes() ? landlock() + " signal scope" : ""))
            : unsupported(
                Guarantee.PROCESS_SIGNALS,
                "Processes outside the sandbox are not signalled",
                "without a process namespace, and " + landlock() + " does not scope signals",
                "lifetime.onRootExit kill, or Linux 6.12 or newer"));
    add(
        enforced(
            Guarantee.PROCESS_PRIVILEGES,
            "No privilege is held or gained, also not by root",
            "user namespace, no capabilities, no_new_privs"));
    add(
        enforced(
            Guarantee.PROCESS_KERNEL_SURFACE,
            "Namespaces, mounts, modules, bpf, perf, io_uring, keyrings and the like are closed",
            "seccomp filter, loaded by bubblewrap before the command starts"));
  }

  @Override
  PlannedGuarantee treeKill(Guarantee guarantee, String statement) {
    if (policy.lifetime().onRootExit() == Leftovers.KILL) {
      return enforced(guarantee, statement, "the process namespace ends with its first process");
    }
    return facts.abi().scopes()
        ? enforced(
            guarantee, statement, "kill(-1) from inside the Landlock signal scope of the command")
        : unsupported(
            guarantee,
            statement,
            "leftovers may stay, so there is no process namespace",
            "lifetime.onRootExit kill, or Linux 6.12 or newer");
  }

  @Override
  PlannedGuarantee jvmExit(Guarantee guarantee, String statement) {
    return policy.lifetime().onRootExit() == Leftovers.KILL
        ? enforced(
            guarantee,
            statement,
            starter == Starter.KEEPER
                ? "parent-death signal to bubblewrap, whose end ends the process namespace"
                : "the script's input ends, and with it the process namespace")
        : treeKill(guarantee, statement);
  }
}
