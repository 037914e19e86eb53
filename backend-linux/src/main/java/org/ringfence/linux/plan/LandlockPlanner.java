package org.ringfence.linux.plan;

import static org.ringfence.plan.Guarantee.advisory;
import static org.ringfence.plan.Guarantee.enforced;
import static org.ringfence.plan.Guarantee.unsupported;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ringfence.plan.Guarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;

/** Says which guarantees of a policy the in-process backend holds, given the facts. Pure. */
public final class LandlockPlanner {
  private static final String SUPERVISOR = "seccomp user notification, decided in this JVM";
  private static final String NEEDS_MOUNTS = "a backend with mount namespaces (bubblewrap)";

  private final EffectivePolicy effective;
  private final SandboxPolicy policy;
  private final HostFacts facts;
  private final List<Guarantee> guarantees = new ArrayList<>();

  private LandlockPlanner(EffectivePolicy effective, HostFacts facts) {
    this.effective = effective;
    this.policy = effective.policy();
    this.facts = facts;
  }

  /**
   * Plans a policy.
   *
   * @param policy the policy
   * @param facts what was found on the machine
   * @return every guarantee of the policy with its level
   */
  public static List<Guarantee> plan(EffectivePolicy policy, HostFacts facts) {
    LandlockPlanner planner = new LandlockPlanner(policy, facts);
    planner.files();
    planner.network();
    planner.process();
    planner.limits();
    planner.lifetime();
    return List.copyOf(planner.guarantees);
  }

  private void add(Guarantee guarantee) {
    guarantees.add(guarantee);
  }

  private String landlock() {
    return "Landlock ABI " + facts.abi().version();
  }

  private void files() {
    Optional<String> inexpressible = LandlockCompiler.inexpressible(effective);
    if (policy.fileDefault() != FileDefault.WRITE) {
      String statement = "Files are created, changed and deleted only where a rule grants writing";
      if (inexpressible.isPresent()) {
        add(unsupported("files.write", statement, inexpressible.get(), NEEDS_MOUNTS));
      } else if (facts.abi().version() < 3) {
        add(
            unsupported(
                "files.write",
                statement,
                "Landlock ABI " + facts.abi().version() + " does not cover truncation",
                "Linux 6.2 or newer"));
      } else {
        add(enforced("files.write", statement, landlock()));
      }
      metadata();
    }
    if (policy.fileDefault() == FileDefault.MINIMAL || inexpressible.isPresent()) {
      String statement = "Files are read only where a rule or the default grants reading";
      add(
          inexpressible.isPresent()
              ? unsupported("files.read", statement, inexpressible.get(), NEEDS_MOUNTS)
              : enforced("files.read", statement, landlock()));
    }
    if (!policy.denyGlobs().isEmpty()) {
      add(
          unsupported(
              "files.deny-globs",
              "Names that match " + String.join(", ", policy.denyGlobs()) + " are denied",
              "Landlock knows directories, not names",
              NEEDS_MOUNTS));
    }
    protectedNames();
    if (policy.tmp() == TmpPolicy.PRIVATE) {
      add(
          enforced(
              "tmp.private",
              "TMPDIR is a directory of the sandbox's own, removed at the end",
              "a directory of mode 0700 with an unpredictable name"));
    }
  }

  private void metadata() {
    String statement =
        "Mode, owner, times and extended attributes are changed only where writing is granted";
    if (!facts.listener()) {
      add(unsupported("files.metadata", statement, facts.listenerProblem(), listenerRemedy()));
    } else if (!facts.reachesChild()) {
      add(
          enforced(
              "files.metadata",
              statement,
              "denied everywhere, since a child's arguments cannot be read here"));
    } else {
      add(enforced("files.metadata", statement, SUPERVISOR + ", done on a checked descriptor"));
    }
  }

  private String listenerRemedy() {
    return "Linux 5.6 or newer, and no outer sandbox that has a seccomp listener of its own";
  }

