package org.ringfence.linux;

import java.util.Optional;
import org.ringfence.file.LibraryDirectory;
import org.ringfence.linux.bind.ChildSignal;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.SpawnDirectory;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.HostFacts.CgroupParent;
import org.ringfence.linux.probe.HostProbe;
import org.ringfence.linux.probe.ScopeProbe;
import org.ringfence.plan.Availability;
import org.ringfence.policy.Limits;

/** The results of probing this machine, kept for the life of a backend. */
final class LinuxHost {
  private final int newestAbi;
  private Availability availability;
  private HostFacts facts;
  private CgroupParent scope;

  LinuxHost() {
    this(Integer.MAX_VALUE);
  }

  /** Probes a machine whose Landlock is used up to an ABI version. */
  LinuxHost(int newestAbi) {
    this.newestAbi = newestAbi;
  }

  synchronized Availability availability() {
    if (availability == null) {
      look();
    }
    return availability;
  }

  /** Returns the facts; null where nothing works. */
  synchronized HostFacts facts() {
    availability();
    return facts;
  }

  /**
   * Returns the facts for a policy's limits. Only one that needs groups makes systemd's user
   * manager be tried, where no group is delegated.
   */
  synchronized HostFacts facts(Limits limits) {
    HostFacts found = facts();
    boolean grouped = limits.memory().isPresent() || limits.processes().isPresent();
    if (!grouped || found.groups() || !found.listener()) {
      return found;
    }
    if (scope == null) {
      scope = ScopeProbe.trial();
    }
    return found.with(scope);
  }

  private void look() {
    if (!System.getProperty("os.name").equals("Linux")) {
      availability = Availability.unavailable("this is not Linux", "");
      return;
    }
    Optional<Arch> arch = Arch.current();
    if (arch.isEmpty()) {
      availability =
          Availability.unavailable(
              "the seccomp filter is not built for " + System.getProperty("os.arch"),
              "x86_64 or aarch64");
      return;
    }
    try (LibraryDirectory unpacking = LibraryDirectory.open()) {
      ChildSignal.restore(new Kernel(arch.get()));
      facts = HostProbe.probe(arch.get()).atMost(newestAbi);
      availability =
          facts.has(HostFacts.Feature.OWN_FILE_STATE) || SpawnDirectory.possible()
              ? Availability.available(facts.describe())
              : Availability.unavailable(
                  "no command can be started in its directory: an outer sandbox denies unshare,"
                      + " and the C library has no posix_spawn_file_actions_addchdir_np",
                  "glibc 2.29 or newer, or a seccomp profile that allows unshare");
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      availability =
          Availability.unavailable(
              "JNA cannot load its native library: "
                  + String.valueOf(e.getMessage()).split("\n")[0],
              "a writable and executable directory in -Djna.tmpdir, or the library unpacked in"
                  + " -Djna.boot.library.path");
    }
  }
}
