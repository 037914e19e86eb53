package org.ringfence.windows.confine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.Tokens;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/** A write-restricted token of the same user, read back before use. */
public final class RestrictedToken implements AutoCloseable {
  /** A token's default list has no room for more SIDs (1344 at 147 and more). */
  private static final int MOST_ROOTS = 120;

  private static final String KEPT_PRIVILEGE = "SeChangeNotifyPrivilege";

  private final Handle token;
  private final List<Sid> restricting;

  private RestrictedToken(Handle token, List<Sid> restricting) {
    this.token = token;
    this.restricting = restricting;
  }

  /**
   * Makes a token.
   *
   * @param windows the system
   * @param roots the SIDs of writable roots
   * @param session the sandbox's own SID, for pipes and events among its processes
   * @param choices the token's other SIDs
   * @return the token
   * @throws SandboxException if it cannot be made, or reads back differently
   */
  static RestrictedToken make(
      WindowsSystem windows, List<Sid> roots, Sid session, TokenConfinement.Choices choices)
      throws SandboxException {
    checkRoots(roots.size());
    try (Handle own = windows.tokens().ofThisProcess()) {
      TokenFacts facts = windows.tokens().facts(own);
      Optional<Sid> logon = facts.logon().filter(sid -> choices.logon());
      List<Sid> restricting = restricting(roots, session, choices, facts.user(), logon);
      Handle made =
          windows
              .tokens()
              .restrict(
                  own,
                  Tokens.DISABLE_MAX_PRIVILEGE
                      | Tokens.LUA_TOKEN
                      | (restricting.isEmpty() ? 0 : Tokens.WRITE_RESTRICTED),
                  choices.logon() ? List.of() : facts.logon().stream().toList(),
                  restricting);
      RestrictedToken token = new RestrictedToken(made, restricting);
      try {
        windows.tokens().setDefaultDacl(made, defaultDacl(facts.user(), logon, session).bytes());
        Optional<String> problem = token.problem(windows.tokens().facts(made));
        if (problem.isPresent()) {
          throw new SandboxException("restricted token: " + problem.get());
        }
        return token;
      } catch (SandboxException | WindowsCallException e) {
        token.close();
        throw e;
      }
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("restricted token", e);
    }
  }

  private static List<Sid> restricting(
      List<Sid> roots,
      Sid session,
      TokenConfinement.Choices choices,
      Sid user,
      Optional<Sid> logon) {
    if (choices.form() == AccountToken.ACCOUNT_ALONE) {
      return List.of();
    }
    List<Sid> restricting = new ArrayList<>(roots);
    restricting.add(session);
    logon.ifPresent(restricting::add);
    if (choices.everyone()) {
      restricting.add(Sid.EVERYONE);
    }
    if (choices.form() == AccountToken.OWN_SID) {
      restricting.add(user);
    }
    return restricting;
  }

  /** Throws if a token has no room for so many roots. */
  public static void checkRoots(int roots) throws SandboxException {
    if (roots > MOST_ROOTS) {
      throw new SandboxException(
          "files.rules: "
              + roots
              + " writable roots do not fit into a token (error 1344); use at most "
              + MOST_ROOTS);
    }
  }

  /** Without the sandbox's own SID a process could not write to its own pipes and events. */
  private static AccessControlList defaultDacl(Sid user, Optional<Sid> logonSession, Sid session) {
    List<Ace> aces = new ArrayList<>();
    for (Sid sid : List.of(Sid.SYSTEM, user, session)) {
      aces.add(new Ace(Ace.Type.ALLOW, sid, AccessMask.GENERIC_ALL, Ace.Scope.OBJECT));
    }
    logonSession.ifPresent(
        logon ->
            aces.add(
                new Ace(
                    Ace.Type.ALLOW,
                    logon,
                    AccessMask.GENERIC_READ | AccessMask.GENERIC_EXECUTE,
                    Ace.Scope.OBJECT)));
    return AccessControlList.of(aces.toArray(new Ace[0]));
  }

  Handle handle() {
    return token;
  }

  /** Returns the first difference between a token and this one. */
  Optional<String> problem(TokenFacts facts) {
    if (!restricting.isEmpty() && !facts.restricted()) {
      return Optional.of(
          "this system took the restricting SIDs and does not restrict the token (Wine does so)");
    }
    if (!new HashSet<>(facts.restricting()).equals(new HashSet<>(restricting))) {
      return Optional.of(
          "it is restricted by "
              + facts.restricting()
              + ", not by "
              + restricting
              + "; start outside of another sandbox");
    }
    Set<String> privileges = new HashSet<>(facts.privileges());
    privileges.remove(KEPT_PRIVILEGE);
    return privileges.isEmpty()
        ? Optional.empty()
        : Optional.of("it kept privileges: " + String.join(", ", privileges));
  }

  @Override
  public void close() {
    token.close();
  }
}
