package org.ringfence.linux.plan;

import static org.ringfence.plan.PlannedGuarantee.advisory;
import static org.ringfence.plan.PlannedGuarantee.enforced;
import static org.ringfence.plan.PlannedGuarantee.unsupported;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.plan.LimitStatements;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;

/** Plans the guarantees that both backends enforce in the same way, given the facts. Pure. */
abstract sealed class LinuxPlanner permits LandlockPlanner, BubblewrapPlanner {
  static final String SUPERVISOR = "seccomp user notification, decided in this JVM";

  /** The mechanism of a loopback shared with the host, with its limit. */
  static final String SHARED_LOOPBACK = SUPERVISOR + "; the ports are the host's";

  /** The guarantee of a shared loopback, and its cost for the host. */
  static final String SHARED_LOOPBACK_STATEMENT =
      "Servers and clients inside the sandbox reach each other over loopback; it is not promised"
          + " that a service of the host gets a port that a server inside took first";

  /** The visible parts of a network that is the host's, or whose sockets come from the host. */
  static final String HOST_SEEN =
      "; the host's interfaces, addresses, routes and connections can be seen, not used";

  static final String KEEPER_DESCRIPTORS =
      "private descriptor table, close_range with CLOSE_RANGE_CLOEXEC; streams that would give more"
          + " than they were opened for are copied by this JVM";

  static final String NEWER_KERNEL =
      "Linux 5.6 or newer, and no outer sandbox that has a seccomp listener of its own";

  /**
   * The limit of rules about paths: the system does not report which other paths lead to a file.
   */
  static final String HARD_LINKS =
      "; a hard link to such a file that was made before, by a name that is not denied, leads to it";

  static final String REVIEW = "Commands change a copy of the workspace, not the workspace";

  final EffectivePolicy effective;
  final SandboxPolicy policy;
  final HostFacts facts;
  private final List<PlannedGuarantee> guarantees = new ArrayList<>();

  LinuxPlanner(EffectivePolicy effective, HostFacts facts) {
    this.effective = effective;
    this.policy = effective.policy();
    this.facts = facts;
  }

  final List<PlannedGuarantee> guarantees() {
    files();
    names();
    network();
    process();
    inherited();
    limits();
    lifetime();
    return List.copyOf(guarantees);
  }

  /** Returns the mechanism that prevents inherited descriptors. */
  abstract String descriptors();

  /** Returns why limits cannot be set before a program starts; empty if they can. */
  abstract String limitsProblem();

  /** Returns whether commands can make unix sockets. */
  abstract boolean unixSocketsMade();

  /** Plans a guarantee about names where no supervisor decides on them. */
  abstract PlannedGuarantee unheld(
      Guarantee guarantee, String statement, String problem, String remedy);

  abstract void files();

  abstract void externalNetwork();

  abstract void ownLoopback();

  abstract void process();

  /** Plans the mechanism that ends everything with the JVM. */
  abstract PlannedGuarantee jvmExit(Guarantee guarantee, String statement);

  /** Returns why a standard stream may give more than it was opened for; empty if it does not. */
  String streamsProblem() {
    return "";
  }

  private void inherited() {
    String statement = "No descriptor of this JVM but the three standard streams is inherited";
    String problem = streamsProblem();
    add(
        problem.isEmpty()
            ? enforced(Guarantee.PROCESS_DESCRIPTORS, statement, descriptors())
            : advisory(
                Guarantee.PROCESS_DESCRIPTORS,
                statement,
                descriptors(),
                problem,
                listenerRemedy()));
    add(
        enforced(
            Guarantee.ENVIRONMENT_FILTERED,
            "Only the variables that the policy lets through are inherited",
            "environment block of the command"));
  }

  private void lifetime() {
    if (policy.lifetime().onRootExit() == Leftovers.KILL) {
      add(
          treeKill(
              Guarantee.LIFETIME_TREE,
              "What the command started is killed when it ends, also after setsid"));
    }
    if (policy.lifetime().onJvmExit() == Leftovers.KILL) {
      add(
          jvmExit(
              Guarantee.LIFETIME_JVM_EXIT,
              "Everything is killed when this JVM ends, however it ends"));
    }
  }

  /** Plans how the whole tree is killed. */
  abstract PlannedGuarantee treeKill(Guarantee guarantee, String statement);

  final void add(PlannedGuarantee guarantee) {
    guarantees.add(guarantee);
  }

  final String landlock() {
    return "Landlock ABI " + facts.abi().version();
  }

  /** Returns the remedy for a missing supervisor. */
  abstract String listenerRemedy();

  /** Returns why the supervisor cannot decide on names; empty if it can. */
  final String namesProblem() {
    return !facts.listener()
        ? facts.listenerProblem()
        : facts.reachesChild()
            ? ""
            : "a child's memory and descriptors cannot be reached (kernel.yama.ptrace_scope)";
  }

