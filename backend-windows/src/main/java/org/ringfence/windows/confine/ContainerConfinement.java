package org.ringfence.windows.confine;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.ringfence.SandboxException;
import org.ringfence.windows.access.SandboxGrants;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.ContainerRecord;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AppContainerPlan;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/** An AppContainer. Its profile is removed with the sandbox. */
public final class ContainerConfinement implements Confinement {
  /** Privileges that every user has and that open no object. */
  private static final Set<String> HARMLESS =
      Set.of(
          "SeChangeNotifyPrivilege",
          "SeIncreaseWorkingSetPrivilege",
          "SeShutdownPrivilege",
          "SeTimeZonePrivilege",
          "SeUndockPrivilege");

  private final Profile profile;
  private final ProcessRequest.Container container;
  private final ProcessMitigations mitigations;
  private final Optional<SandboxGrants> grants;

  private ContainerConfinement(
      Profile profile,
      ProcessRequest.Container container,
      ProcessMitigations mitigations,
      Optional<SandboxGrants> grants) {
    this.profile = profile;
    this.container = container;
    this.mitigations = mitigations;
    this.grants = grants;
  }

  /** The profile of a container, recorded before it is made. */
  public record Profile(
      WindowsSystem windows, Installation installation, ContainerRecord record, Sid sid) {
    public static Profile make(
        WindowsSystem windows, Installation installation, ContainerRecord record)
        throws SandboxException {
      try {
        installation.put(record);
        try {
          Sid sid = windows.machine().createContainer(record.name(), "Ringfence sandbox");
          return new Profile(windows, installation, record, sid);
        } catch (WindowsCallException e) {
          installation.remove(record);
          throw CallFailures.cannot("AppContainer", e);
        }
      } catch (IOException e) {
        throw new SandboxException("the journal cannot be written: " + e.getMessage(), e);
      }
    }

    public void remove() throws SandboxException {
      removeProfile(windows, installation, record);
    }
  }

  /** Removes a profile and its record. */
  public static void removeProfile(
      WindowsSystem windows, Installation installation, ContainerRecord record)
      throws SandboxException {
    try {
      windows.machine().deleteContainer(record.name());
      installation.remove(record);
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("AppContainer " + record.name() + " cannot be removed", e);
    } catch (IOException e) {
      throw new SandboxException("the journal cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * Confines to a container.
   *
   * @param profile its profile
   * @param capabilities the container's rights beyond its entries
   * @param lessPrivileged whether the container gets no rights of all packages
   * @param mitigations the parts of Windows that its processes are made without
   * @param grants its entries
   */
  public static ContainerConfinement of(
      Profile profile,
      List<Sid> capabilities,
      boolean lessPrivileged,
      ProcessMitigations mitigations,
      SandboxGrants grants) {
    return new ContainerConfinement(
        profile,
        new ProcessRequest.Container(profile.sid(), capabilities, lessPrivileged),
        mitigations,
        Optional.of(grants));
  }

  /** Confines to a container without entries. */
  public static ContainerConfinement bare(Profile profile, ProcessMitigations mitigations) {
    return new ContainerConfinement(
        profile,
        new ProcessRequest.Container(profile.sid(), List.of(), false),
        mitigations,
        Optional.empty());
  }

  @Override
  public Optional<Handle> token() {
    return Optional.empty();
  }

  @Override
  public Optional<ProcessRequest.Container> container() {
    return Optional.of(container);
  }

  @Override
  public Optional<String> desktop() {
    return Optional.empty();
  }

  @Override
  public ProcessMitigations mitigations() {
    return mitigations;
  }

  @Override
  public void checkProgram(String program) throws SandboxException {
    if (AppContainerPlan.knownNotToStart(program)) {
      throw new SandboxException(
          "command: '"
              + program
              + "' is known not to start in an AppContainer; use backend restricted-token or WSL2");
    }
  }

  @Override
  public Optional<String> problem(TokenFacts facts) {
    if (!facts.appContainer()) {
      return Optional.of("its token is no AppContainer's");
    }
    Set<String> privileges = new TreeSet<>(facts.privileges());
    privileges.removeAll(HARMLESS);
    return privileges.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "its token kept privileges: "
                + String.join(", ", privileges)
                + "; start from a shell that is not elevated");
  }

  @Override
  public void close() throws SandboxException {
    // The entries go first: without the profile their SID has no meaning.
    if (grants.isPresent()) {
      grants.get().close();
    }
    profile.remove();
  }
}
