package org.ringfence.windows.plan;

import static org.ringfence.plan.PlannedGuarantee.advisory;
import static org.ringfence.plan.PlannedGuarantee.enforced;
import static org.ringfence.plan.PlannedGuarantee.unsupported;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;

/** The guarantees that all modes enforce in the same way, given the facts. Pure. */
abstract sealed class WindowsPlanner
    permits RestrictedTokenPlanner, AppContainerPlanner, DedicatedUserPlanner {
  static final String OTHER_BACKEND = "WSL2, or network mode full";
  static final String OTHERS =
      "what a command has other programs start (WMI, the task scheduler, COM servers)";

  private static final String JOB = "job object without breakaway";

  final EffectivePolicy effective;
  final SandboxPolicy policy;
  final WindowsFacts facts;
  private final List<PlannedGuarantee> guarantees = new ArrayList<>();

  WindowsPlanner(EffectivePolicy effective, WindowsFacts facts) {
    this.effective = effective;
    this.policy = effective.policy();
    this.facts = facts;
  }

  final List<PlannedGuarantee> guarantees() {
    files();
    names();
    if (policy.tmp() == TmpPolicy.PRIVATE) {
      add(
          enforced(
              Guarantee.TMP_PRIVATE,
              "TEMP is a directory of the sandbox's own, removed at the end",
              "a directory with an unpredictable name"));
    }
    network();
    process();
    add(
        enforced(
            Guarantee.PROCESS_DESCRIPTORS,
            "No handle of this JVM but the three standard streams is inherited",
            "PROC_THREAD_ATTRIBUTE_HANDLE_LIST"));
    add(
        enforced(
            Guarantee.ENVIRONMENT_FILTERED,
            "Only the variables that the policy lets through are inherited",
            "environment block of the command"));
    limits();
    lifetime();
    return guarantees.stream()
        .map(guarantee -> guarantee.withVerification(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM))
        .toList();
  }

  abstract void files();

  /** Adds the guarantees about the network. */
  abstract void network();

  abstract void process();

  /** Returns why the mode cannot protect a name below a writable root. */
  abstract String namesProblem();

  final void add(PlannedGuarantee guarantee) {
    guarantees.add(guarantee);
  }

  private void names() {
    String remedy = "WSL2, or protectedNames off";
    if (policy.protectedNames() != ProtectedNames.OFF) {
      String statement = effective.protectedNamesStatement();
      add(held(Guarantee.FILES_PROTECTED_NAMES, statement, remedy));
    }
    if (!effective.protectedPaths().isEmpty()) {
      add(
          held(
              Guarantee.FILES_PROTECTED_PATHS,
              "Not written, also when they do not exist: "
                  + String.join(", ", effective.protectedPaths()),
              "WSL2"));
    }
    if (!policy.denyGlobs().isEmpty()) {
      add(
          unsupported(
              Guarantee.FILES_DENY_GLOBS,
              "Files whose names match "
                  + String.join(", ", policy.denyGlobs())
                  + " are not opened, made, renamed or removed, also those that appear later",
              "an access control list knows no names that do not exist yet",
              "WSL2"));
    }
  }

  private PlannedGuarantee held(Guarantee guarantee, String statement, String remedy) {
    return effective.namesMatter()
        ? unsupported(guarantee, statement, namesProblem(), remedy)
        : enforced(guarantee, statement, "no lasting directory is writable");
  }

  /** Adds the guarantees that need a decision on each host, which no component makes here. */
  final void decidedNetwork() {
    NetworkPolicy network = policy.network();
    String reason = "nothing decides on single connections in this mode";
    if (network.mode() == NetworkMode.ALLOWLIST) {
      add(
          unsupported(
              Guarantee.NETWORK_EXTERNAL,
              "Only the hosts of network.allow are reached, over TCP",
              reason,
              OTHER_BACKEND));
    } else if (network.mode() == NetworkMode.FULL && !network.deny().isEmpty()) {
      add(
          unsupported(
              Guarantee.NETWORK_DENY,
              "Hosts of network.deny are not reached",
              "in network mode full no connection is decided on",
              "WSL2 with network mode allowlist"));
    }
    if (!network.hostLoopbackPorts().isEmpty() && network.mode() != NetworkMode.FULL) {
      add(
          unsupported(
              Guarantee.NETWORK_HOST_LOOPBACK,
              "Of the host's loopback, only ports " + network.hostLoopbackPorts(),
              reason,
              OTHER_BACKEND));
    }
    if (network.checkServerName() && network.mode() != NetworkMode.NONE) {
      add(
          unsupported(
              Guarantee.NETWORK_SERVER_NAME,
              "TLS to a host of network.allow has to name that host",
              reason,
              OTHER_BACKEND));
    }
    if (!network.publish().isEmpty() && network.mode() != NetworkMode.FULL) {
      add(
          unsupported(
              Guarantee.NETWORK_PUBLISH,
              "Servers inside are reached over the host's loopback on ports " + network.publish(),
              reason,
              OTHER_BACKEND));
    }
  }

  private void limits() {
    Limits limits = policy.limits();
    jobLimit(
        Guarantee.LIMITS_MEMORY,
        "The tree uses at most %d bytes of memory",
        limits.memory(),
        "memory");
    jobLimit(
        Guarantee.LIMITS_PROCESSES,
        "At most %d processes at a time",
        limits.processes(),
        "process");
    limits
        .cpuTime()
        .ifPresent(
            time ->
                jobLimit(
                    Guarantee.LIMITS_CPU_TIME,
                    "A process uses at most %d ms of processor time",
                    OptionalLong.of(time.toMillis()),
                    "time"));
    String none = "Windows has no such limit";
    limits
        .openFiles()
        .ifPresent(
            count ->
                add(
                    unsupported(
                        Guarantee.LIMITS_OPEN_FILES,
                        "A process has at most " + count + " handles",
                        none,
                        "WSL2")));
    limits
        .fileSize()
        .ifPresent(
            bytes ->
                add(
                    unsupported(
                        Guarantee.LIMITS_FILE_SIZE,
                        "A file grows to at most " + bytes + " bytes",
                        none,
                        "WSL2")));
    limits
        .wallTime()
        .ifPresent(
            time ->
                add(
                    byJob(
                        Guarantee.LIMITS_WALL_TIME,
                        "The tree is ended after " + time.toMillis() + " ms",
                        JOB)));
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

  private void jobLimit(Guarantee guarantee, String statement, OptionalLong value, String kind) {
    if (value.isEmpty()) {
      return;
    }
    String text = String.format(statement, value.getAsLong());
    add(byJob(guarantee, text, JOB + ", its " + kind + " limit read back"));
  }

  private void lifetime() {
    if (policy.lifetime().onRootExit() == Leftovers.KILL) {
      add(
          byJob(
              Guarantee.LIFETIME_TREE,
              "What the command started is killed when it ends",
              JOB + ", ended with the command"));
    }
    if (policy.lifetime().onJvmExit() == Leftovers.KILL) {
      add(
          byJob(
              Guarantee.LIFETIME_JVM_EXIT,
              "Everything is killed when this JVM ends, however it ends",
              JOB + ", whose only handle this JVM holds (kill on close)"));
    }
  }

  /** A job limits processes that the command starts itself. */
  private static PlannedGuarantee byJob(Guarantee guarantee, String statement, String mechanism) {
    return advisory(guarantee, statement, mechanism, OTHERS + " is in no job of ours", "WSL2");
  }
}
