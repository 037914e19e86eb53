package org.ringfence.windows.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.ringfence.SandboxException;
import org.ringfence.plan.Availability;
import org.ringfence.policy.Lifetime;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.command.LocalHost;
import org.ringfence.windows.command.WindowsSession;
import org.ringfence.windows.confine.Confinement;
import org.ringfence.windows.confine.ContainerConfinement;
import org.ringfence.windows.confine.TokenConfinement;
import org.ringfence.windows.journal.ContainerRecord;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;

/** Tests which confinements work on this machine. */
public final class WindowsHostProbe {
  private final WindowsSystem windows;
  private final Installation installation;
  private final Map<String, String> environment;
  private final ProcessMitigations mitigations;
  private final Map<String, String> told = new LinkedHashMap<>();

  /**
   * The result of a probe.
   *
   * @param availability whether the mode can run, with reasons
   * @param facts the facts for a plan; empty when the mode cannot run
   */
  public record Result(Availability availability, Optional<WindowsFacts> facts) {}

  private static final class Unfit extends SandboxException {
    private static final long serialVersionUID = 1L;
    private final String remedy;

    Unfit(String reason, String remedy) {
      super(reason);
      this.remedy = remedy;
    }
  }

  /**
   * Prepares a probe.
   *
   * @param windows the system
   * @param installation the record of objects made for tests
   * @param environment the environment of this process
   * @param mitigations the parts of Windows that commands are to start without
   */
  public WindowsHostProbe(
      WindowsSystem windows,
      Installation installation,
      Map<String, String> environment,
      ProcessMitigations mitigations) {
    this.windows = windows;
    this.installation = installation;
    this.environment = Map.copyOf(environment);
    this.mitigations = mitigations;
  }

  /**
   * Tests a restricted token.
   *
   * @return the result
   */
  public Result restrictedToken() {
    return tried(
        () -> {
          boolean desktop = desktop();
          WindowsFacts jobs = jobs(desktop);
          WindowsFacts needed = needed(jobs);
          boolean everyone = needed.everyone();
          told.put(
              "restricting SIDs",
              "roots, session, logon" + (everyone ? ", Everyone: programs need it here" : ""));
          return new WindowsFacts(
              everyone,
              everyone ? new WorldWritableDirectories(windows, environment).writable() : List.of(),
              needed.userInterfaceLimits(),
              desktop,
              mitigations);
        });
  }

  /**
   * Tests an AppContainer.
   *
   * @return the result
   */
  public Result appContainer() {
    return tried(
        () -> {
          int pid = (int) ProcessHandle.current().pid();
          ContainerConfinement.Profile profile =
              ContainerConfinement.Profile.make(
                  windows,
                  installation,
                  new ContainerRecord(
                      "ringfence-probe-" + UUID.randomUUID(),
                      pid,
                      windows.processes().creationTime(pid)));
          WindowsFacts jobs;
          boolean tried = false;
          try {
            jobs = jobs(false);
            tried = true;
          } finally {
            if (!tried) {
              profile.remove();
            }
          }
          try (Session session = session(ContainerConfinement.bare(profile, mitigations), jobs)) {
            StartupSelfTest.Report report = contained(session.canary());
            if (!report.problem().isEmpty()) {
              throw new Unfit(
                  "no program starts in a container: " + report.problem(), "restricted-token");
            }
            tell(report);
          }
          told.put("known not to start", "MSYS and Cygwin programs");
          return jobs;
        });
  }

  private interface Trial {
    WindowsFacts run() throws WindowsCallException, SandboxException;
  }

  private Result tried(Trial trial) {
    String reason;
    String remedy;
    try {
      told.put("system", windows.machine().version());
      preconditions();
      WindowsFacts facts = trial.run();
      return new Result(Availability.available(told), Optional.of(facts));
    } catch (WindowsCallException e) {
      reason = e.getMessage();
      remedy = WindowsError.remedy(e.code());
    } catch (Unfit e) {
      reason = e.getMessage();
      remedy = e.remedy;
    } catch (SandboxException e) {
      reason = e.getMessage();
      remedy = "";
    }
    return new Result(
        new Availability(
            false, List.of(reason), remedy.isEmpty() ? List.of() : List.of(remedy), told),
        Optional.empty());
  }

