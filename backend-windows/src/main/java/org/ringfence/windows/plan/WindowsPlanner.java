package org.ringfence.windows.plan;

import static org.ringfence.plan.Guarantee.advisory;
import static org.ringfence.plan.Guarantee.enforced;
import static org.ringfence.plan.Guarantee.unsupported;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.ringfence.plan.Guarantee;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;

/** What the modes hold in the same way, given the facts. Pure. */
abstract sealed class WindowsPlanner
    permits RestrictedTokenPlanner, AppContainerPlanner, DedicatedUserPlanner {
  static final String OTHER_BACKEND = "WSL2, or network mode full";
  static final String OTHERS =
      "what a command has other programs start (WMI, the task scheduler, COM servers)";

  private static final String JOB = "job object without breakaway";

  final EffectivePolicy effective;
  final SandboxPolicy policy;
  final WindowsFacts facts;
  private final List<Guarantee> guarantees = new ArrayList<>();

  WindowsPlanner(EffectivePolicy effective, WindowsFacts facts) {
    this.effective = effective;
    this.policy = effective.policy();
    this.facts = facts;
  }

  final List<Guarantee> guarantees() {
    files();
    names();
    if (policy.tmp() == TmpPolicy.PRIVATE) {
      add(
          enforced(
              "tmp.private",
              "TEMP is a directory of the sandbox's own, removed at the end",
              "a directory with an unpredictable name"));
    }
    network();
    process();
    add(
        enforced(
            "process.descriptors",
            "No handle of this JVM but the three standard streams is inherited",
            "PROC_THREAD_ATTRIBUTE_HANDLE_LIST"));
    add(
        enforced(
            "environment.filtered",
            "Only the variables that the policy lets through are inherited",
            "environment block of the command"));
    limits();
    lifetime();
    return guarantees.stream()
        .map(guarantee -> guarantee.withVerification(Guarantee.NOT_ON_A_REAL_SYSTEM))
        .toList();
  }

  abstract void files();

  /** What {@code mode} says of names below a root: an entry is set on what exists alone. */
  abstract void network();

  abstract void process();

  /** Why a name cannot be held below a root that is written. */
  abstract String namesProblem();

  final void add(Guarantee guarantee) {
    guarantees.add(guarantee);
  }

  private void names() {
    String remedy = "WSL2, or protectedNames off";
    if (policy.protectedNames() != ProtectedNames.OFF) {
      String statement = effective.protectedNamesStatement();
      add(held("files.protected-names", statement, remedy));
    }
    if (!effective.protectedPaths().isEmpty()) {
      add(
          held(
              "files.protected-paths",
              "Not written, also when they do not exist: "
                  + String.join(", ", effective.protectedPaths()),
              "WSL2"));
    }
    if (!policy.denyGlobs().isEmpty()) {
      add(
          unsupported(
              "files.deny-globs",
              "Files whose names match "
                  + String.join(", ", policy.denyGlobs())
                  + " are not opened, made, renamed or removed, also those that appear later",
              "an access control list knows no names that do not exist yet",
              "WSL2"));
    }
  }

  private Guarantee held(String id, String statement, String remedy) {
    return effective.namesMatter()
        ? unsupported(id, statement, namesProblem(), remedy)
        : enforced(id, statement, "no lasting directory is writable");
  }

  /** What needs a decision on each host, which nothing makes here. */
  final void decidedNetwork() {
    NetworkPolicy network = policy.network();
    String reason = "nothing decides on single connections in this mode";
    if (network.mode() == NetworkMode.ALLOWLIST) {
      add(
          unsupported(
              "network.external",
              "Only the hosts of network.allow are reached, over TCP",
              reason,
              OTHER_BACKEND));
    } else if (network.mode() == NetworkMode.FULL && !network.deny().isEmpty()) {
      add(
          unsupported(
              "network.deny",
              "Hosts of network.deny are not reached",
              "in network mode full no connection is decided on",
              "WSL2 with network mode allowlist"));
    }
    if (!network.hostLoopbackPorts().isEmpty() && network.mode() != NetworkMode.FULL) {
      add(
          unsupported(
              "network.host-loopback",
              "Of the host's loopback, only ports " + network.hostLoopbackPorts(),
              reason,
              OTHER_BACKEND));
    }
    if (network.checkServerName() && network.mode() != NetworkMode.NONE) {
      add(
          unsupported(
              "network.server-name",
              "TLS to a host of network.allow has to name that host",
              reason,
              OTHER_BACKEND));
    }
    if (!network.publish().isEmpty() && network.mode() != NetworkMode.FULL) {
      add(
          unsupported(
              "network.publish",
              "Servers inside are reached over the host's loopback on ports " + network.publish(),
              reason,
              OTHER_BACKEND));
    }
  }

  private void limits() {
    Limits limits = policy.limits();
    jobLimit(
        "limits.memory", "The tree uses at most %d bytes of memory", limits.memory(), "memory");
    jobLimit("limits.processes", "At most %d processes at a time", limits.processes(), "process");
    limits
        .cpuTime()
        .ifPresent(
            time ->
                jobLimit(
                    "limits.cpu-time",
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
                        "limits.open-files",
                        "A process has at most " + count + " handles",
                        none,
                        "WSL2")));
    limits
        .fileSize()
        .ifPresent(
            bytes ->
                add(
                    unsupported(
                        "limits.file-size",
                        "A file grows to at most " + bytes + " bytes",
                        none,
                        "WSL2")));
    limits
        .wallTime()
        .ifPresent(
            time ->
                add(
                    byJob(
                        "limits.wall-time",
                        "The tree is ended after " + time.toMillis() + " ms",
                        JOB)));
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

  private void jobLimit(String id, String statement, OptionalLong value, String kind) {
    if (value.isEmpty()) {
      return;
    }
    String text = String.format(statement, value.getAsLong());
    add(byJob(id, text, JOB + ", its " + kind + " limit read back"));
  }

  private void lifetime() {
    if (policy.lifetime().onRootExit() == Leftovers.KILL) {
      add(
          byJob(
              "lifetime.tree",
              "What the command started is killed when it ends",
              JOB + ", ended with the command"));
    }
    if (policy.lifetime().onJvmExit() == Leftovers.KILL) {
      add(
          byJob(
              "lifetime.jvm-exit",
              "Everything is killed when this JVM ends, however it ends",
              JOB + ", whose only handle this JVM holds (kill on close)"));
    }
  }

  /** A job holds what the command starts itself. */
  private static Guarantee byJob(String id, String statement, String mechanism) {
    return advisory(id, statement, mechanism, OTHERS + " is in no job of ours", "WSL2");
  }
}
