package org.ringfence.windows.plan;

import static org.ringfence.plan.PlannedGuarantee.advisory;
import static org.ringfence.plan.PlannedGuarantee.enforced;
import static org.ringfence.plan.PlannedGuarantee.unsupported;

import java.util.List;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.TmpPolicy;

/** Reports which guarantees of a policy an AppContainer enforces. Pure. */
public final class AppContainerPlanner extends WindowsPlanner {
  private static final String CONTAINER = "AppContainer; entries for its SID alone";

  private static final String INERT =
      "the access check of Windows passes over entries that deny something to a container's SID";

  private AppContainerPlanner(EffectivePolicy effective, WindowsFacts facts) {
    super(effective, facts);
  }

  /**
   * Plans a policy.
   *
   * @param policy the policy
   * @param facts the facts of the machine
   * @return every guarantee of the policy with its level
   */
  public static List<PlannedGuarantee> plan(EffectivePolicy policy, WindowsFacts facts) {
    return new AppContainerPlanner(policy, facts).guarantees();
  }

  @Override
  void files() {
    if (policy.fileDefault() == FileDefault.WRITE || policy.tmp() == TmpPolicy.SHARED) {
      add(
          unsupported(
              Guarantee.FILES_WRITE,
              "Files are created, changed and deleted only where a rule grants writing",
              "writing everywhere, or in the user's TEMP, is granted by no entry of a container",
              "a narrower files.default, tmp private"));
    } else if (takesBelow(Access.WRITE)) {
      add(
          unsupported(
              Guarantee.FILES_WRITE,
              "Files are created, changed and deleted only where a rule grants writing",
              INERT,
              "no read or none rule below a writable root, or WSL2"));
    } else {
      add(
          enforced(
              Guarantee.FILES_WRITE,
              "Files are created, changed and deleted only where a rule grants writing",
              CONTAINER));
      add(
          enforced(
              Guarantee.FILES_METADATA,
              "Owner, permissions, times and attributes are changed only where writing is granted",
              CONTAINER));
    }
    add(
        enforced(
            Guarantee.REGISTRY_WRITE,
            "The registry is not changed, but for the container's own part of it",
            "low integrity and the container's SID"));
    if (policy.fileDefault() == FileDefault.MINIMAL && takesBelow(Access.READ)) {
      add(
          unsupported(
              Guarantee.FILES_READ,
              "Files are read only where a rule or the default grants reading",
              INERT,
              "no none rule below a granted root, or WSL2"));
    } else if (policy.fileDefault() == FileDefault.MINIMAL) {
      add(
          enforced(
              Guarantee.FILES_READ,
              "Files are read only where a rule or the default grants reading",
              CONTAINER + "; Windows and Program Files give reading to all packages"));
    } else {
      add(
          unsupported(
              Guarantee.FILES_READABLE,
              "Files are read everywhere but where a rule takes reading away",
              "a container reads what names it or all packages: the profile is closed to it",
              "files.default minimal, with a rule for what is to be read"));
    }
  }

  /** Returns whether a rule denies this access below a place where another rule allows it. */
  private boolean takesBelow(Access given) {
    return effective.rules().stream()
        .anyMatch(
            rule ->
                rule.access().compareTo(given) < 0
                    && effective.accessAt(parent(rule.path())).compareTo(given) >= 0);
  }

  private String parent(String path) {
    List<String> components = effective.places().style().components(path);
    return effective
        .places()
        .style()
        .join(components.subList(0, Math.max(0, components.size() - 1)));
  }

  @Override
  String namesProblem() {
    return "what does not exist yet has no list to put an entry on";
  }

  @Override
  void network() {
    if (policy.network().mode() == NetworkMode.NONE) {
      add(
          enforced(
              Guarantee.NETWORK_EXTERNAL,
              "Nothing outside the sandbox is reached: TCP, UDP, raw",
              "no network capability: the kernel's filtering platform drops it"));
      if (policy.network().ownLoopback()) {
        add(
            unsupported(
                Guarantee.NETWORK_OWN_LOOPBACK,
                "Servers and clients inside the sandbox reach each other over loopback",
                "a container's loopback is closed unless an administrator exempts it, and then open"
                    + " to every local server",
                "WSL2, or ownLoopback false"));
      }
    }
    decidedNetwork();
  }

  @Override
  void process() {
    add(
        enforced(
            Guarantee.PROCESS_ISOLATION,
            "Memory, handles and environment of outside processes are not reached",
            "low integrity and the container's SID"));
    add(
        enforced(
            Guarantee.PROCESS_SIGNALS,
            "Processes outside the sandbox are not ended",
            "low integrity and the container's SID"));
    add(
        enforced(
            Guarantee.PROCESS_PRIVILEGES,
            "No privilege is left that opens files, processes or tokens",
            "AppContainer token, read back"));
    add(
        advisory(
            Guarantee.PROCESS_PROGRAMS,
            "Every program starts that starts outside",
            "the program's own behaviour",
            "PowerShell, MSYS and Cygwin programs are known not to start in a container",
            "restricted-token or WSL2 for those"));
  }
}
