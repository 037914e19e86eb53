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

/**
 * Reports which guarantees of a policy a write-restricted token of the same user enforces. Pure.
 */
public final class RestrictedTokenPlanner extends WindowsPlanner {
  private static final String ANOTHER_MODE = "app-container or WSL2";

  private RestrictedTokenPlanner(EffectivePolicy effective, WindowsFacts facts) {
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
    return new RestrictedTokenPlanner(policy, facts).guarantees();
  }

  @Override
  void files() {
    String write = "Files are created and changed only where a rule grants writing";
    if (policy.fileDefault() == FileDefault.WRITE) {
      add(
          unsupported(
              Guarantee.FILES_WRITE,
              write,
              "writing is granted everywhere, and a token has no such entry",
              "a narrower files.default"));
    } else if (policy.tmp() == TmpPolicy.SHARED) {
      add(
          unsupported(
              Guarantee.FILES_WRITE,
              write,
              "an entry on the user's TEMP would be inherited by every program's files there",
              "tmp private"));
    } else if (carved()) {
      add(
          unsupported(
              Guarantee.FILES_WRITE,
              write,
              "a rule takes writing away below a writable root: what lies there is deleted through"
                  + " its directory, and made anew with the rights of the root",
              ANOTHER_MODE));
    } else if (facts.everyone()) {
      add(
          advisory(
              Guarantee.FILES_WRITE,
              write,
              "write-restricted token",
              "no program starts here unless Everyone is among the restricting SIDs, and so what"
                  + " everybody may write is written"
                  + (facts.openPlaces().isEmpty()
                      ? ""
                      : ": " + String.join(", ", facts.openPlaces())),
              ANOTHER_MODE));
    } else {
      add(byToken(Guarantee.FILES_WRITE, write, "write-restricted token, an entry on each root"));
    }
    add(
        unsupported(
            Guarantee.FILES_DELETE,
            "Files are deleted only where a rule grants writing",
            "FILE_DELETE_CHILD is no right of writing: what lies in a directory of the user's is"
                + " deleted through it",
            ANOTHER_MODE));
    add(
        byToken(
            Guarantee.FILES_METADATA,
            "Owner, permissions, times and attributes are changed only where writing is granted",
            "write-restricted token"));
    String registry = "The registry is not changed";
    add(
        facts.everyone()
            ? advisory(
                Guarantee.REGISTRY_WRITE,
                registry,
                "write-restricted token",
                "keys that everybody may write are written, as Everyone is a restricting SID",
                ANOTHER_MODE)
            : byToken(Guarantee.REGISTRY_WRITE, registry, "write-restricted token"));
    if (policy.fileDefault() == FileDefault.MINIMAL
        || effective.rules().stream().anyMatch(rule -> rule.access() == Access.NONE)) {
      add(
          unsupported(
              Guarantee.FILES_READ,
              "Files are read only where a rule or the default grants reading",
              "restricting SIDs are asked about writing alone",
              ANOTHER_MODE));
    }
  }

  private boolean carved() {
    return RestrictedTokenPlan.compile(effective, new byte[1]).entries().stream()
        .anyMatch(entry -> entry.ace().type() == Ace.Type.DENY && !entry.optional());
  }

  @Override
  String namesProblem() {
    return "what is denied to the token is deleted through its directory, and made anew";
  }

  @Override
  void network() {
    if (policy.network().mode() == NetworkMode.NONE) {
      add(
          unsupported(
              Guarantee.NETWORK_EXTERNAL,
              "Nothing outside the sandbox is reached: TCP, UDP, raw",
              "no right is asked for that a token could lack",
              ANOTHER_MODE));
      if (policy.network().ownLoopback()) {
        add(
            enforced(
                Guarantee.NETWORK_OWN_LOOPBACK,
                "Servers and clients inside the sandbox reach each other over loopback",
                "the network is not closed at all"));
      }
    }
    decidedNetwork();
  }

  @Override
  void process() {
    add(
        unsupported(
            Guarantee.PROCESS_ISOLATION,
            "Memory, handles and environment of outside processes are not reached",
            "reading memory is no right of writing; changing it is denied",
            ANOTHER_MODE));
    add(
        unsupported(
            Guarantee.PROCESS_SIGNALS,
            "Processes outside the sandbox are not ended",
            "PROCESS_TERMINATE is no right of writing",
            ANOTHER_MODE));
    add(
        enforced(
            Guarantee.PROCESS_PRIVILEGES,
            "No privilege but SeChangeNotifyPrivilege is left",
            "DISABLE_MAX_PRIVILEGE and LUA_TOKEN, read back"));
    String desktop = "Windows, keys and clipboard of the user's desktop are not reached";
    add(
        facts.desktop() && facts.userInterfaceLimits()
            ? advisory(
                Guarantee.PROCESS_DESKTOP,
                desktop,
                "a desktop of its own, limits of the job",
                "the user's desktop is opened by its name, as the logon session is among the"
                    + " restricting SIDs",
                ANOTHER_MODE)
            : unsupported(
                Guarantee.PROCESS_DESKTOP,
                desktop,
                facts.desktop()
                    ? "the job's limits on windows and clipboard did not take hold"
                    : "no desktop of its own can be made",
                "an interactive session outside other jobs"));
  }

  /** A token restricts the command's own actions, not those of a service that it asks. */
  private static PlannedGuarantee byToken(Guarantee guarantee, String statement, String mechanism) {
    return advisory(
        guarantee, statement, mechanism, OTHERS + " has the user's own rights", ANOTHER_MODE);
  }
}
