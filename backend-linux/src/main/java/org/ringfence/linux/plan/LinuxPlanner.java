package org.ringfence.linux.plan;

import static org.ringfence.kit.plan.Answer.advisory;
import static org.ringfence.kit.plan.Answer.enforced;
import static org.ringfence.kit.plan.Answer.unsupported;

import java.util.Optional;
import org.ringfence.kit.plan.Answer;
import org.ringfence.kit.plan.PlannerBase;
import org.ringfence.linux.plan.HostFacts.CgroupParent;
import org.ringfence.linux.plan.HostFacts.Feature;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.effective.EffectivePolicy;

/** Plans the guarantees that both backends enforce in the same way, given the facts. Pure. */
abstract sealed class LinuxPlanner extends PlannerBase permits LandlockPlanner, BubblewrapPlanner {
  static final String SUPERVISOR = "seccomp user notification, decided in this JVM";

  /** The mechanism of a loopback shared with the host, with its limit. */
  static final String SHARED_LOOPBACK = SUPERVISOR + "; the ports are the host's";

  /** The guarantee of a shared loopback, and its cost for the host. */
  static final String SHARED_LOOPBACK_STATEMENT =
      Guarantee.NETWORK_OWN_LOOPBACK.statement()
          + "; it is not promised that a service of the host gets a port that a server inside took"
          + " first";

  /** The visible parts of a network that is the host's, or whose sockets come from the host. */
  static final String HOST_SEEN =
      "; the host's interfaces, addresses, routes and connections can be seen, not used";

  private static final String THREAD_DESCRIPTORS =
      "private descriptor table, in which close_range closes all others; streams that would give"
          + " more than they were opened for are copied by this JVM";

  private static final String NEWER_KERNEL =
      "Linux 5.6 or newer, and no outer sandbox that has a seccomp listener of its own";

  /** The remedy where Landlock does not scope signals. */
  static final String SIGNAL_SCOPES = "Linux 6.12 or newer";

  /** The mechanism for signals, where a thread of this JVM is in the scope. */
  static final String SPARED_JVM =
      " signal scope; seccomp filter on signals to the one thread of this JVM in it";

  /** The mechanism that kills a tree where Landlock scopes signals. */
  static final String SCOPED_KILL = "kill(-1) from inside the Landlock signal scope of the command";

  /**
   * The limit of rules about paths: the system does not report which other paths lead to a file.
   */
  static final String HARD_LINKS =
      "; a hard link to such a file that was made before, by a name that is not denied, leads to it";

  final HostFacts facts;

  LinuxPlanner(EffectivePolicy effective, HostFacts facts) {
    super(effective);
    this.facts = facts;
  }

  /** Returns why limits cannot be set before a program starts; empty if they can. */
  abstract String limitsProblem();

  /** Returns whether commands can make unix sockets. */
  abstract boolean unixSocketsMade();

  /** Returns the second mechanism for unix sockets outside, in a clause; empty without one. */
  abstract String unixNamesDenied();

  /** Answers a guarantee about names where no supervisor decides on them. */
  abstract Answer unheld(Guarantee guarantee, String problem, String remedy);

  /**
   * Answers for protected names and paths at the level {@code existing}; empty where they are
   * answered as at {@code hooks-and-config}.
   */
  abstract Optional<Answer> existingName(Guarantee guarantee);

  /** Returns the statement about protected names; a backend that only mounts them says so. */
  String namesStatement(String statement) {
    return statement
        + "; where a file system has no locks (flock), two sandboxes that change one directory"
        + " at the same moment could each make a part of a git directory";
  }

  /** Returns the statement about protected paths; a backend that only mounts them says so. */
  String pathsStatement(String statement) {
    return statement;
  }

  abstract void externalNetwork();

  abstract void ownLoopback();

  /** Returns the scope of System V IPC, in a clause. */
  abstract String ipcScope();

  /** Answers how the whole tree is killed. */
  abstract Answer treeKill();

  /** Answers how everything ends with the JVM. */
  abstract Answer jvmExit();

