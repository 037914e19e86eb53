package org.ringfence.windows.plan;

import static org.ringfence.plan.PlannedGuarantee.advisory;
import static org.ringfence.plan.PlannedGuarantee.enforced;
import static org.ringfence.plan.PlannedGuarantee.unsupported;

import java.util.List;
import java.util.Optional;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.TmpPolicy;

/** Reports which guarantees of a policy dedicated accounts enforce. Pure. */
public final class DedicatedUserPlanner extends WindowsPlanner {
  private static final String ACCOUNT = "a user of the sandbox's own, write-restricted";
  private static final String SESSION =
      "programs start here only with the caller's logon session among their groups, and what"
          + " names it is open to them";
  private static final String REDIRECTOR =
      "the kernel's redirector and services connect for a command to SMB and WebDAV servers, past"
          + " the filters of the offline user";
  private static final String OTHER = "app-container or WSL2";

  private final DedicatedUserFacts found;

  private DedicatedUserPlanner(EffectivePolicy effective, DedicatedUserFacts facts) {
    super(effective, facts.base());
    this.found = facts;
  }

  /**
   * Plans a policy.
   *
   * @param policy the policy
   * @param facts the facts of the machine
   * @return every guarantee of the policy with its level
   */
  public static List<PlannedGuarantee> plan(EffectivePolicy policy, DedicatedUserFacts facts) {
    return new DedicatedUserPlanner(policy, facts).guarantees();
  }

  @Override
  void files() {
    writing();
    hold(
        Guarantee.FILES_DELETE,
        "Files are deleted only where a rule grants writing",
        ACCOUNT + "; no right through a directory of the user's",
        found.deletable().isEmpty()
            ? Optional.empty()
            : Optional.of("every user may delete in " + String.join(", ", found.deletable())));
    hold(
        Guarantee.FILES_METADATA,
        "Owner, permissions, times and attributes are changed only where writing is granted",
        ACCOUNT,
        Optional.empty());
    hold(
        Guarantee.REGISTRY_WRITE,
        "The registry is not changed",
        ACCOUNT + ", whose own part of it is not the user's",
        everyone("keys"));
    if (policy.fileDefault() == FileDefault.MINIMAL) {
      add(
          enforced(
              Guarantee.FILES_READ,
              "Files are read only where a rule or the default grants reading",
              ACCOUNT
                  + ", entries for its group; no other sandbox of the same user reads more at the"
                  + " same time"));
    } else {
      add(
          unsupported(
              Guarantee.FILES_READABLE,
              "Files are read everywhere but where a rule takes reading away",
              "another account reads what names it or all users: the profile is closed to it",
              "files.default minimal, with a rule for what is to be read"));
    }
  }

  private void writing() {
    String write = "Files are created and changed only where a rule grants writing";
    if (policy.fileDefault() == FileDefault.WRITE || policy.tmp() == TmpPolicy.SHARED) {
      add(
          unsupported(
              Guarantee.FILES_WRITE,
              write,
              "writing everywhere, or in the user's TEMP, is granted by no entry of an account",
              "a narrower files.default, tmp private"));
    } else {
      hold(
          Guarantee.FILES_WRITE,
          write,
          ACCOUNT + "; entries for its group and a SID of each root",
          everyone("places"));
    }
  }

  /** Returns the places that are open when Everyone must be among the restricting SIDs. */
  private Optional<String> everyone(String what) {
    if (!facts.everyone()) {
      return Optional.empty();
    }
    return Optional.of(
        "no program starts here unless Everyone is among the restricting SIDs, and so "
            + what
            + " that everybody may write are written"
            + (facts.openPlaces().isEmpty() ? "" : ": " + String.join(", ", facts.openPlaces())));
  }

  private void hold(
      Guarantee guarantee, String statement, String mechanism, Optional<String> doubt) {
    add(
        doubt.isEmpty()
            ? enforced(guarantee, statement, mechanism)
            : advisory(guarantee, statement, mechanism, doubt.get(), OTHER));
  }

