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
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.tool.ProgramCaller;

/**
 * Reports which guarantees of a policy a write-restricted token of the same user enforces. Pure.
 */
public final class RestrictedTokenPlanner extends WindowsPlanner {
  private static final String ANOTHER_MODE = "app-container or WSL2";
  private static final String TOKEN = "write-restricted token";

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
  protected void files() {
    answer(Guarantee.FILES_WRITE, WRITE_WITHOUT_DELETE, writing());
    answer(
        Guarantee.FILES_DELETE,
        unsupported(
            "FILE_DELETE_CHILD is no right of writing: files in a directory of the user's are"
                + " deleted through it",
            ANOTHER_MODE));
    answer(Guarantee.FILES_METADATA, byToken(TOKEN));
    answer(
        Guarantee.REGISTRY_WRITE,
        facts.everyone()
            ? advisory(
                TOKEN,
                "keys that everybody may write are written, as Everyone is a restricting SID",
                ANOTHER_MODE)
            : byToken(TOKEN));
    asked(
        Guarantee.FILES_READ,
        () -> unsupported("restricting SIDs are asked about writing alone", ANOTHER_MODE));
  }

  private Answer writing() {
    if (policy.fileDefault() == FileDefault.WRITE) {
      return unsupported("writing is granted everywhere, and a token has no such entry", NARROWER);
    }
    if (policy.tmp() == TmpPolicy.SHARED) {
      return unsupported(
          "an entry on the user's TEMP would be inherited by every program's files there",
          "tmp private");
    }
    if (carved()) {
      return unsupported(
          "a rule takes writing away below a writable root: files there can be deleted through"
              + " their directory, and created again with the rights of the root",
          ANOTHER_MODE);
    }
    return facts.everyone()
        ? advisory(
            TOKEN,
            "programs here need Everyone among the restricting SIDs, so that commands"
                + " can write wherever Everyone can"
                + (facts.openPlaces().isEmpty()
                    ? ""
                    : ": " + String.join(", ", facts.openPlaces())),
            ANOTHER_MODE)
        : byToken(TOKEN + ", an entry on each root");
  }

  private boolean carved() {
    return RestrictedTokenPlan.compile(effective, new byte[1]).entries().stream()
        .anyMatch(entry -> entry.ace().type() == Ace.Type.DENY && !entry.optional());
  }

  @Override
  String namesProblem() {
    return "a denied file can be deleted through its directory, and created again";
  }

  @Override
  protected void network() {
    if (policy.network().mode() == NetworkMode.NONE) {
      answer(
          Guarantee.NETWORK_EXTERNAL,
          unsupported("no right is asked for that a token could lack", ANOTHER_MODE));
      asked(Guarantee.NETWORK_OWN_LOOPBACK, () -> enforced("the network is not closed at all"));
    }
    decidedNetwork();
  }

  @Override
  protected void process() {
    answer(
        Guarantee.PROCESS_ISOLATION,
        unsupported("reading memory is no right of writing; changing it is denied", ANOTHER_MODE));
    answer(
        Guarantee.PROCESS_SIGNALS,
        unsupported("PROCESS_TERMINATE is no right of writing", ANOTHER_MODE));
    answer(Guarantee.PROCESS_PRIVILEGES, TOKEN_PRIVILEGES, enforced(TOKEN_READ_BACK));
    answer(Guarantee.PROCESS_PROGRAMS, programs(caller(), "WSL2 for those"));
    answer(
        Guarantee.PROCESS_DESKTOP,
        facts.desktop() && facts.userInterfaceLimits()
            ? advisory(
                OWN_DESKTOP,
                "the user's desktop is opened by its name, as the logon session is among the"
                    + " restricting SIDs",
                ANOTHER_MODE)
            : noDesktop());
  }

  private ProgramCaller caller() {
    Set<Sid> restricting = new HashSet<>(Set.of(EXAMPLE_SESSION, EXAMPLE_LOGON));
    if (facts.everyone()) {
      restricting.add(Sid.EVERYONE);
    }
    AccessToken token =
        AccessToken.of(
                EXAMPLE_USER,
                Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS, EXAMPLE_LOGON))
            .restricted(restricting, true);
    return new ProgramCaller(
        token, EXAMPLE_USER, EXAMPLE_SESSION, Optional.of(EXAMPLE_LOGON), true, true);
  }

  /** A token restricts the command's own actions, not those of a service that it asks. */
  private static Answer byToken(String mechanism) {
    return advisory(mechanism, OTHERS + " has the user's own rights", ANOTHER_MODE);
  }
}
