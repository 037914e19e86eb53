package org.ringfence.windows.sandbox;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.ringfence.SandboxException;
import org.ringfence.kit.session.LocalEgressProxy;
import org.ringfence.kit.session.ResourceStack;
import org.ringfence.policy.Access;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.windows.access.AclEditor;
import org.ringfence.windows.access.InheritingTrees;
import org.ringfence.windows.access.ParentEntries;
import org.ringfence.windows.access.ReservedDirectories;
import org.ringfence.windows.access.ReturnedFiles;
import org.ringfence.windows.access.SandboxGrants;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.command.CommandHost;
import org.ringfence.windows.command.ProxiedHost;
import org.ringfence.windows.command.WindowsSession;
import org.ringfence.windows.confine.RestrictedToken;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.AccountToken;
import org.ringfence.windows.plan.DedicatedUserFacts;
import org.ringfence.windows.plan.DedicatedUserPlan;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;
import org.ringfence.windows.plan.ParentDirectories;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;
import org.ringfence.windows.plan.WindowsFacts;
import org.ringfence.windows.probe.ClosedNetwork;
import org.ringfence.windows.probe.StartupLadder;
import org.ringfence.windows.probe.StartupSelfTest;
import org.ringfence.windows.probe.WorldWritableDirectories;
import org.ringfence.windows.runner.RunnerConnection;
import org.ringfence.windows.runner.RunnerHost;
import org.ringfence.windows.runner.RunnerStart;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens sandboxes whose commands run as dedicated users. */
public final class DedicatedSandboxes {
  private static final Logger LOG = LoggerFactory.getLogger(DedicatedSandboxes.class);
  private static final int LOCK_MILLIS = 60_000;

  private final WindowsSystem windows;
  private final Installation installation;
  private final Map<String, String> environment;
  private final Accounts accounts;
  private final AccountToken token;
  private final ProcessMitigations mitigations;
  private final RunnerStart start;
  private final WorldWritableDirectories places;
  private final AclEditor.TreeCheck trees;

  /**
   * Prepares sandboxes of this process.
   *
   * @param windows the system
   * @param installation the record of changes
   * @param environment the environment of this process
   * @param accounts the accounts that set-up made
   * @param token the token of commands
   * @param mitigations the parts of Windows that commands are made without
   * @param start starts runners
   */
  public DedicatedSandboxes(
      WindowsSystem windows,
      Installation installation,
      Map<String, String> environment,
      Accounts accounts,
      AccountToken token,
      ProcessMitigations mitigations,
      RunnerStart start) {
    this(
        windows,
        installation,
        environment,
        accounts,
        token,
        mitigations,
        start,
        new InheritingTrees(windows));
  }

  DedicatedSandboxes(
      WindowsSystem windows,
      Installation installation,
      Map<String, String> environment,
      Accounts accounts,
      AccountToken token,
      ProcessMitigations mitigations,
      RunnerStart start,
      AclEditor.TreeCheck trees) {
    this.windows = windows;
    this.installation = installation;
    this.environment = Map.copyOf(environment);
    this.accounts = accounts;
    this.token = token;
    this.mitigations = mitigations;
    this.start = start;
    this.places = new WorldWritableDirectories(windows, environment);
    this.trees = trees;
  }

  /** One confinement of commands. */
  private record Rung(boolean logon, boolean everyone, boolean userInterface, boolean desktop) {
    private Message.Confine confine(
        RunnerConnection runner,
        AccountToken token,
        ProcessMitigations mitigations,
        List<Sid> roots,
        Sid session) {
      return new Message.Confine(
          runner.number(),
          roots.stream().map(Sid::text).toList(),
          session.text(),
          token,
          everyone,
          logon,
          desktop,
          List.copyOf(mitigations.closed()));
    }
  }

  private static List<Rung> rungs() {
    List<Rung> rungs = new ArrayList<>();
    for (boolean desktop : new boolean[] {true, false}) {
      for (boolean logon : new boolean[] {false, true}) {
        for (boolean userInterface : new boolean[] {true, false}) {
          for (boolean everyone : new boolean[] {false, true}) {
            rungs.add(new Rung(logon, everyone, userInterface, desktop));
          }
        }
      }
    }
    return rungs;
  }