  /** Throws if a sandbox would be open, or no program would start. */
  private void preconditions() throws WindowsCallException, Unfit {
    try (Handle own = windows.tokens().ofThisProcess()) {
      TokenFacts facts = windows.tokens().facts(own);
      String ordinary = "start from an ordinary session of the user";
      if (facts.appContainer()) {
        throw new Unfit("this process runs in an AppContainer", ordinary);
      }
      if (facts.restricted()) {
        throw new Unfit(
            "this process's token is restricted already: a sandbox inside one", ordinary);
      }
      if (facts.session() == 0) {
        throw new Unfit(
            "this process runs in session 0 (a service, or SSH), where no program with windows"
                + " starts under a restricted token",
            ordinary);
      }
      if (facts.elevated()) {
        told.put("elevated", "administrators' groups take and do not give inside");
      }
    }
    String station = windows.machine().windowStation();
    if (!station.equalsIgnoreCase("WinSta0")) {
      throw new Unfit(
          "this process's window station is " + station + ", not the interactive one",
          "start from an ordinary session of the user");
    }
  }

  private boolean desktop() throws WindowsCallException {
    try (Handle made =
        windows
            .machine()
            .desktop(
                "ringfence-probe-" + UUID.randomUUID(),
                windows.security().ofSddl("D:(A;;GA;;;SY)"))) {
      return true;
    } catch (WindowsCallException e) {
      if (e.code() == WindowsError.NOT_ENOUGH_MEMORY.code()
          || e.code() == WindowsError.ACCESS_DENIED.code()) {
        told.put("desktop", e.getMessage());
        return false;
      }
      throw e;
    }
  }

  /** Tests limits with those on windows and clipboard, which outer jobs may forbid, and without. */
  private WindowsFacts jobs(boolean desktop) throws WindowsCallException, Unfit {
    boolean withWindows = keeps(JobLimits.USER_INTERFACE);
    if (!withWindows && !keeps(0)) {
      throw new Unfit(
          "a job of this system takes the limit kill-on-close and does not tell it (Wine does so)",
          "Windows itself");
    }
    return new WindowsFacts(false, List.of(), withWindows, desktop, mitigations);
  }

  private boolean keeps(int userInterface) throws WindowsCallException {
    JobLimits asked =
        new JobLimits(
            true,
            OptionalLong.of(64),
            OptionalLong.of(1L << 32),
            OptionalLong.of(TimeUnit.HOURS.toNanos(1)),
            userInterface);
    try (Handle job = windows.jobs().create()) {
      windows.jobs().limit(job, asked);
      return windows.jobs().limits(job).equals(asked);
    }
  }

  /** The parts of a token that the canaries decide. */
  private record Rung(boolean everyone, boolean userInterface) {}

  /** Chooses the narrowest confinement that works: in some outer jobs, limits on windows do not. */
  private WindowsFacts needed(WindowsFacts jobs) throws SandboxException {
    List<Rung> rungs = new ArrayList<>();
    for (boolean everyone : new boolean[] {false, true}) {
      for (boolean userInterface : new boolean[] {true, false}) {
        if (!userInterface || jobs.userInterfaceLimits()) {
          rungs.add(new Rung(everyone, userInterface));
        }
      }
    }
    StartupLadder.Choice<Optional<Rung>> choice =
        new StartupLadder<Rung>(
                installation,
                "restricted-token",
                String.join(
                    ", ",
                    windows.machine().version(),
                    "desktop " + jobs.desktop(),
                    "limits " + jobs.userInterfaceLimits(),
                    "elevated " + told.containsKey("elevated"),
                    "mitigations " + mitigations.closed()))
            .choose(rungs, (rung, quick) -> report(facts(rung, jobs), quick));
    Rung rung =
        choice
            .rung()
            .orElseThrow(
                () ->
                    new Unfit(
                        "no program starts under a restricted token: " + choice.report().problem(),
                        "WSL2"));
    tell(choice.report());
    return facts(rung, jobs);
  }

