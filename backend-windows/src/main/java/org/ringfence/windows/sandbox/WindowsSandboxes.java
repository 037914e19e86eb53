package org.ringfence.windows.sandbox;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.ringfence.SandboxException;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.ringfence.spi.BackendSession;
import org.ringfence.windows.access.AclEditor;
import org.ringfence.windows.access.InheritingTrees;
import org.ringfence.windows.access.ParentEntries;
import org.ringfence.windows.access.ReservedDirectories;
import org.ringfence.windows.access.SandboxGrants;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.command.LocalHost;
import org.ringfence.windows.command.WindowsSession;
import org.ringfence.windows.confine.Confinement;
import org.ringfence.windows.confine.ContainerConfinement;
import org.ringfence.windows.confine.RestrictedToken;
import org.ringfence.windows.confine.TokenConfinement;
import org.ringfence.windows.journal.ContainerRecord;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.plan.AppContainerPlan;
import org.ringfence.windows.plan.RestrictedTokenPlan;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;

/** Opens sandboxes of the modes that need no administrator. */
public final class WindowsSandboxes {
  private final WindowsSystem windows;
  private final Installation installation;
  private final ReservedDirectories kept;
  private final AclEditor grants;
  private final int pid;
  private final long processCreated;

  /**
   * Prepares sandboxes of this process.
   *
   * @param windows the system
   * @param installation the record of changes
   * @param environment the environment of this process
   * @throws SandboxException if this process cannot be distinguished from later ones
   */
  public WindowsSandboxes(
      WindowsSystem windows, Installation installation, Map<String, String> environment)
      throws SandboxException {
    this(
        windows,
        installation,
        ReservedDirectories.of(
            environment, System.getProperty("java.home"), installation.directory()),
        new InheritingTrees(windows));
  }

  WindowsSandboxes(
      WindowsSystem windows,
      Installation installation,
      ReservedDirectories kept,
      AclEditor.TreeCheck trees)
      throws SandboxException {
    this.windows = windows;
    this.installation = installation;
    this.kept = kept;
    this.pid = (int) ProcessHandle.current().pid();
    try {
      this.processCreated = windows.processes().creationTime(pid);
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("this process", e);
    }
    this.grants = new AclEditor(windows, installation, pid, processCreated, trees);
  }

  /**
   * Returns the grants of this process.
   *
   * @return sets entries and removes them
   */
  public AclEditor grants() {
    return grants;
  }

  /**
   * Opens a sandbox under a restricted token.
   *
   * @param policy the policy
   * @param facts the facts of this machine
   * @return the session
   * @throws SandboxException if it cannot be opened; no change remains
   */
  public BackendSession restrictedToken(EffectivePolicy policy, WindowsFacts facts)
      throws SandboxException {
    byte[] secret = prepared();
    RestrictedTokenPlan plan = RestrictedTokenPlan.compile(policy, secret);
    // Before any change.
    RestrictedToken.checkRoots(plan.roots().size());
    // Deny entries would restrict another policy; the temporary directory belongs to this sandbox.
    Predicate<String> lasting =
        path ->
            policy.rules().stream()
                    .filter(EffectiveRule::scratch)
                    .noneMatch(rule -> rule.path().equals(path))
                && plan.entries().stream()
                    .filter(entry -> entry.path().equals(path))
                    .allMatch(entry -> entry.ace().type() == Ace.Type.ALLOW);
    SandboxGrants set = SandboxGrants.set(grants, plan.entries(), kept, lasting);
    boolean done = false;
    try {
      Confinement confinement =
          TokenConfinement.make(
              windows,
              List.copyOf(plan.roots().values()),
              Sid.synthetic(secret, "session:" + UUID.randomUUID()),
              new TokenConfinement.Choices(
                  AccountToken.ROOTS, facts.everyone(), true, facts.desktop(), facts.mitigations()),
              Optional.of(set));
      done = true;
      return session(policy, facts, confinement);
    } finally {
      if (!done) {
        set.close();
      }
    }
  }