  private RunnerConnection runner(boolean offline) throws SandboxException {
    return RunnerConnection.open(
        windows,
        pipes -> start.start(offline, pipes),
        offline ? accounts.offline() : accounts.online());
  }

  /**
   * Tests which restrictions take hold for an account on this machine.
   *
   * @param network whether set-up closed the network to the offline user
   * @return the facts
   * @throws SandboxException if no program starts, or a resource is open that must be closed
   */
  public DedicatedUserFacts probe(boolean network) throws SandboxException {
    try (RunnerConnection runner = runner(network)) {
      Map<Rung, String> untried = new HashMap<>();
      StartupLadder.Choice<Rung> choice = lowest(runner, network, untried);
      Rung rung = choice.rung();
      boolean echoes = false;
      if (network) {
        ClosedNetwork closed = new ClosedNetwork(runner);
        refuseOpen(closed.problem());
        echoes = closed.echoes();
      }
      return new DedicatedUserFacts(
          new WindowsFacts(
              rung.everyone(),
              rung.everyone() ? places.writable() : List.of(),
              rung.userInterface(),
              rung.desktop(),
              mitigations),
          token,
          rung.logon(),
          network,
          places.deletable(accounts.offline(), accounts.group()),
          echoes,
          choice.report().words(),
          untried.getOrDefault(rung, ""));
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("dedicated user", e);
    }
  }

  private static void refuseOpen(Optional<String> problem) throws SandboxException {
    if (problem.isPresent()) {
      throw new SandboxException(
          "the network is not closed to the sandbox's user: "
              + problem.get()
              + "; run: ringfence windows setup");
    }
  }

  /** Returns the narrowest confinement under which programs start, and the objects closed in it. */
  private StartupLadder.Choice<Rung> lowest(
      RunnerConnection runner, boolean network, Map<Rung, String> untried) throws SandboxException {
    StartupLadder.Choice<Optional<Rung>> choice =
        new StartupLadder<Rung>(
                installation,
                "dedicated-user",
                String.join(
                    ", ",
                    windows.machine().version(),
                    "account " + (network ? accounts.offline() : accounts.online()),
                    "token " + token,
                    "mitigations " + mitigations.closed()))
            .choose(rungs(), (rung, quick) -> report(runner, rung, network, quick, untried));
    Rung rung =
        choice
            .rung()
            .orElseThrow(
                () ->
                    new SandboxException(
                        "no program starts as the sandbox's user: " + choice.report().problem()));
    return new StartupLadder.Choice<>(rung, choice.report());
  }

  private StartupSelfTest.Report report(
      RunnerConnection runner, Rung rung, boolean network, boolean quick, Map<Rung, String> untried)
      throws SandboxException {
    byte[] random = UUID.randomUUID().toString().getBytes(StandardCharsets.UTF_8);
    try {
      runner.ask(
          rung.confine(runner, token, mitigations, List.of(), Sid.synthetic(random, "canary")));
    } catch (SandboxException | WindowsCallException e) {
      return StartupSelfTest.Report.failed(String.valueOf(e.getMessage()));
    }
    WindowsSession session =
        new WindowsSession(
            windows,
            new RunnerHost(runner, List.of(), () -> {}),
            Lifetime.KILL,
            rung.userInterface() ? JobLimits.USER_INTERFACE : 0);
    try {
      StartupSelfTest canary =
          new StartupSelfTest(session, windows.machine().systemDirectory(), environment);
      StartupSelfTest.Report report =
          quick
              ? canary.quickReport()
              : canary.report(
                  Optional.of(network ? this::permitted : StartupSelfTest.LoopbackServers.ANY));
      if (report.problem().isEmpty()) {
        contained(canary);
        if (network) {
          closed(canary).ifPresent(why -> untried.put(rung, why));
        }
      }
      return report;
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("dedicated user", e);
    } finally {
      session.close();
    }
  }