  /** Returns the remedy where no listener can be had. */
  final String newerKernel() {
    return facts.listenerProblem().equals(HostFacts.LISTENER_OF_WSL)
        ? "networkingMode=nat below [wsl2] in %UserProfile%\\.wslconfig, then wsl --shutdown; or, with"
            + " bubblewrap and network.mode none, protectedNames existing"
        : NEWER_KERNEL;
  }

  /** Returns the remedy for a missing supervisor. */
  abstract String listenerRemedy();

  @Override
  protected final String statement(Guarantee guarantee) {
    String statement = super.statement(guarantee);
    return switch (guarantee) {
      case FILES_PROTECTED_NAMES -> namesStatement(statement);
      case FILES_PROTECTED_PATHS -> pathsStatement(statement);
      case FILES_DENY_GLOBS -> statement + "; that they exist may be seen" + HARD_LINKS;
      case NETWORK_EXTERNAL ->
          policy.network().mode() == NetworkMode.ALLOWLIST
              ? statement + (policy.network().allow().isEmpty() ? ": none" : "") + HOST_SEEN
              : statement + ", vsock, netlink";
      case NETWORK_UNIX_SOCKETS ->
          policy.network().unixSockets().isEmpty()
              ? statement
              : statement
                  + "; the actions of such a service, and all that it hands over, are its own grant";
      case PROCESS_SYSV_IPC -> statement + "; " + ipcScope();
      default -> statement;
    };
  }

  @Override
  protected final Answer lifetime(Guarantee lifetime) {
    return lifetime == Guarantee.LIFETIME_TREE ? treeKill() : jvmExit();
  }

  /** Answers for descriptors where a command thread of this JVM starts the commands. */
  final Answer threadDescriptors() {
    return facts.has(Feature.CLOSE_RANGE)
        ? enforced(THREAD_DESCRIPTORS)
        : unsupported(
            "this JVM's descriptors cannot be closed for a command: there is no close_range",
            "Linux 5.9 or newer, and no outer sandbox that denies close_range");
  }

  final String landlock() {
    return "Landlock ABI " + facts.abi().version();
  }

  /** Returns why the supervisor cannot decide on names; empty if it can. */
  final String namesProblem() {
    return !facts.listener() ? facts.listenerProblem() : facts.childProblem();
  }

  @Override
  protected final Answer name(Guarantee guarantee) {
    if (!effective.namesMatter() && guarantee != Guarantee.FILES_DENY_GLOBS) {
      return enforced(NOTHING_WRITABLE);
    }
    if (policy.protectedNames().findsAtEnd() && guarantee != Guarantee.FILES_DENY_GLOBS) {
      Optional<Answer> answer = existingName(guarantee);
      if (answer.isPresent()) {
        return answer.get();
      }
    }
    boolean rootless = policy.fileDefault() == FileDefault.WRITE;
    String problem = rootless ? NO_ROOT : namesProblem();
    return problem.isEmpty()
        ? enforced(SUPERVISOR + ", and done by it on a resolved descriptor")
        : unheld(guarantee, problem, rootless ? NARROWER : reachRemedy());
  }

  @Override
  protected final void network() {
    NetworkPolicy network = policy.network();
    if (network.mode() == NetworkMode.NONE) {
      externalNetwork();
    } else if (network.mode() == NetworkMode.ALLOWLIST) {
      answer(Guarantee.NETWORK_EXTERNAL, allowlist());
    }
    asked(Guarantee.NETWORK_DENY, () -> unsupported(UNDECIDED, DECIDING));
    if (effective.asksFor(Guarantee.NETWORK_OWN_LOOPBACK)) {
      ownLoopback();
    }
    asked(Guarantee.NETWORK_HOST_LOOPBACK, () -> connecting(SUPERVISOR, reachRemedy()));
    asked(
        Guarantee.NETWORK_SERVER_NAME,
        () ->
            network.mode() == NetworkMode.FULL
                ? unsupported(UNDECIDED, DECIDING)
                : connecting(
                    "allowed connections are led through a relay in this JVM", reachRemedy()));
    asked(
        Guarantee.NETWORK_PUBLISH,
        () ->
            connecting(
                "servers listen on the host's loopback; a port under another number is forwarded"
                    + " by this JVM",
                reachRemedy()));
    if (SeccompCompiler.mediated(network)) {
      answer(Guarantee.NETWORK_UNIX_SOCKETS, unixSockets(network));
    }
  }