  /**
   * Opens a sandbox in an AppContainer.
   *
   * @param policy the policy
   * @param facts the facts of this machine
   * @param lessPrivileged whether the container gets no rights of all packages
   * @return the session
   * @throws SandboxException if it cannot be opened; no change remains
   */
  public BackendSession appContainer(
      EffectivePolicy policy, WindowsFacts facts, boolean lessPrivileged) throws SandboxException {
    prepared();
    ContainerRecord record =
        new ContainerRecord("ringfence-" + UUID.randomUUID(), pid, processCreated);
    ContainerConfinement.Profile profile =
        ContainerConfinement.Profile.make(windows, installation, record);
    boolean done = false;
    try {
      AppContainerPlan plan = AppContainerPlan.compile(policy, profile.sid());
      // All packages read the system's directories, unless the container is less privileged.
      AccessToken token = token(plan, profile.sid(), lessPrivileged);
      List<Entry> entries =
          ParentEntries.needed(
              windows,
              plan.entries().stream().filter(entry -> !kept.needless(entry)).toList(),
              token);
      SandboxGrants set = SandboxGrants.set(grants, entries, kept, path -> false);
      boolean closed = false;
      try {
        refuseOpen(policy, plan, token);
        closed = true;
      } finally {
        if (!closed) {
          set.close();
        }
      }
      done = true;
      return session(
          policy,
          facts,
          ContainerConfinement.of(
              profile, plan.capabilities(), lessPrivileged, facts.mitigations(), set));
    } finally {
      if (!done) {
        profile.remove();
      }
    }
  }

  /**
   * Refuses a policy that closes a place whose list opens it to the container all the same, by the
   * model of the access check.
   */
  private void refuseOpen(EffectivePolicy policy, AppContainerPlan plan, AccessToken token)
      throws SandboxException {
    Set<Guarantee> accepted = policy.policy().strictness().weaker();
    try {
      for (AppContainerPlan.Closed place : plan.closed()) {
        boolean reading = place.right() == AccessMask.READ_DATA;
        Guarantee guarantee = reading ? Guarantee.FILES_READ : Guarantee.FILES_WRITE;
        if (!accepted.contains(guarantee) && opens(place, token)) {
          throw new SandboxException(
              guarantee.id()
                  + ": the access control list of "
                  + place.path()
                  + " lets every AppContainer "
                  + (reading ? "read" : "write")
                  + ", and no entry takes that from one; remove its entry for ALL APPLICATION"
                  + " PACKAGES, or use WSL2");
        }
      }
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("AppContainer", e);
    }
  }

  private AccessToken token(AppContainerPlan plan, Sid container, boolean lessPrivileged)
      throws SandboxException {
    try (Handle own = windows.tokens().ofThisProcess()) {
      return AccessToken.of(
              windows.tokens().facts(own).user(),
              Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS))
          .inContainer(
              new AccessToken.Container(
                  container, Set.copyOf(plan.capabilities()), lessPrivileged));
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("AppContainer", e);
    }
  }

  private boolean opens(AppContainerPlan.Closed place, AccessToken token)
      throws WindowsCallException {
    try (Handle file = windows.files().open(place.path(), false)) {
      byte[] descriptor = windows.security().descriptor(file);
      SecurityDescriptor now =
          new SecurityDescriptor(
              AccessControlList.ownerOf(descriptor).orElse(Sid.LOCAL_SERVICE),
              AccessControlList.ofDescriptor(descriptor).map(AccessControlList::aces),
              Optional.empty());
      return AccessCheck.check(token, now, GenericMapping.FILE, place.right()).allowed();
    } catch (WindowsCallException e) {
      if (e.code() == WindowsError.FILE_NOT_FOUND.code()
          || e.code() == WindowsError.PATH_NOT_FOUND.code()) {
        return false;
      }
      throw e;
    }
  }

  /** Cleans up after other processes and returns the secret. */
  private byte[] prepared() throws SandboxException {
    try {
      new CrashRecovery(windows, installation, grants).recover();
      return installation.secret();
    } catch (IOException e) {
      throw new SandboxException("the journal cannot be read: " + e.getMessage(), e);
    }
  }

  private BackendSession session(
      EffectivePolicy policy, WindowsFacts facts, Confinement confinement) {
    return new WindowsSession(
        windows,
        new LocalHost(windows, confinement),
        policy.policy().lifetime(),
        facts.userInterfaceLimits() ? JobLimits.USER_INTERFACE : 0);
  }
}
