package org.ringfence.policy.effective;

import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.value.ProcessGrant;

/** Finds the guarantees that a policy asks for. Stateless. */
final class RequestedGuarantees {
  private RequestedGuarantees() {}

  /** Returns whether a policy asks for a guarantee, on a system that supports it. */
  static boolean include(Guarantee guarantee, EffectivePolicy policy) {
    SandboxPolicy written = policy.policy();
    NetworkPolicy network = written.network();
    Limits limits = written.limits();
    return switch (guarantee) {
      case FILES_WRITE ->
          written.fileDefault() != FileDefault.WRITE
              || policy.rules().stream().anyMatch(rule -> rule.access() != Access.WRITE);
      case FILES_DELETE,
          PROCESS_ISOLATION,
          PROCESS_SIGNALS,
          PROCESS_PRIVILEGES,
          PROCESS_DESCRIPTORS,
          PROCESS_KERNEL_SURFACE,
          PROCESS_DESKTOP,
          PROCESS_PROGRAMS,
          ENVIRONMENT_FILTERED,
          REGISTRY_WRITE,
          WSL_DOORS ->
          true;
      case FILES_METADATA -> written.fileDefault() != FileDefault.WRITE;
      case FILES_READ -> takesReading(policy);
      case FILES_READABLE -> written.fileDefault() != FileDefault.MINIMAL;
      case FILES_PROTECTED_NAMES -> written.protectedNames() != ProtectedNames.OFF;
      case FILES_PROTECTED_PATHS -> !policy.protectedPaths().isEmpty();
      case FILES_DENY_GLOBS -> !written.denyGlobs().isEmpty();
      case FILES_REVIEW -> policy.places().workspaceCopy().isPresent();
      case TMP_PRIVATE -> written.tmp() == TmpPolicy.PRIVATE;
      case NETWORK_EXTERNAL, NETWORK_NAMES -> network.mode() != NetworkMode.FULL;
      case NETWORK_DENY -> network.mode() == NetworkMode.FULL && !network.deny().isEmpty();
      case NETWORK_OWN_LOOPBACK -> network.mode() != NetworkMode.FULL && network.ownLoopback();
      case NETWORK_HOST_LOOPBACK ->
          network.mode() != NetworkMode.FULL && !network.hostLoopbackPorts().isEmpty();
      case NETWORK_SERVER_NAME -> network.mode() != NetworkMode.NONE && network.checkServerName();
      case NETWORK_PUBLISH -> network.mode() != NetworkMode.FULL && !network.publish().isEmpty();
      case NETWORK_UNIX_SOCKETS -> !network.unixSockets().contains("/");
      case PROCESS_TRACING -> written.processGrants().contains(ProcessGrant.PTRACE);
      case PROCESS_SYSV_IPC -> written.processGrants().contains(ProcessGrant.SYSV_IPC);
      case PROCESS_MAC_SERVICES -> written.processGrants().stream().anyMatch(ProcessGrant::ofMac);
      case LIMITS_MEMORY -> limits.memory().isPresent();
      case LIMITS_PROCESSES -> limits.processes().isPresent();
      case LIMITS_CPU_TIME -> limits.cpuTime().isPresent();
      case LIMITS_OPEN_FILES -> limits.openFiles().isPresent();
      case LIMITS_FILE_SIZE -> limits.fileSize().isPresent();
      case LIMITS_WALL_TIME -> limits.wallTime().isPresent();
      case LIMITS_OUTPUT -> limits.outputBytes().isPresent();
      case LIFETIME_TREE -> written.lifetime().onRootExit() == Leftovers.KILL;
      case LIFETIME_JVM_EXIT -> written.lifetime().onJvmExit() == Leftovers.KILL;
    };
  }

  private static boolean takesReading(EffectivePolicy policy) {
    return policy.policy().fileDefault() == FileDefault.MINIMAL
        || policy.rules().stream().anyMatch(rule -> rule.access() == Access.NONE);
  }
}