  private Answer unixSockets(NetworkPolicy network) {
    boolean anyGranted =
        network.mode() == NetworkMode.FULL && unixSocketsMade() || !network.unixSockets().isEmpty();
    if (facts.listener()) {
      return enforced(SUPERVISOR + unixNamesDenied());
    }
    if (anyGranted) {
      return unsupported(facts.listenerProblem(), listenerRemedy());
    }
    return enforced(
        unixSocketsMade()
            ? "every connect is denied: " + facts.listenerProblem()
            : "seccomp filter: none is made, but for pairs");
  }

  private Answer allowlist() {
    return connecting(
        SUPERVISOR
            + ", which connects the command's own sockets to addresses that its name server gave"
            + " out for allowed names"
            + (facts.abi().handlesTcp()
                ? "; " + landlock() + " denies TCP bind and connect to the command itself"
                : ""),
        reachRemedy());
  }

  /** Returns the remedy where the supervisor is missing or cannot reach a child. */
  final String reachRemedy() {
    if (!facts.listener() || facts.reachesChild()) {
      return listenerRemedy();
    }
    return facts.has(Feature.YAMA_PERMITS)
        ? "in a container, a seccomp profile that also allows pidfd_getfd, process_vm_readv, and"
            + " unshare without namespaces (--security-opt seccomp=FILE; docs/containers.md)"
        : "sysctl kernel.yama.ptrace_scope=1 (3 lasts until a restart), and Linux 5.6 or newer";
  }

  /** Answers a guarantee for which the supervisor makes connections. */
  final Answer connecting(String mechanism, String remedy) {
    String problem = loopbackProblem();
    return problem.isEmpty() ? enforced(mechanism) : unsupported(problem, remedy);
  }

  final String loopbackProblem() {
    String problem = namesProblem();
    return !problem.isEmpty() || facts.has(Feature.LOOPBACK_BINDING)
        ? problem
        : "a socket cannot be tied to the loopback device";
  }

  @Override
  protected final Answer limit(Guarantee limit) {
    if (limit == Guarantee.LIMITS_WALL_TIME) {
      return treeKill();
    }
    String problem = limitsProblem();
    boolean group = problem.isEmpty() && facts.groups();
    if (limit == Guarantee.LIMITS_PROCESSES && !group && facts.has(Feature.ROOT)) {
      return unsupported(
          "root is exempt from RLIMIT_NPROC (kernel/fork.c)", "run as an ordinary user");
    }
    if (!problem.isEmpty()) {
      return unsupported(problem, listenerRemedy());
    }
    return switch (limit) {
      case LIMITS_MEMORY ->
          group ? grouped("memory.max") : uncounted(limit, "RLIMIT_AS of each process");
      case LIMITS_PROCESSES -> group ? grouped("pids.max") : uncounted(limit, PROCESSES_OF_USER);
      case LIMITS_CPU_TIME -> setBeforeStart("RLIMIT_CPU");
      case LIMITS_OPEN_FILES -> setBeforeStart("RLIMIT_NOFILE");
      default -> setBeforeStart("RLIMIT_FSIZE");
    };
  }

  private Answer grouped(String file) {
    String place =
        facts.cgroups() instanceof CgroupParent.Delegated delegated
            ? "cgroup v2 below " + delegated.directory()
            : "cgroup v2 in a scope of systemd's user manager";
    return enforced(place + ", " + file + ", entered before the program starts");
  }

  private Answer uncounted(Guarantee limit, String rlimit) {
    String problem = facts.cgroups() instanceof CgroupParent.None none ? none.problem() : "";
    return advisory(
        rlimit,
        "an rlimit does not count a whole tree, and there is no cgroup v2 to use: " + problem,
        "systemd's manager of this user and its bus (a login; the Debian package"
            + " dbus-user-session), a delegated cgroup v2 with the memory and pids controllers, or "
            + bestEffort(limit));
  }
}
