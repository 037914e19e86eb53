package org.ringfence.windows.plan;

import static org.ringfence.kit.plan.Answer.enforced;
import static org.ringfence.kit.plan.Answer.unsupported;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.tool.ProgramCaller;

/** Reports which guarantees of a policy an AppContainer enforces. Pure. */
public final class AppContainerPlanner extends WindowsPlanner {
  private static final String CONTAINER = "AppContainer; entries for its SID alone";

  private static final String LOW_INTEGRITY = "low integrity and the container's SID";

  private static final String INERT =
      "the access check of Windows passes over entries that deny something to a container's SID";

  /** Any container: lists name this one, or all. */
  private static final Sid EXAMPLE_CONTAINER = new Sid("S-1-15-2-1-2-3-4-5-6-7");

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
  protected void files() {
    if (policy.fileDefault() == FileDefault.WRITE || policy.tmp() == TmpPolicy.SHARED) {
      answer(
          Guarantee.FILES_WRITE,
          unsupported(
              "writing everywhere, or in the user's TEMP, is granted by no entry of a container",
              NARROWER + ", tmp private"));
    } else if (takesBelow(Access.WRITE)) {
      answer(
          Guarantee.FILES_WRITE,
          unsupported(INERT, "no read or none rule below a writable root, or WSL2"));
    } else {
      answer(Guarantee.FILES_WRITE, enforced(CONTAINER));
      answer(Guarantee.FILES_METADATA, enforced(CONTAINER));
    }
    answer(
        Guarantee.REGISTRY_WRITE,
        statement(Guarantee.REGISTRY_WRITE) + ", but for the container's own part of it",
        enforced(LOW_INTEGRITY));
    if (policy.fileDefault() == FileDefault.MINIMAL) {
      answer(
          Guarantee.FILES_READ,
          takesBelow(Access.READ)
              ? unsupported(INERT, "no none rule below a granted root, or WSL2")
              : enforced(CONTAINER + "; Windows and Program Files give reading to all packages"));
    } else {
      answer(
          Guarantee.FILES_READABLE,
          unsupported(
              "a container reads objects that name it or all packages: the profile is closed to it",
              NAMED_READING));
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
    return NOTHING_TO_PUT_AN_ENTRY_ON;
  }

  @Override
  protected void network() {
    if (policy.network().mode() == NetworkMode.NONE) {
      answer(
          Guarantee.NETWORK_EXTERNAL,
          enforced("no network capability: the kernel's filtering platform drops it"));
      asked(
          Guarantee.NETWORK_OWN_LOOPBACK,
          () ->
              unsupported(
                  "a container's loopback is closed unless an administrator exempts it, and then"
                      + " open to every local server",
                  "WSL2, or ownLoopback false"));
    }
    decidedNetwork();
  }

  @Override
  protected void process() {
    answer(Guarantee.PROCESS_ISOLATION, enforced(LOW_INTEGRITY));
    answer(Guarantee.PROCESS_SIGNALS, enforced(LOW_INTEGRITY));
    answer(
        Guarantee.PROCESS_PRIVILEGES,
        "No privilege is left that opens files, processes or tokens",
        enforced("AppContainer token, read back"));
    answer(
        Guarantee.PROCESS_DESKTOP,
        unsupported(
            "a container's windows share the user's desktop, whose screen they can read",
            "dedicated-user or WSL2"));
    answer(Guarantee.PROCESS_PROGRAMS, programs(caller(), "restricted-token or WSL2 for those"));
  }

  private static ProgramCaller caller() {
    AccessToken token =
        AccessToken.of(
                EXAMPLE_USER,
                Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS, EXAMPLE_LOGON))
            .inContainer(new AccessToken.Container(EXAMPLE_CONTAINER, Set.of(), false));
    return new ProgramCaller(
        token, EXAMPLE_USER, EXAMPLE_SESSION, Optional.of(EXAMPLE_LOGON), true, true);
  }
}
