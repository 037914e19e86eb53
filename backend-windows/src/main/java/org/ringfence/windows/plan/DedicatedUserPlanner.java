package org.ringfence.windows.plan;

import static org.ringfence.kit.plan.Answer.advisory;
import static org.ringfence.kit.plan.Answer.enforced;
import static org.ringfence.kit.plan.Answer.unsupported;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.kit.plan.Answer;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.tool.ProgramCaller;

/** Reports which guarantees of a policy dedicated accounts enforce. Pure. */
public final class DedicatedUserPlanner extends WindowsPlanner {
  private static final String ACCOUNT = "a user of the sandbox's own, write-restricted";
  private static final String SESSION =
      "programs start here only with the caller's logon session among their groups, and"
          + " objects that name it are open to them";
  private static final String REDIRECTOR =
      "the kernel's redirector and services connect for a command to SMB and WebDAV servers, past"
          + " the filters of the offline user";

  /**
   * The variables of the proxy are the only way out; curl, npm, pip and Git over HTTPS heed them.
   */
  private static final String WITHOUT_PROXY =
      "; programs that heed no HTTPS_PROXY (WinHTTP, WinINet, Git over ssh, plain sockets) reach no"
          + " host at all";

  private static final String OTHER = "app-container or WSL2";

  private static final String SAME_ACCOUNT =
      "commands of another sandbox of this user that is open at the same time run as the same"
          + " account";
  private static final Sid EXAMPLE_ACCOUNT = new Sid("S-1-5-21-1-1-1-2001");

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
  protected void files() {
    answer(Guarantee.FILES_WRITE, WRITE_WITHOUT_DELETE, writing());
    answer(
        Guarantee.FILES_DELETE,
        held(
            ACCOUNT + "; no right through a directory of the user's",
            found.deletable().isEmpty()
                ? Optional.empty()
                : Optional.of("every user may delete in " + String.join(", ", found.deletable()))));
    answer(Guarantee.FILES_METADATA, held(ACCOUNT, ownership()));
    answer(
        Guarantee.REGISTRY_WRITE,
        held(ACCOUNT + ", whose own part of it is not the user's", open("keys")));
    if (policy.fileDefault() == FileDefault.MINIMAL) {
      answer(
          Guarantee.FILES_READ,
          enforced(
              ACCOUNT
                  + ", entries for its group; no other sandbox of the same user reads more at the"
                  + " same time"));
    } else {
      answer(
          Guarantee.FILES_READABLE,
          unsupported(
              "another account reads objects that name it or all users: the profile is closed to it",
              NAMED_READING));
    }
  }

  private Answer writing() {
    return policy.fileDefault() == FileDefault.WRITE || policy.tmp() == TmpPolicy.SHARED
        ? unsupported(
            "writing everywhere, or in the user's TEMP, is granted by no entry of an account",
            NARROWER + ", tmp private")
        : held(
            ACCOUNT + "; entries for its group and a SID of each root",
            both(open("places"), ownership()));
  }

  /**
   * The owner of a file may change its list where its SID restricts the token, or nothing does: a
   * command reopens what an earlier command of the account made, also where no rule grants writing
   * any more.
   */
  private Optional<String> ownership() {
    return found.token() == AccountToken.ROOTS
        ? Optional.empty()
        : Optional.of(
            "as their owner, a command changes the lists of files that commands of its account"
                + " made, and then the files, as long as the account owns them (-D"
                + AccountToken.PROPERTY
                + "="
                + AccountToken.ROOTS
                + " prevents that, and pipes)");
  }

  private static Optional<String> both(Optional<String> one, Optional<String> other) {
    return one.isPresent() && other.isPresent()
        ? Optional.of(one.get() + "; " + other.get())
        : one.or(() -> other);
  }

  /** Returns the places that are open to each user, where the token does not close them. */
  private Optional<String> open(String what) {
    if (found.token() == AccountToken.ACCOUNT_ALONE) {
      return Optional.of(
          what + " that every user may write are written: nothing restricts the token");
    }
    if (!facts.everyone()) {
      return Optional.empty();
    }
    return Optional.of(
        "programs here need Everyone among the restricting SIDs, and so "
            + what
            + " that everybody may write are written"
            + (facts.openPlaces().isEmpty() ? "" : ": " + String.join(", ", facts.openPlaces())));
  }

