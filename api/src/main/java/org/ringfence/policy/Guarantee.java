package org.ringfence.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The catalogue of everything that a policy can promise. A plan states how strongly each requested
 * guarantee holds; a policy names the guarantees that it accepts weaker.
 *
 * <p>The JSON Schema, the command line's {@code --best-effort} and the documentation take their ids
 * from here, so that an unknown id is an error everywhere.
 */
public enum Guarantee {
  /** Commands write only where a rule grants it. */
  FILES_WRITE(
      "files.write",
      "Files are created, changed and deleted only where a rule grants writing",
      "`files.default` read or minimal, a rule that takes writing away"),
  /** Commands delete only where a rule grants writing, on systems that distinguish the two. */
  FILES_DELETE(
      "files.delete",
      "Files are deleted only where a rule grants writing",
      "every policy on Windows"),
  /** Commands change metadata only where a rule grants writing. */
  FILES_METADATA(
      "files.metadata",
      "Mode, owner, times and extended attributes are changed only where writing is granted",
      "`files.default` read or minimal"),
  /** Commands read only where a rule grants it. */
  FILES_READ(
      "files.read",
      "Files are read only where a rule or the default grants reading",
      "`files.default` minimal, a rule with access none"),
  /** Commands can read everything else, on systems that close unnamed paths. */
  FILES_READABLE(
      "files.readable",
      "Files are read everywhere but where a rule takes reading away",
      "`files.default` read or write, on Windows"),
  /** Commands cannot change names that later run code outside. */
  FILES_PROTECTED_NAMES(
      "files.protected-names",
      "Names from which something outside the sandbox runs code later stay as they are",
      "`protectedNames` other than off"),
  /** Commands cannot change single paths. */
  FILES_PROTECTED_PATHS(
      "files.protected-paths",
      "Protected paths are not written, also when they do not exist",
      "`files.protectedPaths`, a policy file"),
  /** Commands cannot access names that match a glob. */
  FILES_DENY_GLOBS(
      "files.deny-globs",
      "Files whose names match a deny glob are not opened, made, renamed or removed, also those"
          + " that appear later",
      "`files.denyGlobs`"),
  /** Commands change a copy. */
  FILES_REVIEW(
      "files.review",
      "Commands change a copy of the workspace, not the workspace",
      "a review (`--review`)"),
  /** Temporary files are private to the sandbox. */
  TMP_PRIVATE(
      "tmp.private",
      "Temporary files go to a directory of the sandbox's own, removed at the end",
      "`tmp` private"),
  /** The network outside is closed, or open to allowed hosts alone. */
  NETWORK_EXTERNAL(
      "network.external",
      "Nothing outside the sandbox is reached but the hosts that the policy allows",
      "`network.mode` none or allowlist"),
  /** Commands cannot reach denied hosts in an otherwise open network. */
  NETWORK_DENY(
      "network.deny",
      "Hosts of network.deny are not reached",
      "`network.deny` with `network.mode` full"),
  /** Servers and clients of one sandbox reach each other. */
  NETWORK_OWN_LOOPBACK(
      "network.own-loopback",
      "Servers and clients inside the sandbox reach each other over loopback",
      "`network.ownLoopback` (the default), unless `network.mode` is full"),
  /** Commands reach only named ports of the host's loopback. */
  NETWORK_HOST_LOOPBACK(
      "network.host-loopback",
      "Of the host's loopback, only the ports that the policy names are reached",
      "`network.hostLoopbackPorts`, unless `network.mode` is full"),
  /** TLS names the host that was allowed. */
  NETWORK_SERVER_NAME(
      "network.server-name",
      "TLS to a host of network.allow has to name that host",
      "`network.checkServerName`, unless `network.mode` is none"),
  /** Clients outside reach servers inside. */
  NETWORK_PUBLISH(
      "network.publish",
      "Servers inside are reached over the host's loopback on the published ports",
      "`network.publish`, unless `network.mode` is full"),
  /** Unix sockets outside are closed. */
  NETWORK_UNIX_SOCKETS(
      "network.unix-sockets",
      "Unix sockets outside the sandbox are not connected to, but for those that the policy names",
      "every policy whose `network.unixSockets` leaves one out"),
  /** Commands look up no names. */
  NETWORK_NAMES(
      "network.names",
      "No names are looked up outside",
      "`network.mode` none or allowlist, on Windows"),
  /** Commands cannot read other processes. */
  PROCESS_ISOLATION(
      "process.isolation",
      "Memory, descriptors and environment of outside processes are not reached",
      "every policy"),
  /** Commands cannot signal other processes. */
  PROCESS_SIGNALS(
      "process.signals", "Processes outside the sandbox are not signalled", "every policy"),
  /** Executed programs gain no privileges. */
  PROCESS_PRIVILEGES("process.privileges", "No privilege is gained", "every policy"),
  /** Commands inherit no other descriptors. */
  PROCESS_DESCRIPTORS(
      "process.descriptors",
      "No descriptor of this JVM but the three standard streams is inherited",
      "every policy"),
  /** Rarely needed parts of the kernel are closed. */
  PROCESS_KERNEL_SURFACE(
      "process.kernel-surface",
      "Namespaces, mounts, modules, bpf, perf, io_uring, keyrings and the like are closed",
      "every policy on Linux"),
  /** Commands cannot reach the user's desktop. */
  PROCESS_DESKTOP(
      "process.desktop",
      "Windows, keys and clipboard of the user's desktop are not reached",
      "every policy on Windows"),
  /** Programs start as they do outside. */
  PROCESS_PROGRAMS(
      "process.programs", "Every program starts that starts outside", "every policy on Windows"),
  /** Processes of a command may trace each other. */
  PROCESS_TRACING(
      "process.tracing",
      "Processes of a command trace other processes of that command, and no others",
      "`process.allow` ptrace"),
  /** Commands may use System V IPC. */
  PROCESS_SYSV_IPC(
      "process.sysv-ipc",
      "System V shared memory, semaphores and message queues are open",
      "`process.allow` sysv-ipc"),
  /** Commands may use named services of macOS. */
  PROCESS_MAC_SERVICES(
      "process.mac-services",
      "The services of macOS that the policy names are reached",
      "`process.allow` trustd, keychain, gpu, fsevents, ps"),
  /** The environment has only variables that the policy passes on. */
  ENVIRONMENT_FILTERED(
      "environment.filtered",
      "Only the variables that the policy lets through are inherited",
      "every policy"),
  /** Commands cannot change the registry. */
  REGISTRY_WRITE("registry.write", "The registry is not changed", "every policy on Windows"),
  /** A bound on memory. */
  LIMITS_MEMORY("limits.memory", "The tree uses at most so much memory", "`limits.memory`"),
  /** A bound on the number of processes. */
  LIMITS_PROCESSES(
      "limits.processes", "The tree has at most so many processes at a time", "`limits.processes`"),
  /** A bound on processor time. */
  LIMITS_CPU_TIME(
      "limits.cpu-time", "Each process uses at most so much processor time", "`limits.cpuTime`"),
  /** A bound on open files. */
  LIMITS_OPEN_FILES(
      "limits.open-files", "A process has at most so many descriptors", "`limits.openFiles`"),
  /** A bound on the size of a file. */
  LIMITS_FILE_SIZE(
      "limits.file-size", "A file grows to at most so many bytes", "`limits.fileSize`"),
  /** A bound on wall time. */
  LIMITS_WALL_TIME("limits.wall-time", "The tree ends after so much time", "`limits.wallTime`"),
  /** A bound on output. */
  LIMITS_OUTPUT(
      "limits.output",
      "Output is cut off and the tree ended after so many bytes",
      "`limits.outputBytes`"),
  /** Processes of a command end with it. */
  LIFETIME_TREE(
      "lifetime.tree",
      "All processes of the command are killed when it ends, also after setsid",
      "`lifetime.onRootExit` kill"),
  /** Everything ends with the JVM. */
  LIFETIME_JVM_EXIT(
      "lifetime.jvm-exit",
      "Everything is killed when this JVM ends, however it ends",
      "`lifetime.onJvmExit` kill"),
  /** The paths from a WSL2 distribution to Windows are closed. */
  WSL_DOORS(
      "wsl.doors",
      "No program of Windows is started, and no drive, desktop or other distribution is reached"
          + " that no rule names",
      "every policy on WSL2");