  @Override
  String namesProblem() {
    return "what does not exist yet has no list to put an entry on";
  }

  @Override
  void network() {
    NetworkMode mode = policy.network().mode();
    if (mode == NetworkMode.FULL) {
      decidedNetwork();
      return;
    }
    String statement =
        mode == NetworkMode.NONE
            ? "Nothing outside the sandbox is reached: TCP, UDP, raw"
            : "Only the hosts of network.allow are reached, over TCP";
    if (found.network()) {
      hold(
          Guarantee.NETWORK_EXTERNAL,
          statement,
          "firewall rules and filters for the offline user, tried at each start"
              + (mode == NetworkMode.ALLOWLIST ? "; the egress proxy" : ""),
          Optional.of(
              found.echoes()
                  ? REDIRECTOR + "; echo requests are answered, which no socket of a command sends"
                  : REDIRECTOR));
      add(
          advisory(
              Guarantee.NETWORK_NAMES,
              "No names are looked up outside",
              "filters for the offline user",
              "the system's own resolver asks for a command, whose question goes out in a name",
              "WSL2"));
    } else {
      add(
          unsupported(
              Guarantee.NETWORK_EXTERNAL,
              statement,
              "accounts were set up for files only",
              "ringfence windows setup, without --files-only"));
    }
    if (policy.network().ownLoopback()) {
      add(
          unsupported(
              Guarantee.NETWORK_OWN_LOOPBACK,
              "Servers and clients inside the sandbox reach each other over loopback",
              "loopback is closed to the offline user but for the proxy: it is one with every"
                  + " local server's",
              "WSL2, or ownLoopback false"));
    }
    if (!policy.network().publish().isEmpty()) {
      add(
          unsupported(
              Guarantee.NETWORK_PUBLISH,
              "Servers inside are reached over the host's loopback on ports "
                  + policy.network().publish(),
              "the offline user accepts no connections",
              OTHER_BACKEND));
    }
    if (!policy.network().hostLoopbackPorts().isEmpty()) {
      add(
          unsupported(
              Guarantee.NETWORK_HOST_LOOPBACK,
              "Of the host's loopback, only ports " + policy.network().hostLoopbackPorts(),
              "filters are set up once, not for each policy",
              OTHER_BACKEND));
    }
    if (mode == NetworkMode.ALLOWLIST && policy.network().checkServerName() && found.network()) {
      add(
          enforced(
              Guarantee.NETWORK_SERVER_NAME,
              "TLS to a host of network.allow has to name that host",
              "the egress proxy"));
    }
  }

  @Override
  void process() {
    Optional<String> session = found.logon() ? Optional.of(SESSION) : Optional.empty();
    hold(
        Guarantee.PROCESS_ISOLATION,
        "Memory, handles and environment of outside processes are not reached",
        "another account; the runner's process is closed to it",
        session);
    hold(
        Guarantee.PROCESS_SIGNALS,
        "Processes outside the sandbox are not ended",
        "another account",
        session);
    add(
        enforced(
            Guarantee.PROCESS_PRIVILEGES,
            "No privilege but SeChangeNotifyPrivilege is left",
            "DISABLE_MAX_PRIVILEGE and LUA_TOKEN, read back"));
    String desktop = "Windows, keys and clipboard of the user's desktop are not reached";
    if (facts.desktop() && facts.userInterfaceLimits()) {
      hold(Guarantee.PROCESS_DESKTOP, desktop, "a desktop of its own, limits of the job", session);
    } else {
      add(
          unsupported(
              Guarantee.PROCESS_DESKTOP,
              desktop,
              facts.desktop()
                  ? "the job's limits on windows and clipboard did not take hold"
                  : "no desktop of its own can be made",
              "an interactive session outside other jobs"));
    }
  }
}
