package org.ringfence.macos.plan;

import static org.ringfence.plan.PlannedGuarantee.advisory;
import static org.ringfence.plan.PlannedGuarantee.enforced;
import static org.ringfence.plan.PlannedGuarantee.unsupported;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ringfence.plan.LimitStatements;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;

/** Determines which guarantees of a policy Seatbelt enforces. Pure. */
public final class SeatbeltPlanner {
  private static final String PROFILE = "Seatbelt profile";
  private static final String BY_DEFAULT = PROFILE + ", denied by default";
  private static final String NARROWER = "a narrower files.default";
  private static final String GROUP =
      "the process group and what descends from it; what leaves both by a session of its own and an"
          + " ended parent is not found";

  private final EffectivePolicy effective;
  private final SandboxPolicy policy;
  private final List<PlannedGuarantee> guarantees = new ArrayList<>();

  private SeatbeltPlanner(EffectivePolicy effective) {
    this.effective = effective;
    this.policy = effective.policy();
  }

  /**
   * Plans a policy.
   *
   * @param policy the policy
   * @return every guarantee of the policy with its level
   */
  public static List<PlannedGuarantee> plan(EffectivePolicy policy) {
    SeatbeltPlanner planner = new SeatbeltPlanner(policy);
    planner.files();
    planner.names();
    planner.network(policy.policy().network());
    planner.process();
    planner.limits(policy.policy().limits());
    planner.lifetime();
    return new SeatbeltDoubts(policy).apply(planner.guarantees);
  }

  private void add(PlannedGuarantee guarantee) {
    guarantees.add(guarantee);
  }

  private void files() {
    Optional<String> unsteady = effective.unsteadyRule();
    String real = "a rule that names the real path";
    boolean takesReading =
        policy.fileDefault() == FileDefault.MINIMAL
            || effective.rules().stream().anyMatch(rule -> rule.access() == Access.NONE);
    if (policy.fileDefault() != FileDefault.WRITE) {
      String statement = "Files are created, changed and deleted only where a rule grants writing";
      add(
          unsteady.isPresent()
              ? unsupported(Guarantee.FILES_WRITE, statement, unsteady.get(), real)
              : enforced(
                  Guarantee.FILES_WRITE,
                  statement,
                  BY_DEFAULT + "; directories above what is taken away are not moved"));
      add(
          enforced(
              Guarantee.FILES_METADATA,
              "Mode, owner, times and extended attributes are changed only where writing is"
                  + " granted",
              BY_DEFAULT));
    }
    if (takesReading) {
      String statement = "Files are read only where a rule or the default grants reading";
      add(
          unsteady.isPresent()
              ? unsupported(Guarantee.FILES_READ, statement, unsteady.get(), real)
              : enforced(
                  Guarantee.FILES_READ, statement, PROFILE + ", the most specific rule last"));
    }
    if (effective.places().workspaceCopy().isPresent()) {
      add(
          unsupported(
              Guarantee.FILES_REVIEW,
              "Commands change a copy of the workspace, not the workspace",
              "nothing can be put in a directory's place on macOS",
              "a copy that is the workspace itself"));
    }
    if (policy.tmp() == TmpPolicy.PRIVATE) {
      add(
          enforced(
              Guarantee.TMP_PRIVATE,
              "TMPDIR is a directory of the sandbox's own, removed at the end; /tmp is not written",
              "a directory of mode 0700 with an unpredictable name; " + PROFILE));
    }
  }

  private void names() {
    boolean noRoot = policy.fileDefault() == FileDefault.WRITE;
    if (policy.protectedNames() != ProtectedNames.OFF) {
      String statement =
          effective.protectedNamesStatement()
              + "; of git directories, those called .git and those that are there at the start"
              + (policy.tmp() == TmpPolicy.SHARED
                  ? "; here directories of the shared one that lead to a root are not held either"
                  : "");
      add(
          noRoot
              ? unsupported(
                  Guarantee.FILES_PROTECTED_NAMES,
                  statement,
                  "writing is granted everywhere, so that names have no root to be protected in",
                  NARROWER)
              : enforced(
                  Guarantee.FILES_PROTECTED_NAMES,
                  statement,
                  PROFILE + ", by patterns in either case, for what is made later, too"));
    }
    if (!effective.protectedPaths().isEmpty()) {
      add(
          enforced(
              Guarantee.FILES_PROTECTED_PATHS,
              "Not written, also when they do not exist: "
                  + String.join(", ", effective.protectedPaths()),
              PROFILE));
    }
    if (!policy.denyGlobs().isEmpty()) {
      denyGlobs();
    }
  }