  private void names() {
    String problem =
        policy.fileDefault() == FileDefault.WRITE
            ? "writing is granted everywhere, so that names have no root to be protected in"
            : namesProblem();
    String remedy =
        policy.fileDefault() == FileDefault.WRITE ? "a narrower files.default" : listenerRemedy();
    if (policy.protectedNames() != ProtectedNames.OFF) {
      String statement =
          effective.protectedNamesStatement()
              + "; where a file system has no locks (flock), two sandboxes that change one directory"
              + " at the same moment could each make a part of a git directory";
      add(held(Guarantee.FILES_PROTECTED_NAMES, statement, problem, remedy));
    }
    if (!effective.protectedPaths().isEmpty()) {
      add(
          held(
              Guarantee.FILES_PROTECTED_PATHS,
              "Not written, also when they do not exist: "
                  + String.join(", ", effective.protectedPaths()),
              problem,
              remedy));
    }
    if (!policy.denyGlobs().isEmpty()) {
      String statement =
          "Files whose names match "
              + String.join(", ", policy.denyGlobs())
              + " are not opened, made, renamed or removed, also those that appear later; that they"
              + " exist may be seen"
              + HARD_LINKS;
      add(held(Guarantee.FILES_DENY_GLOBS, statement, problem, remedy));
    }
  }

  private PlannedGuarantee held(
      Guarantee guarantee, String statement, String problem, String remedy) {
    if (!effective.namesMatter() && guarantee != Guarantee.FILES_DENY_GLOBS) {
      return enforced(guarantee, statement, "no lasting directory is writable");
    }
    return problem.isEmpty()
        ? enforced(guarantee, statement, SUPERVISOR + ", and done by it on a resolved descriptor")
        : unheld(guarantee, statement, problem, remedy);
  }

  private void network() {
    NetworkPolicy network = policy.network();
    if (network.mode() == NetworkMode.NONE) {
      externalNetwork();
    } else if (network.mode() == NetworkMode.ALLOWLIST) {
      allowlist(network);
    } else if (!network.deny().isEmpty()) {
      add(
          unsupported(
              Guarantee.NETWORK_DENY,
              "Hosts of network.deny are not reached",
              "in network mode full no connection is decided on",
              "network mode allowlist"));
    }
    if (network.mode() != NetworkMode.FULL && network.ownLoopback()) {
      ownLoopback();
    }
    if (!network.hostLoopbackPorts().isEmpty() && network.mode() != NetworkMode.FULL) {
      String statement = "Of the host's loopback, only ports " + network.hostLoopbackPorts();
      add(
          loopbackProblem().isEmpty()
              ? enforced(Guarantee.NETWORK_HOST_LOOPBACK, statement, SUPERVISOR)
              : unsupported(
                  Guarantee.NETWORK_HOST_LOOPBACK, statement, loopbackProblem(), listenerRemedy()));
    }
    if (network.checkServerName() && network.mode() != NetworkMode.NONE) {
      serverName(network);
    }
    if (!network.publish().isEmpty() && network.mode() != NetworkMode.FULL) {
      published(network);
    }
    if (SeccompCompiler.mediated(network)) {
      String statement =
          "Unix sockets outside the sandbox are not connected to"
              + (network.unixSockets().isEmpty()
                  ? ""
                  : ", but for "
                      + String.join(", ", network.unixSockets())
                      + "; what such a service does or hands over, descriptors too, is its own"
                      + " grant");
      boolean anyGranted =
          network.mode() == NetworkMode.FULL && unixSocketsMade()
              || !network.unixSockets().isEmpty();
      if (facts.listener()) {
        add(enforced(Guarantee.NETWORK_UNIX_SOCKETS, statement, SUPERVISOR));
      } else if (anyGranted) {
        add(
            unsupported(
                Guarantee.NETWORK_UNIX_SOCKETS,
                statement,
                facts.listenerProblem(),
                listenerRemedy()));
      } else {
        add(
            enforced(
                Guarantee.NETWORK_UNIX_SOCKETS,
                statement,
                unixSocketsMade()
                    ? "every connect is denied: " + facts.listenerProblem()
                    : "seccomp filter: none is made, but for pairs"));
      }
    }
  }

  private void allowlist(NetworkPolicy network) {
    String statement =
        "Only the hosts of network.allow are reached, over TCP"
            + (network.allow().isEmpty() ? ": none" : "")
            + HOST_SEEN;
    String problem = loopbackProblem();
    add(
        problem.isEmpty()
            ? enforced(
                Guarantee.NETWORK_EXTERNAL,
                statement,
                SUPERVISOR
                    + ", which connects the command's own sockets to addresses that its name"
                    + " server gave out for allowed names"
                    + (facts.abi().handlesTcp()
                        ? "; " + landlock() + " denies TCP bind and connect to the command itself"
                        : ""))
            : unsupported(Guarantee.NETWORK_EXTERNAL, statement, problem, reachRemedy()));
  }

  String reachRemedy() {
    return facts.listener() && !facts.reachesChild()
        ? "kernel.yama.ptrace_scope 0 or 1, and Linux 5.6 or newer"
        : listenerRemedy();
  }