  /** Listens where the filters let the offline user connect: a port of the proxy. */
  private ServerSocket permitted() throws IOException {
    for (int port : accounts.client().ports()) {
      try {
        return new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"));
      } catch (BindException e) {
        LOG.debug("port {} is in use, perhaps by a proxy of another sandbox", port, e);
      }
    }
    throw new BindException("no port of the proxy is free");
  }

  /**
   * Tests the closed network from inside: whether a filter for a user matches a restricted token of
   * that user is another question than whether it matches the runner, which is not restricted. A
   * program that reaches nothing at all would show nothing, so it has to reach an open port first.
   *
   * @return why nothing was tried; empty if the network is closed
   */
  private Optional<String> closed(StartupSelfTest canary) throws SandboxException {
    try {
      Optional<String> problem = control(canary);
      if (problem.isPresent()) {
        return problem;
      }
      if (canary.reachesServer(StartupSelfTest.LoopbackServers.ANY).orElse(false)) {
        refuseOpen(Optional.of("a command reaches a server of this machine"));
      }
      return Optional.empty();
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("the probe cannot be made: " + e.getMessage(), e);
    }
  }

  private Optional<String> control(StartupSelfTest canary) {
    try {
      return canary
          .reachesServer(this::permitted)
          .map(reached -> reached ? "" : "curl.exe does not reach a port of the proxy either")
          .or(() -> Optional.of("there is no curl.exe"))
          .filter(why -> !why.isEmpty());
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static void contained(StartupSelfTest canary) throws SandboxException {
    try {
      if (canary.writes() || canary.reads()) {
        throw new SandboxException(
            "a command of the sandbox's user reached a file that nothing grants: this system does"
                + " not confine as it claims to");
      }
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("the probe cannot be made: " + e.getMessage(), e);
    }
  }

  /**
   * Opens a sandbox.
   *
   * @param policy the policy
   * @param facts the facts of this machine
   * @param listener receives decisions about hosts
   * @return the session
   * @throws SandboxException if it cannot be opened; no change remains
   */
  public BackendSession open(EffectivePolicy policy, DedicatedUserFacts facts, EventSink listener)
      throws SandboxException {
    AclEditor grants = AclEditor.of(windows, installation, trees);
    byte[] secret;
    try {
      new CrashRecovery(windows, installation, grants).recover();
      secret = installation.secret();
    } catch (IOException e) {
      throw new SandboxException("the journal cannot be read: " + e.getMessage(), e);
    }
    DedicatedUserPlan plan = DedicatedUserPlan.compile(policy, secret, accounts);
    RestrictedToken.checkRoots(plan.roots().size());
    ResourceStack parts = new ResourceStack();
    boolean done = false;
    try {
      parts.add(granted(policy, plan, grants));
      parts.add(
          new ReturnedFiles(
              windows,
              policy.rules().stream()
                  .filter(rule -> rule.access() == Access.WRITE && !rule.scratch())
                  .map(EffectiveRule::path)
                  .toList(),
              // A set-up may name one account for both.
              Set.copyOf(List.of(accounts.offline(), accounts.online()))));
      BackendSession session = session(policy, facts, plan, secret, listener, parts);
      done = true;
      return session;
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("dedicated user", e);
    } finally {
      if (!done) {
        parts.close();
      }
    }
  }

  /** Checks the other sandboxes and sets this one's entries, one sandbox at a time. */
  private SandboxGrants granted(EffectivePolicy policy, DedicatedUserPlan plan, AclEditor grants)
      throws SandboxException, WindowsCallException {
    ReservedDirectories kept =
        ReservedDirectories.of(
            environment, System.getProperty("java.home"), installation.directory());
    List<Entry> entries =
        ParentEntries.needed(
            windows,
            plan.entries().stream().filter(entry -> !kept.needless(entry)).toList(),
            plan.token(accounts));
    try (Handle lock =
        windows.machine().lock("Local\\ringfence-open-" + accounts.client().id(), LOCK_MILLIS)) {
      if (!policy.policy().strictness().weaker().contains(Guarantee.FILES_READ)) {
        refuseOthers(entries, scratch(policy));
      }
      // None stays: a file that is renamed to a place outside takes what it inherited along.
      return SandboxGrants.set(grants, entries, kept, path -> false);
    }
  }

  private static Set<String> scratch(EffectivePolicy policy) {
    Set<String> paths = new HashSet<>();
    policy.rules().stream()
        .filter(EffectiveRule::scratch)
        .forEach(rule -> paths.add(Path.of(rule.path()).getParent() + "\\"));
    return paths;
  }

  /**
   * Refuses a policy that reads other files than the open sandboxes. Entries grant reading to the
   * group, so that each sandbox would read the other's files.
   */
  private void refuseOthers(List<Entry> entries, Set<String> scratch) throws SandboxException {
    Set<String> own = new HashSet<>();
    entries.stream()
        .filter(entry -> entry.ace().type() == Ace.Type.ALLOW)
        .filter(entry -> !ParentDirectories.looks(entry.ace()))
        .map(Entry::path)
        .filter(path -> scratch.stream().noneMatch(path::startsWith))
        .forEach(path -> own.add(path.toUpperCase(Locale.ROOT)));
    Set<String> others = new HashSet<>();
    try {
      for (GrantRecord record : installation.all()) {
        if (!record.lasting()
            && record.sids().contains(accounts.group())
            && scratch.stream().noneMatch(record.path()::startsWith)) {
          others.add(record.path().toUpperCase(Locale.ROOT));
        }
      }
    } catch (IOException e) {
      throw new SandboxException("the journal cannot be read: " + e.getMessage(), e);
    }
    if (!others.isEmpty() && !others.containsAll(own) || !own.containsAll(others)) {
      throw new SandboxException(
          "files.read: another sandbox of this user is open with other files, "
              + others
              + ", and each would read the other's; close it, or --best-effort files.read");
    }
  }

  private BackendSession session(
      EffectivePolicy policy,
      DedicatedUserFacts facts,
      DedicatedUserPlan plan,
      byte[] secret,
      EventSink listener,
      ResourceStack parts)
      throws SandboxException, WindowsCallException {
    NetworkMode mode = policy.policy().network().mode();
    boolean offline = mode != NetworkMode.FULL;
    Optional<LocalEgressProxy> proxy =
        mode == NetworkMode.ALLOWLIST
            ? Optional.of(
                parts.add(
                    LocalEgressProxy.start(
                        policy.policy().network(), accounts.client().ports(), listener)))
            : Optional.empty();
    RunnerConnection runner = parts.add(runner(offline));
    Rung rung =
        new Rung(
            facts.logon(),
            facts.base().everyone(),
            facts.base().userInterfaceLimits(),
            facts.base().desktop());
    runner.ask(
        rung.confine(
            runner,
            facts.token(),
            facts.base().mitigations(),
            List.copyOf(plan.roots().values()),
            Sid.synthetic(secret, "session:" + UUID.randomUUID())));
    if (offline) {
      refuseOpen(new ClosedNetwork(runner).problem());
    }
    if (proxy.isPresent()) {
      int port = proxy.get().port();
      if (runner.ask(new Message.Reach(runner.number(), true, "127.0.0.1", port)) != 0) {
        throw new SandboxException(
            "the egress proxy at port "
                + port
                + " is not reached by the sandbox's user; run: ringfence windows setup");
      }
    }
    CommandHost host = new RunnerHost(runner, repositories(policy), parts);
    return new WindowsSession(
        windows,
        proxy.isPresent() ? new ProxiedHost(host, proxy.get()) : host,
        policy.policy().lifetime(),
        rung.userInterface() ? JobLimits.USER_INTERFACE : 0);
  }

  /** The workspace, its repository, and the writable roots, any of which may be a repository. */
  private static List<String> repositories(EffectivePolicy policy) {
    Set<String> found = new LinkedHashSet<>();
    String workspace = policy.places().workspace();
    found.add(workspace);
    for (Path above = Path.of(workspace); above != null; above = above.getParent()) {
      if (Files.exists(above.resolve(".git"))) {
        found.add(above.toString());
        break;
      }
    }
    policy.rules().stream()
        .filter(rule -> rule.access() == Access.WRITE && !rule.scratch())
        .forEach(rule -> found.add(rule.path()));
    return List.copyOf(found);
  }
}