  private void denyGlobs() {
    String statement =
        "Files whose names match "
            + String.join(", ", policy.denyGlobs())
            + " are not opened, made, renamed or removed, also those that appear later; that they"
            + " exist may be seen";
    List<String> passed = effective.globsPassedByRenames();
    add(
        passed.isEmpty()
            ? enforced(
                Guarantee.FILES_DENY_GLOBS, statement, PROFILE + ", by patterns in either case")
            : unsupported(
                Guarantee.FILES_DENY_GLOBS,
                statement,
                "a profile does not see what a rename brings along: when a directory that "
                    + String.join(", ", passed)
                    + " names is renamed, what lies in it is read under the new name",
                "globs of one name (**/*.key), or a rule that denies the directory"));
  }

  private void network(NetworkPolicy network) {
    external(network);
    if (network.mode() != NetworkMode.FULL && network.ownLoopback()) {
      add(
          advisory(
              Guarantee.NETWORK_OWN_LOOPBACK,
              "Servers and clients inside the sandbox reach each other over loopback, and nobody"
                  + " else's",
              PROFILE + ": loopback is open",
              "servers of this machine's own on loopback are reached as well: Seatbelt does not"
                  + " tell whose they are",
              "network.ownLoopback false, or best effort for network.own-loopback"));
    }
    if (!network.hostLoopbackPorts().isEmpty() && network.mode() != NetworkMode.FULL) {
      String statement = "Of the host's loopback, only ports " + network.hostLoopbackPorts();
      add(
          network.ownLoopback()
              ? unsupported(
                  Guarantee.NETWORK_HOST_LOOPBACK,
                  statement,
                  "all of loopback is open for the sandbox's own",
                  "network.ownLoopback false")
              : enforced(Guarantee.NETWORK_HOST_LOOPBACK, statement, PROFILE));
    }
    if (network.checkServerName() && network.mode() != NetworkMode.NONE) {
      String statement = "TLS to a host of network.allow has to name that host";
      add(
          network.mode() == NetworkMode.FULL
              ? unsupported(
                  Guarantee.NETWORK_SERVER_NAME,
                  statement,
                  "in network mode full no connection is decided on",
                  "network mode allowlist")
              : enforced(Guarantee.NETWORK_SERVER_NAME, statement, "the egress proxy"));
    }
    if (!network.publish().isEmpty() && network.mode() != NetworkMode.FULL) {
      boolean same = network.publish().stream().allMatch(port -> port.host() == port.sandbox());
      String statement =
          "Servers inside are reached over the host's loopback on ports " + network.publish();
      add(
          same
              ? enforced(Guarantee.NETWORK_PUBLISH, statement, PROFILE + ": these ports are bound")
              : unsupported(
                  Guarantee.NETWORK_PUBLISH,
                  statement,
                  "a port has one number on macOS, inside and outside",
                  "the same number on both sides"));
    }
    if (!network.unixSockets().contains("/")) {
      add(
          enforced(
              Guarantee.NETWORK_UNIX_SOCKETS,
              "Unix sockets outside the sandbox are not connected to"
                  + (network.unixSockets().isEmpty()
                      ? ""
                      : ", but for " + String.join(", ", network.unixSockets())),
              PROFILE + "; its own are in its temporary directory"));
    }
  }

  private void external(NetworkPolicy network) {
    switch (network.mode()) {
      case NONE ->
          add(
              enforced(
                  Guarantee.NETWORK_EXTERNAL,
                  "Nothing beyond this machine is reached: TCP, UDP, raw, names",
                  BY_DEFAULT));
      case ALLOWLIST ->
          add(
              enforced(
                  Guarantee.NETWORK_EXTERNAL,
                  "Only the hosts of network.allow are reached, over TCP"
                      + (network.allow().isEmpty() ? ": none" : ""),
                  PROFILE
                      + ": one port of loopback is open, on which the egress proxy of this JVM"
                      + " listens; programs have to use it"));
      case FULL -> {
        if (!network.deny().isEmpty()) {
          add(
              unsupported(
                  Guarantee.NETWORK_DENY,
                  "Hosts of network.deny are not reached",
                  "in network mode full no connection is decided on",
                  "network mode allowlist"));
        }
      }
    }
  }