  private void protectedNames() {
    if (policy.protectedNames() == ProtectedNames.OFF) {
      return;
    }
    String statement =
        policy.protectedNames() == ProtectedNames.READ_ONLY
            ? ".git, editor and shell configuration in writable roots stay as they are"
            : "git hooks and configuration, editor and shell configuration stay as they are";
    boolean anyRoot =
        effective.rules().stream()
            .anyMatch(rule -> rule.access() == Access.WRITE && !rule.scratch());
    add(
        anyRoot
            ? unsupported(
                "files.protected-names",
                statement,
                "Landlock cannot take a name out of a writable directory",
                NEEDS_MOUNTS)
            : enforced("files.protected-names", statement, "no lasting directory is writable"));
  }

  private void network() {
    NetworkPolicy network = policy.network();
    if (network.mode() == NetworkMode.NONE) {
      String statement = "Nothing outside the sandbox is reached: TCP, UDP, raw, vsock, netlink";
      String mechanism =
          "seccomp filter on socket(); loopback sockets are made by this JVM, tied to the device"
              + " lo; "
              + landlock()
              + (facts.abi().handlesTcp() ? " denies TCP bind and connect" : "");
      add(enforced("network.external", statement, mechanism));
    } else if (network.mode() == NetworkMode.ALLOWLIST) {
      add(
          unsupported(
              "network.external",
              "Only the hosts of network.allow are reached",
              "this backend does not filter by host name",
              "network mode none or full"));
    }
    if (network.mode() != NetworkMode.FULL && network.ownLoopback()) {
      ownLoopback();
    }
    if (!network.hostLoopbackPorts().isEmpty() && network.mode() != NetworkMode.FULL) {
      String statement = "Of the host's loopback, only ports " + network.hostLoopbackPorts();
      add(
          loopbackProblem().isEmpty()
              ? enforced("network.host-loopback", statement, SUPERVISOR)
              : unsupported(
                  "network.host-loopback", statement, loopbackProblem(), listenerRemedy()));
    }
    if (SeccompCompiler.mediated(network)) {
      String statement =
          "Unix sockets outside the sandbox are not connected to"
              + (network.unixSockets().isEmpty()
                  ? ""
                  : ", but for " + String.join(", ", network.unixSockets()));
      if (!facts.listener()) {
        add(
            unsupported(
                "network.unix-sockets", statement, facts.listenerProblem(), listenerRemedy()));
      } else {
        add(enforced("network.unix-sockets", statement, SUPERVISOR));
      }
    }
  }

  private String loopbackProblem() {
    if (!facts.listener()) {
      return facts.listenerProblem();
    }
    if (!facts.reachesChild()) {
      return "a child's memory and descriptors cannot be reached (kernel.yama.ptrace_scope)";
    }
    return facts.loopbackBinding() ? "" : "a socket cannot be tied to the loopback device";
  }

  private void ownLoopback() {
    String statement = "Servers and clients inside the sandbox reach each other over loopback";
    String problem = loopbackProblem();
    add(
        problem.isEmpty()
            ? enforced("network.own-loopback", statement, SUPERVISOR)
            : unsupported("network.own-loopback", statement, problem, listenerRemedy()));
  }

  private void process() {
    add(
        enforced(
            "process.isolation",
            "Memory, descriptors and environment of outside processes are not reached",
            "Landlock domain; seccomp filter on ptrace, process_vm_*, pidfd_getfd, kcmp; no"
                + " CAP_PERFMON"));
    String signals = "Processes outside the sandbox are not signalled";
    add(
        facts.abi().scopes()
            ? enforced("process.signals", signals, landlock() + " signal scope")
            : unsupported(
                "process.signals",
                signals,
                landlock() + " does not scope signals",
                "Linux 6.12 or newer"));
    add(
        enforced(
            "process.descriptors",
            "No descriptor of this JVM but the three standard streams is inherited",
            "private descriptor table, close_range with CLOSE_RANGE_CLOEXEC"));
    add(
        enforced(
            "process.privileges",
            "No privilege is gained by executing a file"
                + (facts.root() ? "; root keeps only file-owner capabilities" : ""),
            "no_new_privs" + (facts.root() ? ", capability bounding set" : "")));
    add(
        enforced(
            "process.kernel-surface",
            "Namespaces, mounts, modules, bpf, perf, io_uring, keyrings and the like are closed",
            "seccomp filter, other architectures' entries closed"));
    add(
        enforced(
            "environment.filtered",
            "Only the variables that the policy lets through are inherited",
            "environment block of the command"));
  }