  private static Answer held(String mechanism, Optional<String> doubt) {
    return doubt.isEmpty() ? enforced(mechanism) : advisory(mechanism, doubt.get(), OTHER);
  }

  @Override
  String namesProblem() {
    return NOTHING_TO_PUT_AN_ENTRY_ON;
  }

  @Override
  protected void network() {
    NetworkMode mode = policy.network().mode();
    if (mode == NetworkMode.FULL) {
      decidedNetwork();
      return;
    }
    if (found.network()) {
      answer(
          Guarantee.NETWORK_EXTERNAL,
          advisory(
              "firewall rules and filters for the offline user, tried at each start"
                  + (mode == NetworkMode.ALLOWLIST ? "; the egress proxy" : ""),
              REDIRECTOR
                  + (found.untried().isEmpty()
                      ? ""
                      : "; no restricted command tried the closed network here: " + found.untried())
                  + (found.echoes()
                      ? "; echo requests are answered, which no socket of a command sends"
                      : "")
                  + (mode == NetworkMode.ALLOWLIST ? WITHOUT_PROXY : ""),
              OTHER));
      answer(
          Guarantee.NETWORK_NAMES,
          advisory(
              "filters for the offline user",
              "the system's own resolver asks for a command, whose question goes out in a name",
              "WSL2"));
    } else {
      answer(
          Guarantee.NETWORK_EXTERNAL,
          unsupported(
              "accounts were set up for files only",
              "ringfence windows setup, without --files-only"));
    }
    asked(
        Guarantee.NETWORK_OWN_LOOPBACK,
        () ->
            unsupported(
                "loopback is closed to the offline user but for the proxy: it is one with every"
                    + " local server's",
                "WSL2, or ownLoopback false"));
    asked(
        Guarantee.NETWORK_PUBLISH,
        () -> unsupported("the offline user accepts no connections", OTHER_BACKEND));
    asked(
        Guarantee.NETWORK_HOST_LOOPBACK,
        () -> unsupported("filters are set up once, not for each policy", OTHER_BACKEND));
    if (found.network()) {
      asked(Guarantee.NETWORK_SERVER_NAME, () -> enforced("the egress proxy"));
    }
  }

  @Override
  protected void process() {
    Optional<String> session = found.logon() ? Optional.of(SESSION) : Optional.empty();
    Optional<String> outside = both(Optional.of(SAME_ACCOUNT), session);
    answer(
        Guarantee.PROCESS_ISOLATION,
        held("another account; the runner's process is closed to it", outside));
    answer(Guarantee.PROCESS_SIGNALS, held("another account", outside));
    answer(Guarantee.PROCESS_PROGRAMS, programs(caller(), "WSL2 for those"));
    answer(Guarantee.PROCESS_PRIVILEGES, TOKEN_PRIVILEGES, enforced(TOKEN_READ_BACK));
    answer(
        Guarantee.PROCESS_DESKTOP,
        facts.desktop() && facts.userInterfaceLimits() ? held(OWN_DESKTOP, session) : noDesktop());
  }

  private ProgramCaller caller() {
    Set<Sid> groups = new HashSet<>(Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS));
    Set<Sid> restricting = new HashSet<>(Set.of(EXAMPLE_SESSION));
    if (facts.everyone()) {
      restricting.add(Sid.EVERYONE);
    }
    if (found.logon()) {
      groups.add(EXAMPLE_LOGON);
      restricting.add(EXAMPLE_LOGON);
    }
    if (found.token() == AccountToken.OWN_SID) {
      restricting.add(EXAMPLE_ACCOUNT);
    }
    AccessToken account = AccessToken.of(EXAMPLE_ACCOUNT, groups);
    return new ProgramCaller(
        found.token() == AccountToken.ACCOUNT_ALONE
            ? account
            : account.restricted(restricting, true),
        EXAMPLE_USER,
        EXAMPLE_SESSION,
        Optional.of(EXAMPLE_LOGON),
        true,
        true);
  }
}