  private void process() {
    add(
        enforced(
            Guarantee.PROCESS_ISOLATION,
            "Memory and tasks of outside processes are not reached; that they exist may be seen",
            BY_DEFAULT + "; no task ports, no arguments of others"));
    add(
        enforced(
            Guarantee.PROCESS_SIGNALS,
            "Processes outside the sandbox are not signalled",
            PROFILE + ": (target same-sandbox)"));
    add(
        enforced(
            Guarantee.PROCESS_PRIVILEGES,
            "No privilege is held or gained; what others would do for it is not asked of them",
            BY_DEFAULT
                + ": no setuid programs, no Apple events, no launching of apps, few services"));
    add(
        enforced(
            Guarantee.PROCESS_DESCRIPTORS,
            "No descriptor of this JVM but the three standard streams is inherited",
            "posix_spawn with POSIX_SPAWN_CLOEXEC_DEFAULT"));
    add(
        enforced(
            Guarantee.ENVIRONMENT_FILTERED,
            "Only the variables that the policy lets through are inherited",
            "environment block of the command"));
  }

  private void limits(Limits limits) {
    limits
        .memory()
        .ifPresent(
            bytes ->
                add(
                    unsupported(
                        Guarantee.LIMITS_MEMORY,
                        "The tree uses at most " + bytes + " bytes of memory",
                        "macOS counts no memory of a tree, and keeps to no RLIMIT_AS",
                        "best effort for limits.memory")));
    limits
        .processes()
        .ifPresent(
            count ->
                add(
                    advisory(
                        Guarantee.LIMITS_PROCESSES,
                        "At most " + count + " processes at a time",
                        "RLIMIT_NPROC, which counts all processes of the user",
                        "an rlimit does not count a tree",
                        "best effort for limits.processes")));
    limits
        .cpuTime()
        .ifPresent(
            time ->
                add(
                    each(
                        Guarantee.LIMITS_CPU_TIME,
                        LimitStatements.cpuTime(time),
                        "RLIMIT_CPU, in whole seconds")));
    limits
        .openFiles()
        .ifPresent(
            count ->
                add(
                    each(
                        Guarantee.LIMITS_OPEN_FILES,
                        "A process has at most " + count + " descriptors",
                        "RLIMIT_NOFILE")));
    limits
        .fileSize()
        .ifPresent(
            bytes ->
                add(
                    each(
                        Guarantee.LIMITS_FILE_SIZE,
                        "A file grows to at most " + bytes + " bytes",
                        "RLIMIT_FSIZE, in blocks of 512 bytes")));
    limits
        .wallTime()
        .ifPresent(time -> add(tree(Guarantee.LIMITS_WALL_TIME, LimitStatements.wallTime(limits))));
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

  private static PlannedGuarantee each(Guarantee guarantee, String statement, String rlimit) {
    return enforced(guarantee, statement, rlimit + ", set before the program starts");
  }

  private static PlannedGuarantee tree(Guarantee guarantee, String statement) {
    return advisory(
        guarantee,
        statement,
        "SIGKILL to the process group and to all descendants",
        GROUP,
        "best effort for " + guarantee);
  }

  private void lifetime() {
    if (policy.lifetime().onRootExit() == Leftovers.KILL) {
      add(
          tree(
              Guarantee.LIFETIME_TREE,
              "What the command started is killed when it ends, also after setsid"));
    }
    if (policy.lifetime().onJvmExit() == Leftovers.KILL) {
      add(
          advisory(
              Guarantee.LIFETIME_JVM_EXIT,
              "Everything is killed when this JVM ends, however it ends",
              "a watchdog shell that reads from this JVM kills the process groups",
              GROUP,
              "best effort for lifetime.jvm-exit"));
    }
  }
}