  private void serverName(NetworkPolicy network) {
    String statement = "TLS to a host of network.allow has to name that host";
    String problem =
        network.mode() == NetworkMode.FULL
            ? "in network mode full no connection is decided on"
            : loopbackProblem();
    String remedy = network.mode() == NetworkMode.FULL ? "network mode allowlist" : reachRemedy();
    add(
        problem.isEmpty()
            ? enforced(
                Guarantee.NETWORK_SERVER_NAME,
                statement,
                "allowed connections are led through a relay in this JVM")
            : unsupported(Guarantee.NETWORK_SERVER_NAME, statement, problem, remedy));
  }

  private void published(NetworkPolicy network) {
    String problem = loopbackProblem();
    String statement =
        "Servers inside are reached over the host's loopback on ports " + network.publish();
    add(
        problem.isEmpty()
            ? enforced(
                Guarantee.NETWORK_PUBLISH,
                statement,
                "servers listen on the host's loopback; a port under another number is forwarded"
                    + " by this JVM")
            : unsupported(Guarantee.NETWORK_PUBLISH, statement, problem, reachRemedy()));
  }

  final String loopbackProblem() {
    if (!facts.listener()) {
      return facts.listenerProblem();
    }
    if (!facts.reachesChild()) {
      return "a child's memory and descriptors cannot be reached (kernel.yama.ptrace_scope)";
    }
    return facts.loopbackBinding() ? "" : "a socket cannot be tied to the loopback device";
  }

  private void limits() {
    Limits limits = policy.limits();
    String problem = limitsProblem();
    boolean gate = problem.isEmpty();
    boolean group = facts.cgroup().isPresent() && gate;
    limits
        .memory()
        .ifPresent(
            bytes ->
                add(
                    group
                        ? grouped(
                            Guarantee.LIMITS_MEMORY,
                            "The tree uses at most " + bytes + " bytes of memory",
                            "memory.max")
                        : wholeTree(
                            Guarantee.LIMITS_MEMORY,
                            "The tree uses at most " + bytes + " bytes of memory",
                            "RLIMIT_AS of each process",
                            gate,
                            problem)));
    limits
        .processes()
        .ifPresent(
            count ->
                add(
                    group
                        ? grouped(
                            Guarantee.LIMITS_PROCESSES,
                            "At most " + count + " processes at a time",
                            "pids.max")
                        : facts.root()
                            ? unsupported(
                                Guarantee.LIMITS_PROCESSES,
                                "At most " + count + " processes at a time",
                                "root is exempt from RLIMIT_NPROC (kernel/fork.c)",
                                "run as an ordinary user")
                            : wholeTree(
                                Guarantee.LIMITS_PROCESSES,
                                "At most " + count + " processes at a time",
                                "RLIMIT_NPROC, which counts all processes of the user",
                                gate,
                                problem)));
    limits
        .cpuTime()
        .ifPresent(
            time ->
                add(
                    perProcess(
                        Guarantee.LIMITS_CPU_TIME,
                        LimitStatements.cpuTime(time),
                        "RLIMIT_CPU",
                        gate,
                        problem)));
    limits
        .openFiles()
        .ifPresent(
            count ->
                add(
                    perProcess(
                        Guarantee.LIMITS_OPEN_FILES,
                        "A process has at most " + count + " descriptors",
                        "RLIMIT_NOFILE",
                        gate,
                        problem)));
    limits
        .fileSize()
        .ifPresent(
            bytes ->
                add(
                    perProcess(
                        Guarantee.LIMITS_FILE_SIZE,
                        "A file grows to at most " + bytes + " bytes",
                        "RLIMIT_FSIZE",
                        gate,
                        problem)));
    limits
        .wallTime()
        .ifPresent(
            time -> add(treeKill(Guarantee.LIMITS_WALL_TIME, LimitStatements.wallTime(limits))));
    limits
        .outputBytes()
        .ifPresent(
            bytes ->
                add(
                    enforced(
                        Guarantee.LIMITS_OUTPUT,
                        "Output is cut off and the tree ended after " + bytes + " bytes",
                        "pipes read by this JVM")));
  }

  private PlannedGuarantee grouped(Guarantee guarantee, String statement, String file) {
    return enforced(
        guarantee,
        statement,
        "cgroup v2 below "
            + facts.cgroup().orElseThrow()
            + ", "
            + file
            + ", entered before the"
            + " program starts");
  }

  private PlannedGuarantee wholeTree(
      Guarantee guarantee, String statement, String rlimit, boolean gate, String problem) {
    return gate
        ? advisory(
            guarantee,
            statement,
            rlimit,
            "an rlimit does not count a whole tree, and there is no cgroup v2 to use: "
                + facts.cgroupProblem(),
            "a delegated cgroup v2 with the memory and pids controllers (systemd-run --user --scope"
                + " -p Delegate=yes), or best effort for "
                + guarantee)
        : unsupported(guarantee, statement, problem, listenerRemedy());
  }

  private PlannedGuarantee perProcess(
      Guarantee guarantee, String statement, String rlimit, boolean gate, String problem) {
    return gate
        ? enforced(guarantee, statement, rlimit + ", set before the program starts")
        : unsupported(guarantee, statement, problem, listenerRemedy());
  }
}
