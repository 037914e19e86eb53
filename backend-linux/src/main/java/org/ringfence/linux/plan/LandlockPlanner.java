package org.ringfence.linux.plan;

import static org.ringfence.plan.PlannedGuarantee.advisory;
import static org.ringfence.plan.PlannedGuarantee.enforced;
import static org.ringfence.plan.PlannedGuarantee.unsupported;

import java.util.List;
import java.util.Optional;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.TmpPolicy;

/** Decides which guarantees of a policy the in-process backend enforces, given the facts. Pure. */
public final class LandlockPlanner extends LinuxPlanner {
  private static final String DEVICES_READ =
      "; of devices only the usual ones are read, and those that a rule names";

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
    return new LandlockPlanner(policy, facts).guarantees();
  }

  /** Returns why the ruleset, with the supervisor for names, does not express the policy. */
  private Optional<String> problem() {
    Optional<String> unsteady = effective.unsteadyRule();
    return unsteady.isPresent()
        ? unsteady
        : LandlockCompiler.inexpressible(effective, Supervision.namesHeld(effective, facts));
  }

  @Override
  String descriptors() {
    return KEEPER_DESCRIPTORS;
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
  PlannedGuarantee unheld(Guarantee guarantee, String statement, String problem, String remedy) {
    return unsupported(guarantee, statement, problem, remedy);
  }

  @Override
  String listenerRemedy() {
    return NEWER_KERNEL;
  }

  @Override
  void files() {
    Optional<String> inexpressible = problem();
    if (policy.fileDefault() != FileDefault.WRITE) {
      String statement =
          "Files are created, changed and deleted only where a rule grants writing" + DEVICES_READ;
      if (inexpressible.isPresent()) {
        add(unsupported(Guarantee.FILES_WRITE, statement, inexpressible.get(), NEEDS_MOUNTS));
      } else if (facts.abi().version() < 3) {
        add(
            unsupported(
                Guarantee.FILES_WRITE,
                statement,
                "Landlock ABI " + facts.abi().version() + " does not cover truncation",
                "Linux 6.2 or newer"));
      } else {
        add(enforced(Guarantee.FILES_WRITE, statement, landlock()));
      }
      metadata();
    }
    if (policy.fileDefault() == FileDefault.MINIMAL || inexpressible.isPresent()) {
      String statement = "Files are read only where a rule or the default grants reading";
      add(
          inexpressible.isPresent()
              ? unsupported(Guarantee.FILES_READ, statement, inexpressible.get(), NEEDS_MOUNTS)
              : enforced(Guarantee.FILES_READ, statement, landlock()));
    }
    if (effective.places().workspaceCopy().isPresent()) {
      add(
          unsupported(
              Guarantee.FILES_REVIEW,
              REVIEW,
              "nothing can be put in a directory's place",
              NEEDS_MOUNTS));
    }
    if (policy.tmp() == TmpPolicy.PRIVATE) {
      add(
          enforced(
              Guarantee.TMP_PRIVATE,
              "TMPDIR is a directory of the sandbox's own, removed at the end",
              "a directory of mode 0700 with an unpredictable name, which "
                  + (facts.root() ? "only root can list" : "cannot be listed")));
    }
  }

  private void metadata() {
    String statement =
        "Mode, owner, times and extended attributes are changed only where writing is granted";
    if (!facts.listener()) {
      add(
          enforced(
              Guarantee.FILES_METADATA,
              statement,
              "denied everywhere: " + facts.listenerProblem()));
    } else if (!facts.reachesChild()) {
      add(
          enforced(
              Guarantee.FILES_METADATA,
              statement,
              "denied everywhere, since a child's arguments cannot be read here"));
    } else {
      add(
          enforced(
              Guarantee.FILES_METADATA, statement, SUPERVISOR + ", done on a checked descriptor"));
    }
  }

  @Override
  void externalNetwork() {
    String statement =
        "Nothing outside the sandbox is reached: TCP, UDP, raw, vsock, netlink" + HOST_SEEN;
    String mechanism =
        "seccomp filter on socket(); loopback sockets are made by this JVM, tied to the device"
            + " lo; "
            + landlock()
            + (facts.abi().handlesTcp() ? " denies TCP bind and connect" : "");
    add(enforced(Guarantee.NETWORK_EXTERNAL, statement, mechanism));
  }

  @Override
  void ownLoopback() {
    String statement = SHARED_LOOPBACK_STATEMENT;
    String problem = loopbackProblem();
    add(
        problem.isEmpty()
            ? enforced(Guarantee.NETWORK_OWN_LOOPBACK, statement, SHARED_LOOPBACK)
            : unsupported(Guarantee.NETWORK_OWN_LOOPBACK, statement, problem, listenerRemedy()));
  }

  @Override
  void process() {
    add(
        enforced(
            Guarantee.PROCESS_ISOLATION,
            "Memory, descriptors and environment of outside processes are not reached",
            "Landlock domain; seccomp filter on ptrace, process_vm_*, pidfd_getfd, kcmp; no"
                + " CAP_PERFMON"));
    String signals = "Processes outside the sandbox are not signalled";
    add(
        facts.abi().scopes()
            ? enforced(Guarantee.PROCESS_SIGNALS, signals, landlock() + " signal scope")
            : unsupported(
                Guarantee.PROCESS_SIGNALS,
                signals,
                landlock() + " does not scope signals",
                "Linux 6.12 or newer"));
    add(
        enforced(
            Guarantee.PROCESS_PRIVILEGES,
            "No privilege is gained by executing a file"
                + (facts.root() ? "; root keeps only file-owner capabilities" : ""),
            "no_new_privs" + (facts.root() ? ", capability bounding set" : "")));
    add(
        enforced(
            Guarantee.PROCESS_KERNEL_SURFACE,
            "Namespaces, mounts, modules, bpf, perf, io_uring, keyrings and the like are closed",
            "seccomp filter, other architectures' entries closed"));
  }

  @Override
  PlannedGuarantee treeKill(Guarantee guarantee, String statement) {
    return facts.abi().scopes()
        ? enforced(
            guarantee, statement, "kill(-1) from inside the Landlock signal scope of the command")
        : advisory(
            guarantee,
            statement,
            "a search for the session and the descendants in /proc",
            landlock() + " has no signal scope; a daemon may fork away from the search",
            "Linux 6.12 or newer");
  }

  @Override
  PlannedGuarantee jvmExit(Guarantee guarantee, String statement) {
    if (!facts.abi().scopes()) {
      return unsupported(
          guarantee, statement, landlock() + " has no signal scope", "Linux 6.12 or newer");
    }
    if (!facts.shell()) {
      return unsupported(guarantee, statement, "there is no /bin/sh for the watchdog", "a shell");
    }
    return enforced(
        guarantee, statement, "a watchdog process in a Landlock domain around the sandbox");
  }
}
