package org.ringfence.windows.confine;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.ringfence.SandboxException;
import org.ringfence.windows.access.SandboxGrants;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/** A restricted token, on a separate desktop where one can be made. */
public final class TokenConfinement implements Confinement {
  private static final String USERS_DESKTOP = "WinSta0\\Default";

  private final RestrictedToken token;
  private final Optional<Handle> desktop;
  private final String desktopName;
  private final ProcessMitigations mitigations;
  private final Optional<SandboxGrants> grants;

  private TokenConfinement(
      RestrictedToken token,
      Optional<Handle> desktop,
      String desktopName,
      ProcessMitigations mitigations,
      Optional<SandboxGrants> grants) {
    this.token = token;
    this.desktop = desktop;
    this.desktopName = desktopName;
    this.mitigations = mitigations;
    this.grants = grants;
  }

  /**
   * The token's parts besides its roots.
   *
   * @param form which SIDs besides these restrict it
   * @param everyone whether Everyone is among the restricting SIDs
   * @param logon whether the logon session stays among its groups and restricting SIDs
   * @param desktop whether a desktop is made for it
   * @param mitigations the parts of Windows that its processes are made without
   */
  public record Choices(
      AccountToken form,
      boolean everyone,
      boolean logon,
      boolean desktop,
      ProcessMitigations mitigations) {}

  /**
   * Makes a token and a desktop.
   *
   * @param windows the system
   * @param roots the SIDs of writable roots
   * @param session the sandbox's own SID
   * @param choices the token's other parts
   * @param grants the entries that are removed at the end
   */
  public static TokenConfinement make(
      WindowsSystem windows,
      List<Sid> roots,
      Sid session,
      Choices choices,
      Optional<SandboxGrants> grants)
      throws SandboxException {
    RestrictedToken token = RestrictedToken.make(windows, roots, session, choices);
    boolean done = false;
    try {
      String name = "ringfence-" + UUID.randomUUID();
      Optional<Handle> desktop =
          choices.desktop() ? Optional.of(desktop(windows, name, session)) : Optional.empty();
      done = true;
      return new TokenConfinement(
          token, desktop, "WinSta0\\" + name, choices.mitigations(), grants);
    } finally {
      if (!done) {
        token.close();
      }
    }
  }

  private static Handle desktop(WindowsSystem windows, String name, Sid session)
      throws SandboxException {
    try (Handle own = windows.tokens().ofThisProcess()) {
      Sid user = windows.tokens().facts(own).user();
      byte[] descriptor =
          windows
              .security()
              .ofSddl("D:(A;;GA;;;SY)(A;;GA;;;" + user + ")(A;;GA;;;" + session + ")");
      return windows.machine().desktop(name, descriptor);
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("desktop of the sandbox", e);
    }
  }

  @Override
  public Optional<Handle> token() {
    return Optional.of(token.handle());
  }

  @Override
  public Optional<ProcessRequest.Container> container() {
    return Optional.empty();
  }

  @Override
  public Optional<String> desktop() {
    // Some programs do not start under a restricted token unless a desktop is named (openai/codex:
    // PowerShell with STATUS_DLL_INIT_FAILED).
    return Optional.of(desktop.isPresent() ? desktopName : USERS_DESKTOP);
  }

  @Override
  public ProcessMitigations mitigations() {
    return mitigations;
  }

  @Override
  public void checkProgram(String program) {
    // The probe's canary has shown which programs a restricted token starts.
  }

  @Override
  public Optional<String> problem(TokenFacts facts) {
    return token.problem(facts);
  }

  @Override
  public void close() throws SandboxException {
    desktop.ifPresent(Handle::close);
    token.close();
    if (grants.isPresent()) {
      grants.get().close();
    }
  }
}
