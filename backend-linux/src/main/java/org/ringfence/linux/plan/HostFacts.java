package org.ringfence.linux.plan;

import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Facts about this machine, found by trying.
 *
 * @param kernel the kernel's release
 * @param arch the architecture, empty when the filter cannot be built for it
 * @param abi Landlock's version
 * @param seccomp how seccomp filters can notify a supervisor
 * @param features the features that the machine has
 * @param cgroups where groups that limit commands can be made
 */
public record HostFacts(
    String kernel,
    Optional<Arch> arch,
    LandlockAbi abi,
    SeccompNotification seccomp,
    Set<Feature> features,
    CgroupParent cgroups) {

  /** A feature that a machine has or lacks. */
  public enum Feature {
    /** Yama lets a parent reach its descendants. */
    YAMA_PERMITS,
    /** A child's memory can be read (process_vm_readv). */
    CHILD_MEMORY,
    /** A child's descriptors can be copied (pidfd_getfd, Linux 5.6). */
    CHILD_DESCRIPTORS,
    /** A thread can have a umask and a directory of its own (unshare with CLONE_FS). */
    OWN_FILE_STATE,
    /** A socket can be tied to the loopback device (Linux 5.7 without CAP_NET_RAW). */
    LOOPBACK_BINDING,
    /** Descriptors can be closed by range (Linux 5.9). */
    CLOSE_RANGE,
    /** Unix sockets can be identified through sock_diag. */
    UNIX_DIAG,
    /**
     * Processes can be given a mark that they cannot lose, and all of this user are listed in
     * {@code /proc}.
     */
    MARKED_PROCESSES,
    /** There is a {@code /bin/sh} for the watchdog. */
    SHELL,
    /** The JVM runs as user 0. */
    ROOT
  }

  /**
   * The use of seccomp filters with a listener.
   *
   * @param problem why no such filter can be installed; empty when one can
   * @param waitKillable whether a notified call can be kept from being interrupted (Linux 5.19)
   */
  public record SeccompNotification(String problem, boolean waitKillable) {
    /** Filters with a listener can be installed, and their calls are not interrupted. */
    public static final SeccompNotification COMPLETE = new SeccompNotification("", true);
  }

  /** Where groups of cgroup v2 with the memory and pids controllers can be made. */
  public sealed interface CgroupParent {
    /**
     * Returns the absence of such a place.
     *
     * @param problem why there is none
     * @return no place
     */
    static CgroupParent none(String problem) {
      return new None(problem);
    }

    /**
     * Returns the text for {@code doctor}.
     *
     * @return the place, or why there is none
     */
    String describe();

    /**
     * A directory that is delegated to this user.
     *
     * @param directory its path
     */
    record Delegated(String directory) implements CgroupParent {
      @Override
      public String describe() {
        return directory;
      }
    }

    /** A scope for each sandbox, made by systemd's manager of this user. */
    record UserScope() implements CgroupParent {
      @Override
      public String describe() {
        return "scopes of systemd's user manager";
      }
    }

    /**
     * No place.
     *
     * @param problem why there is none
     */
    record None(String problem) implements CgroupParent {
      @Override
      public String describe() {
        return "no: " + problem;
      }
    }
  }

  /** All features but those of a JVM that runs as root. */
  public static final Set<Feature> ORDINARY =
      Set.copyOf(EnumSet.complementOf(EnumSet.of(Feature.ROOT)));

  /** An assumed machine that can do everything, for explaining without one. */
  public static final HostFacts ASSUMED =
      new HostFacts(
          "assumed",
          Optional.of(Arch.X86_64),
          new LandlockAbi(7),
          SeccompNotification.COMPLETE,
          ORDINARY,
          CgroupParent.none("not looked for"));

  /** Copies the features. */
  public HostFacts {
    features = Set.copyOf(features);
  }

  /**
   * Returns these facts for an older Landlock, to try what its kernels hold on a newer one.
   *
   * @param version the newest ABI version to use
   * @return the facts, with at most this version
   */
  public HostFacts atMost(int version) {
    return new HostFacts(
        kernel,
        arch,
        new LandlockAbi(Math.min(abi.version(), version)),
        seccomp,
        features,
        cgroups);
  }

  /**
   * Returns these facts with another place for groups.
   *
   * @param place where groups that limit commands can be made
   * @return the facts
   */
  public HostFacts with(CgroupParent place) {
    return new HostFacts(kernel, arch, abi, seccomp, features, place);
  }

  /**
   * Returns whether groups can be made that limit commands.
   *
   * @return whether there is a place for them
   */
  public boolean groups() {
    return !(cgroups instanceof CgroupParent.None);
  }

  /**
   * Why no filter with a listener can be installed in WSL2 with {@code networkingMode} mirrored or
   * virtioproxy: its first process has one, to hear of ports, and a process has one at most.
   */
  public static final String LISTENER_OF_WSL =
      "WSL itself has a seccomp listener on every process, as with networkingMode mirrored or"
          + " virtioproxy, and the kernel lets no second one be added";

  /**
   * Returns whether a seccomp filter with a listener can be installed.
   *
   * @return whether a supervisor can answer calls
   */
  public boolean listener() {
    return seccomp.problem().isEmpty();
  }

  /**
   * Returns why no filter with a listener can be installed.
   *
   * @return the reason; empty when one can
   */
  public String listenerProblem() {
    return seccomp.problem();
  }

  /**
   * Returns why the supervisor cannot act for a child: it needs the child's memory and descriptors,
   * and the child's umask on a thread of its own.
   *
   * @return the reason; empty when it can
   */
  public String childProblem() {
    if (!has(Feature.YAMA_PERMITS)) {
      return "a child's memory and descriptors cannot be reached (kernel.yama.ptrace_scope)";
    }
    String denied =
        Stream.of(
                has(Feature.CHILD_MEMORY) ? "" : "process_vm_readv",
                has(Feature.CHILD_DESCRIPTORS) ? "" : "pidfd_getfd",
                has(Feature.OWN_FILE_STATE) ? "" : "unshare")
            .filter(call -> !call.isEmpty())
            .collect(Collectors.joining(", "));
    return denied.isEmpty()
        ? ""
        : "an outer sandbox, such as a container's seccomp profile, denies " + denied;
  }

  /**
   * Returns whether the supervisor can act for a child.
   *
   * @return true if it can
   */
  public boolean reachesChild() {
    return childProblem().isEmpty();
  }

  /**
   * Returns whether the machine has a feature.
   *
   * @param feature the feature
   * @return whether it was found
   */
  public boolean has(Feature feature) {
    return features.contains(feature);
  }

  /**
   * Returns the facts by name, for {@code doctor}.
   *
   * @return name to value
   */
  public Map<String, String> describe() {
    Map<String, String> facts = new TreeMap<>();
    facts.put("kernel", kernel);
    facts.put("architecture", arch.map(Arch::name).orElse("not supported"));
    facts.put("landlock ABI", Integer.toString(abi.version()));
    facts.put("seccomp listener", listener() ? "yes" : listenerProblem());
    facts.put("seccomp WAIT_KILLABLE", yesNo(seccomp.waitKillable()));
    facts.put(
        "reaches child memory and descriptors", reachesChild() ? "yes" : "no: " + childProblem());
    facts.put("sockets bound to loopback", yesNo(has(Feature.LOOPBACK_BINDING)));
    facts.put("close_range", yesNo(has(Feature.CLOSE_RANGE)));
    facts.put("unix sock_diag", yesNo(has(Feature.UNIX_DIAG)));
    facts.put("marks processes (RLIMIT_LOCKS)", yesNo(has(Feature.MARKED_PROCESSES)));
    facts.put("/bin/sh", yesNo(has(Feature.SHELL)));
    facts.put("cgroup v2", cgroups.describe());
    facts.put("user", has(Feature.ROOT) ? "root" : "ordinary");
    return facts;
  }

  private static String yesNo(boolean value) {
    return value ? "yes" : "no";
  }
}
