package org.ringfence.windows;

import java.io.IOException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendInfo.Fit;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.EventSink.Observation;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.VerifiedBackend;
import org.ringfence.spi.VerifiedBuilds;
import org.ringfence.spi.Workload;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.DedicatedUserFacts;
import org.ringfence.windows.plan.DedicatedUserPlan;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;
import org.ringfence.windows.plan.DedicatedUserPlanner;
import org.ringfence.windows.sandbox.DedicatedSandboxes;
import org.ringfence.windows.setup.LogonRunner;
import org.ringfence.windows.setup.Vault.Passwords;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.system.WindowsSystem;

/** Dedicated accounts, set up once by an administrator. */
public final class DedicatedUserBackend implements SandboxBackend, VerifiedBackend {
  private static final BackendInfo INFO =
      BackendInfo.of(
              "dedicated-user",
              HostSystem.WINDOWS,
              40,
              "Windows: users of the sandbox's own, set up once by an administrator")
          .fits(
              Workload.AGENT,
              Fit.GOOD,
              "another account: files and network by the kernel; tools of Windows")
          .fits(Workload.BUILD, Fit.BEST, "tools of Windows as they are, grants by the account")
          .fits(Workload.CI, Fit.BEST, "set up unattended: runners are administrators");
  private static final String SETUP = "ringfence windows setup";
  private static final int SECRET_BYTES = 32;

  /** Example accounts; no machine has them. */
  private static final Accounts EXAMPLE =
      new Accounts(
          new Sid("S-1-5-21-1-1-1-2000"),
          new Sid("S-1-5-21-1-1-1-2001"),
          new Sid("S-1-5-21-1-1-1-2002"),
          ClientAccounts.of("0000000000", List.of()));

  private final Supplier<WindowsSystem> systems;
  private Found found;

  /** Sandboxes and facts when this mode runs here; otherwise neither. */
  private record Found(
      Availability availability,
      Optional<DedicatedSandboxes> sandboxes,
      Optional<DedicatedUserFacts> facts) {
    private static Found not(String reason, String remedy) {
      return new Found(
          Availability.unavailable(reason, remedy), Optional.empty(), Optional.empty());
    }
  }

  /** For {@link java.util.ServiceLoader}. */
  public DedicatedUserBackend() {
    this(UnprivilegedBackend::nativeWindows);
  }

  DedicatedUserBackend(Supplier<WindowsSystem> systems) {
    this.systems = systems;
  }

  @Override
  public BackendInfo info() {
    return INFO;
  }

  private synchronized Found found() {
    if (found == null) {
      found = looked();
    }
    return found;
  }

  private Found looked() {
    if (PathStyle.current() != PathStyle.WINDOWS) {
      return Found.not("this is not Windows", "");
    }
    Optional<Installation> installation = Installation.ofUser(System.getenv());
    if (installation.isEmpty()) {
      return Found.not("LOCALAPPDATA is not set: nothing could be written down", "set it");
    }
    try {
      WindowsSystem windows = systems.get();
      DedicatedUsers users = new DedicatedUsers(windows, installation.get(), System.getenv());
      if (users.interrupted()) {
        return Found.not("set-up was interrupted", "ringfence windows repair");
      }
      Optional<ClientRecord> client = users.client();
      if (client.isEmpty()) {
        return Found.not("no accounts have been set up for this user", SETUP);
      }
      Optional<Passwords> passwords = users.passwords();
      if (passwords.isEmpty()) {
        return Found.not("the accounts' passwords are lost", SETUP + ", which sets new ones");
      }
      String form = System.getProperty(AccountToken.PROPERTY);
      Optional<AccountToken> token = AccountToken.of(form);
      if (token.isEmpty()) {
        return Found.not(
            AccountToken.PROPERTY + ": '" + form + "' is no token",
            "one of " + List.of(AccountToken.values()));
      }
      String closed = System.getProperty(ProcessMitigations.PROPERTY);
      Optional<ProcessMitigations> mitigations = ProcessMitigations.of(closed);
      if (mitigations.isEmpty()) {
        return Found.not(
            UnprivilegedBackend.noMitigations(closed), UnprivilegedBackend.MITIGATIONS);
      }
      LogonRunner runners = new LogonRunner(windows, client.get(), passwords.get());
      DedicatedSandboxes sandboxes =
          new DedicatedSandboxes(
              windows,
              installation.get(),
              System.getenv(),
              client.get().sids(),
              token.get(),
              mitigations.get(),
              runners::start);
      return tried(windows, client.get(), sandboxes);
    } catch (UnsatisfiedLinkError e) {
      return Found.not("JNA cannot be loaded: " + e.getMessage(), "a 64-bit JVM");
    } catch (SandboxException e) {
      return Found.not(e.getMessage(), SETUP);
    } catch (IOException e) {
      return Found.not("the registry of clients: " + e.getMessage(), SETUP);
    }
  }

  private static Found tried(
      WindowsSystem windows, ClientRecord client, DedicatedSandboxes sandboxes)
      throws SandboxException {
    DedicatedUserFacts facts = sandboxes.probe(client.network());
    Map<String, String> told = new LinkedHashMap<>();
    told.put("system", windows.machine().version());
    told.put("token", facts.token().toString());
    told.put("users", String.join(", ", client.users()));
    if (!facts.closed().isEmpty()) {
      told.put("closed to commands", facts.closed());
    }
    told.put("network", network(client.network(), facts.untried()));
    return new Found(Availability.available(told), Optional.of(sandboxes), Optional.of(facts));
  }

  private static String network(boolean setUp, String untried) {
    if (!setUp) {
      return "not set up";
    }
    return untried.isEmpty()
        ? "closed, tried"
        : "closed to the account; not tried by a restricted command: " + untried;
  }

  @Override
  public Availability probe() {
    return found().availability();
  }

  @Override
  public String build() throws SandboxException {
    Availability here = probe();
    if (!here.usable()) {
      throw new SandboxException(String.join("; ", here.reasons()));
    }
    return systems.get().machine().version();
  }

  @Override
  public Optional<VerifiedBuilds> verifiedBuilds() {
    return VerifiedBuild.ofUser();
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    Found here = found();
    List<PlannedGuarantee> guarantees =
        here.facts()
            .map(
                facts ->
                    VerifiedBuild.remarked(
                        INFO.id(), systems.get(), DedicatedUserPlanner.plan(policy, facts)))
            .orElse(List.of());
    return new SandboxPlan(INFO.id(), policy, here.availability(), guarantees);
  }

  @Override
  public String explain(EffectivePolicy policy) {
    return "with accounts of no machine:\n"
        + DedicatedUserPlan.compile(policy, new byte[SECRET_BYTES], EXAMPLE).describe(EXAMPLE);
  }

  @Override
  public BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException {
    Found here = found();
    if (here.facts().isEmpty() || !plan.acceptable()) {
      throw new SandboxRefusedException(List.of(plan));
    }
    Set<Observation> unheard = EnumSet.noneOf(Observation.class);
    unheard.addAll(listener.observes());
    if (plan.policy().policy().network().mode() == NetworkMode.ALLOWLIST) {
      // The proxy reports each.
      unheard.removeAll(EnumSet.of(Observation.CONNECTIONS, Observation.UNLISTED_HOSTS));
    }
    if (!unheard.isEmpty()) {
      throw new SandboxException(
          Observation.hooks(unheard)
              + ": nothing hears of these under "
              + INFO.id()
              + ", which sees neither denials nor commands; use WSL2");
    }
    return here.sandboxes().orElseThrow().open(plan.policy(), here.facts().get(), listener);
  }
}