  /**
   * A container is the same each time, and no part of it is chosen; slow results are remembered.
   */
  private StartupSelfTest.Report contained(StartupSelfTest canary) throws SandboxException {
    return new StartupLadder<String>(
            installation,
            "app-container",
            String.join(
                ", ",
                windows.machine().version(),
                "elevated " + told.containsKey("elevated"),
                "mitigations " + mitigations.closed()))
        .choose(
            List.of("container"),
            (rung, quick) -> {
              // No server may be reached, so that the trial says nothing about sockets.
              StartupSelfTest.Report report =
                  quick ? canary.quickReport() : canary.report(Optional.empty());
              if (report.problem().isEmpty()) {
                contained(canary, true);
              }
              return report;
            })
        .report();
  }

  private WindowsFacts facts(Rung rung, WindowsFacts jobs) {
    return new WindowsFacts(
        rung.everyone(), List.of(), rung.userInterface(), jobs.desktop(), mitigations);
  }

  private void tell(StartupSelfTest.Report report) {
    if (!report.words().isEmpty()) {
      told.put("closed to commands", report.words());
    }
  }

  private StartupSelfTest.Report report(WindowsFacts facts, boolean quick) throws SandboxException {
    byte[] random = UUID.randomUUID().toString().getBytes(StandardCharsets.UTF_8);
    TokenConfinement confinement =
        TokenConfinement.make(
            windows,
            List.of(),
            Sid.synthetic(random, "canary"),
            new TokenConfinement.Choices(
                AccountToken.ROOTS, facts.everyone(), true, facts.desktop(), mitigations),
            Optional.empty());
    try (Session session = session(confinement, facts)) {
      StartupSelfTest.Report report =
          quick
              ? session.canary().quickReport()
              : session.canary().report(Optional.of(StartupSelfTest.LoopbackServers.ANY));
      if (report.problem().isEmpty()) {
        contained(session.canary(), false);
      }
      return report;
    }
  }

  /** Tests the confinement itself: a system may report a confinement that it does not enforce. */
  private void contained(StartupSelfTest canary, boolean container) throws SandboxException {
    try {
      if (canary.writes()) {
        throw escaped("wrote to a file");
      }
      if (container && canary.reads()) {
        throw escaped("read a file");
      }
      Optional<Boolean> reached =
          container
              ? canary.reachesServer(StartupSelfTest.LoopbackServers.ANY)
              : Optional.of(false);
      if (reached.isEmpty()) {
        told.put("network", "not tried: there is no curl.exe");
      } else if (reached.get()) {
        throw escaped("reached a server");
      }
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("the probe cannot be made: " + e.getMessage(), e);
    }
  }

  private static Unfit escaped(String what) {
    return new Unfit(
        "a command " + what + " that nothing grants: this system does not confine as it claims to",
        "WSL2");
  }

  private record Session(WindowsSession session, StartupSelfTest canary) implements AutoCloseable {
    @Override
    public void close() {
      session.close();
    }
  }

  private Session session(Confinement confinement, WindowsFacts facts) throws SandboxException {
    WindowsSession session =
        new WindowsSession(
            windows,
            new LocalHost(windows, confinement),
            Lifetime.KILL,
            facts.userInterfaceLimits() ? JobLimits.USER_INTERFACE : 0);
    try {
      String directory = windows.machine().systemDirectory();
      return new Session(session, new StartupSelfTest(session, directory, environment));
    } catch (WindowsCallException e) {
      session.close();
      throw CallFailures.cannot("probe", e);
    }
  }
}
