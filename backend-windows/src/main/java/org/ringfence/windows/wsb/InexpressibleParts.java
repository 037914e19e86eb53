package org.ringfence.windows.wsb;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.ringfence.policy.EnvironmentPolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.windows.wsb.WindowsSandboxFile.Folder;

/** The parts of policies that a {@code .wsb} file has no words for. Stateless. */
final class InexpressibleParts {
  private static final long MEBIBYTE = 1L << 20;

  /**
   * The least memory of the virtual machine in MiB: Windows Sandbox raises a smaller value to it
   * (Microsoft's page on its configuration).
   */
  private static final long LEAST_MEBIBYTES = 2048;

  private static final String WHOLE_NETWORK =
      "network.mode none or full alone: a .wsb file gives the virtual machine a network or none";
  private static final String NO_SUCH_LIMIT =
      "no such limit: a .wsb file limits the memory of the virtual machine alone";

  private InexpressibleParts() {}

  /**
   * Throws at the first part that the file cannot express, and that the policy does not accept as
   * weaker.
   */
  static void check(EffectivePolicy policy, List<Folder> folders) {
    checkFiles(policy, folders);
    checkNetwork(policy);
    checkEnvironment(policy.policy().environment());
    for (Guarantee limit : Guarantee.named("limits")) {
      if (limit != Guarantee.LIMITS_MEMORY) {
        refuse(policy, limit, limit.id(), "a value", NO_SUCH_LIMIT);
      }
    }
    for (Guarantee opened : List.of(Guarantee.PROCESS_TRACING, Guarantee.PROCESS_SYSV_IPC)) {
      refuse(policy, opened, "process.allow", opened.id(), "a policy without it: Windows has none");
    }
  }

  private static void checkFiles(EffectivePolicy effective, List<Folder> folders) {
    SandboxPolicy policy = effective.policy();
    if (policy.fileDefault() == FileDefault.WRITE || policy.tmp() == TmpPolicy.SHARED) {
      boolean everywhere = policy.fileDefault() == FileDefault.WRITE;
      throw new InvalidPolicyException(
          everywhere ? "files.default" : "tmp",
          everywhere ? "write" : "shared",
          (everywhere ? "minimal" : "private")
              + ": the virtual machine has a drive and temporary files of its own");
    }
    refuse(
        effective,
        Guarantee.FILES_READABLE,
        "files.default",
        "read",
        "minimal, with a rule for each folder: the virtual machine sees mapped folders alone");
    if (effective.namesMatter()) {
      refuse(
          effective,
          Guarantee.FILES_PROTECTED_NAMES,
          "protectedNames",
          policy.protectedNames().name().toLowerCase(Locale.ROOT).replace('_', '-'),
          "off: a mapped folder is writable with all names in it");
    }
    effective.protectedPaths().stream()
        .filter(path -> writable(effective, folders, path))
        .findFirst()
        .ifPresent(
            path ->
                refuse(
                    effective,
                    Guarantee.FILES_PROTECTED_PATHS,
                    "files.protectedPaths",
                    path,
                    "a path outside of writable folders: each is writable as a whole"));
    refuse(
        effective,
        Guarantee.FILES_DENY_GLOBS,
        "files.denyGlobs",
        String.join(", ", policy.denyGlobs()),
        "none: a mapped folder is read with all names in it");
  }

  private static boolean writable(EffectivePolicy policy, List<Folder> folders, String path) {
    return folders.stream()
        .anyMatch(
            folder ->
                !folder.readOnly() && policy.places().style().isAtOrBelow(path, folder.host()));
  }

  private static void checkNetwork(EffectivePolicy effective) {
    if (effective.policy().network().mode() == NetworkMode.ALLOWLIST) {
      throw new InvalidPolicyException("network.mode", "allowlist", WHOLE_NETWORK);
    }
    refuse(effective, Guarantee.NETWORK_DENY, "network.deny", "a host", WHOLE_NETWORK);
    refuse(
        effective,
        Guarantee.NETWORK_HOST_LOOPBACK,
        "network.hostLoopbackPorts",
        "a port",
        WHOLE_NETWORK);
    refuse(effective, Guarantee.NETWORK_PUBLISH, "network.publish", "a port", WHOLE_NETWORK);
    refuse(
        effective, Guarantee.NETWORK_SERVER_NAME, "network.checkServerName", "true", WHOLE_NETWORK);
  }

  private static void checkEnvironment(EnvironmentPolicy environment) {
    if (environment.inherit() == EnvironmentPolicy.Inherit.ALL
        || !environment.include().isEmpty()
        || !environment.set().isEmpty()) {
      boolean set = !environment.set().isEmpty();
      boolean included = !environment.include().isEmpty();
      throw new InvalidPolicyException(
          "environment." + (set ? "set" : included ? "include" : "inherit"),
          set
              ? String.join(", ", environment.set().keySet())
              : included ? String.join(", ", environment.include()) : "all",
          "no variables: a .wsb file passes none");
    }
  }

  private static void refuse(
      EffectivePolicy policy, Guarantee guarantee, String field, String value, String nearest) {
    if (policy.asksFor(guarantee) && !policy.policy().strictness().accepts(guarantee)) {
      throw new InvalidPolicyException(field, value, nearest);
    }
  }

  /** Returns the memory of the virtual machine for a limit, rounded down. */
  static OptionalLong mebibytes(Limits limits) {
    if (limits.memory().isEmpty()) {
      return OptionalLong.empty();
    }
    long mebibytes = limits.memory().getAsLong() / MEBIBYTE;
    if (mebibytes < LEAST_MEBIBYTES) {
      throw new InvalidPolicyException(
          "limits.memory",
          Long.toString(limits.memory().getAsLong()),
          "at least " + LEAST_MEBIBYTES + "MiB: Windows Sandbox takes no less");
    }
    return OptionalLong.of(mebibytes);
  }
}