  private final String id;
  private final String statement;
  private final String asked;

  Guarantee(String id, String statement, String asked) {
    this.id = id;
    this.statement = statement;
    this.asked = asked;
  }

  /**
   * Returns the name that policies, plans and reports use.
   *
   * @return a dotted name, such as {@code files.write}
   */
  public String id() {
    return id;
  }

  /**
   * Returns the group of the guarantee.
   *
   * @return the id up to its first dot, such as {@code files}
   */
  public String group() {
    return id.substring(0, id.indexOf('.'));
  }

  /**
   * Returns the promise without the policy's values. A plan adds the values.
   *
   * @return a sentence without its full stop
   */
  public String statement() {
    return statement;
  }

  /**
   * Returns the parts of a policy that ask for the guarantee.
   *
   * @return the fields and values, in words
   */
  public String asked() {
    return asked;
  }

  /**
   * Returns the guarantee with an id.
   *
   * @param id an id, such as {@code limits.memory}
   * @return the guarantee
   * @throws InvalidPolicyException if the catalogue has no such id; names the nearest one
   */
  public static Guarantee of(String id) {
    for (Guarantee each : values()) {
      if (each.id.equals(id)) {
        return each;
      }
    }
    throw InvalidPolicyException.unknown("guarantee", id, id, ids());
  }

  /**
   * Returns the guarantees that a name stands for.
   *
   * @param name an id, such as {@code limits.memory}, or a group, such as {@code limits}
   * @return one guarantee, or all of the group
   * @throws InvalidPolicyException if the catalogue has neither; names the nearest one
   */
  public static Set<Guarantee> named(String name) {
    Set<Guarantee> found = EnumSet.noneOf(Guarantee.class);
    for (Guarantee each : values()) {
      if (each.id.equals(name) || each.group().equals(name)) {
        found.add(each);
      }
    }
    if (found.isEmpty()) {
      throw InvalidPolicyException.unknown("guarantee", name, name, names());
    }
    return found;
  }

  /**
   * Returns all ids.
   *
   * @return the ids, in the catalogue's order
   */
  public static List<String> ids() {
    return Arrays.stream(values()).map(Guarantee::id).toList();
  }

  /**
   * Returns all names that {@link #named} takes.
   *
   * @return the groups and the ids, in the catalogue's order
   */
  public static List<String> names() {
    Set<String> names = new LinkedHashSet<>();
    Arrays.stream(values()).forEach(each -> names.add(each.group()));
    names.addAll(ids());
    return new ArrayList<>(names);
  }

  @Override
  public String toString() {
    return id;
  }
}
