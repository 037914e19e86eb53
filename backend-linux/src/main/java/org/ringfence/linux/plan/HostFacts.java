package org.ringfence.linux.plan;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Facts about this machine, found by trying.
 *
 * @param kernel the kernel's release
 * @param arch the architecture, empty when the filter cannot be built for it
 * @param abi Landlock's version
 * @param listener whether a seccomp filter with a listener can be installed
 * @param listenerProblem why not; empty when it can
 * @param waitKillable whether a notified call can be kept from being interrupted (Linux 5.19)
 * @param reachesChild whether a child's memory and descriptors can be reached (Yama, Linux 5.6)
 * @param loopbackBinding whether a socket can be tied to the loopback device (Linux 5.7 without
 *     CAP_NET_RAW)
 * @param unixDiag whether unix sockets can be identified through sock_diag
 * @param shell whether there is a {@code /bin/sh} for the watchdog
 * @param root whether the JVM runs as user 0
 * @param cgroup the cgroup v2 directory in which groups with the memory and pids controllers can be
 *     made
 * @param cgroupProblem why there is none; empty when there is
 */
public record HostFacts(
    String kernel,
    Optional<Arch> arch,
    LandlockAbi abi,
    boolean listener,
    String listenerProblem,
    boolean waitKillable,
    boolean reachesChild,
    boolean loopbackBinding,
    boolean unixDiag,
    boolean shell,
    boolean root,
    Optional<String> cgroup,
    String cgroupProblem) {

  /** An assumed machine that can do everything, for explaining without one. */
  public static final HostFacts ASSUMED =
      new HostFacts(
          "assumed",
          Optional.of(Arch.X86_64),
          new LandlockAbi(7),
          true,
          "",
          true,
          true,
          true,
          true,
          true,
          false,
          Optional.empty(),
          "not looked for");

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
    facts.put("seccomp listener", listener ? "yes" : listenerProblem);
    facts.put("seccomp WAIT_KILLABLE", yesNo(waitKillable));
    facts.put("reaches child memory and descriptors", yesNo(reachesChild));
    facts.put("sockets bound to loopback", yesNo(loopbackBinding));
    facts.put("unix sock_diag", yesNo(unixDiag));
    facts.put("/bin/sh", yesNo(shell));
    facts.put("cgroup v2", cgroup.orElse("no: " + cgroupProblem));
    facts.put("user", root ? "root" : "ordinary");
    return facts;
  }

  private static String yesNo(boolean value) {
    return value ? "yes" : "no";
  }
}