  private void limits() {
    Limits limits = policy.limits();
    boolean gate = facts.listener();
    String problem = gate ? "" : facts.listenerProblem();
    limits
        .memory()
        .ifPresent(
            bytes ->
                add(
                    wholeTree(
                        "limits.memory",
                        "The tree uses at most " + bytes + " bytes of memory",
                        "RLIMIT_AS of each process",
                        gate,
                        problem)));
    limits
        .processes()
        .ifPresent(
            count ->
                add(
                    facts.root()
                        ? unsupported(
                            "limits.processes",
                            "At most " + count + " processes at a time",
                            "root is exempt from RLIMIT_NPROC (kernel/fork.c)",
                            "run as an ordinary user")
                        : wholeTree(
                            "limits.processes",
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
                        "limits.cpu-time",
                        "A process uses at most " + time.toMillis() + " ms of processor time",
                        "RLIMIT_CPU",
                        gate,
                        problem)));
    limits
        .openFiles()
        .ifPresent(
            count ->
                add(
                    perProcess(
                        "limits.open-files",
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
                        "limits.file-size",
                        "A file grows to at most " + bytes + " bytes",
                        "RLIMIT_FSIZE",
                        gate,
                        problem)));
    limits
        .wallTime()
        .ifPresent(
            time ->
                add(
                    treeKill(
                        "limits.wall-time", "The tree is ended after " + time.toMillis() + " ms")));
    limits
        .outputBytes()
        .ifPresent(
            bytes ->
                add(
                    enforced(
                        "limits.output",
                        "Output is cut off and the tree ended after " + bytes + " bytes",
                        "pipes read by this JVM")));
  }

  private Guarantee wholeTree(
      String id, String statement, String rlimit, boolean gate, String problem) {
    return gate
        ? advisory(
            id,
            statement,
            rlimit,
            "an rlimit does not count a whole tree, and this backend uses no cgroup",
            "best effort for " + id)
        : unsupported(id, statement, problem, listenerRemedy());
  }

  private Guarantee perProcess(
      String id, String statement, String rlimit, boolean gate, String problem) {
    return gate
        ? enforced(id, statement, rlimit + ", set before the program starts")
        : unsupported(id, statement, problem, listenerRemedy());
  }

  private Guarantee treeKill(String id, String statement) {
    return facts.abi().scopes()
        ? enforced(id, statement, "kill(-1) from inside the Landlock signal scope of the command")
        : advisory(
            id,
            statement,
            "a search for the session and the descendants in /proc",
            landlock() + " has no signal scope; a daemon may fork away from the search",
            "Linux 6.12 or newer");
  }

  private void lifetime() {
    if (policy.lifetime().onRootExit() == Leftovers.KILL) {
      add(
          treeKill(
              "lifetime.tree",
              "What the command started is killed when it ends, also after setsid"));
    }
    if (policy.lifetime().onJvmExit() == Leftovers.KILL) {
      String statement = "Everything is killed when this JVM ends, however it ends";
      if (!facts.abi().scopes()) {
        add(
            unsupported(
                "lifetime.jvm-exit",
                statement,
                landlock() + " has no signal scope",
                "Linux 6.12 or newer"));
      } else if (!facts.shell()) {
        add(
            unsupported(
                "lifetime.jvm-exit", statement, "there is no /bin/sh for the watchdog", "a shell"));
      } else {
        add(
            enforced(
                "lifetime.jvm-exit",
                statement,
                "a watchdog process in a Landlock domain around the sandbox"));
      }
    }
  }
}
