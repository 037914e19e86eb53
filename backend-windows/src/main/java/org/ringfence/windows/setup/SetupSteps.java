package org.ringfence.windows.setup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.text.message.BuildVersion;
import org.ringfence.windows.access.AclEditor;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.FirewallRule;
import org.ringfence.windows.plan.PlatformFilter;
import org.ringfence.windows.plan.ReadGrants;
import org.ringfence.windows.setup.SetupStep.Call;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.system.Accounts;
import org.ringfence.windows.system.Accounts.Account;
import org.ringfence.windows.system.Administration;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;

/** The steps of one client's set-up. */
final class SetupSteps {
  /** Rights denied to the sandbox's users; not the interactive right, which logons here need. */
  static final Set<String> DENIED =
      Set.of(
          "SeDenyNetworkLogonRight",
          "SeDenyBatchLogonRight",
          "SeDenyServiceLogonRight",
          "SeDenyRemoteInteractiveLogonRight");

  private static final String SIGN_IN_SCREEN =
      "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\SpecialAccounts\\UserList";
  private static final String PROFILES =
      "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\";
  private static final int FIRST_LOGON_MILLIS = 120_000;
  private static final int UNLOAD_TRIES = 12;
  private static final int UNLOAD_MILLIS = 250;
  private static final int MOST_ROUNDS = 10;
  private static final String MISSING = "it is not there";

  private final WindowsSystem windows;
  private final Administration administration;
  private final Accounts local;
  private final MachineDirectory machine;
  private final ClientAccounts accounts;
  private final SetupRequest request;
  private final GrantSource grants;
  private final List<SetupStep> steps = new ArrayList<>();

  /** Provides grants. */
  interface GrantSource {
    /** Returns the grants that a journal records. */
    AclEditor of(Installation journal) throws SandboxException;
  }

  private SetupSteps(
      WindowsSystem windows,
      MachineDirectory machine,
      ClientAccounts accounts,
      SetupRequest request,
      GrantSource grants) {
    this.windows = windows;
    this.grants = grants;
    this.administration = windows.administration();
    this.local = administration.accounts();
    this.machine = machine;
    this.accounts = accounts;
    this.request = request;
  }

  /** Returns all steps, in the order of set-up. */
  static List<SetupStep> of(
      WindowsSystem windows,
      MachineDirectory machine,
      ClientAccounts accounts,
      SetupRequest request,
      GrantSource grants) {
    SetupSteps all = new SetupSteps(windows, machine, accounts, request, grants);
    all.group();
    all.user(accounts.offline(), request.offlinePassword());
    all.user(accounts.online(), request.onlinePassword());
    all.members();
    all.rights();
    all.signIn(accounts.offline());
    all.signIn(accounts.online());
    if (request.network()) {
      all.rules();
      all.filters();
    }
    all.runner();
    all.reading();
    all.enabled();
    all.profile(accounts.online(), request.onlinePassword());
    if (request.network()) {
      all.profile(accounts.offline(), request.offlinePassword());
    }
    return List.copyOf(all.steps);
  }

  /**
   * Returns the steps in the order of teardown: the accounts' processes end first, and grants go
   * before accounts.
   */
  static List<SetupStep> backwards(List<SetupStep> steps) {
    List<SetupStep> order = new ArrayList<>();
    for (String first : List.of("enabled", "filters", "rule:", "sign-in:", "rights", "profile:")) {
      steps.stream().filter(step -> step.id().startsWith(first)).forEach(order::add);
    }
    for (int i = steps.size() - 1; i >= 0; i--) {
      if (!order.contains(steps.get(i))) {
        order.add(steps.get(i));
      }
    }
    return order;
  }

  /** Returns whether a step concerns an account itself. */
  static boolean isAccount(SetupStep step) {
    return step.id().equals("group") || step.id().startsWith("user:");
  }

  /** Returns whether the SID of an account is the only way to find a step's object. */
  static boolean namesAccount(SetupStep step) {
    return step.id().startsWith("profile:")
        || Set.of("enabled", "reading", "rights").contains(step.id());
  }

  private void group() {
    String name = accounts.group();
    steps.add(
        new SetupStep(
            "group",
            "group " + name,
            () -> ours(local.group(name), name),
            () -> {
              if (local.group(name).isEmpty()) {
                local.createGroup(name, accounts.comment());
              }
            },
            () -> {
              if (ownOnly(local.group(name), name)) {
                local.deleteGroup(name);
              }
            },
            "net localgroup " + name + " /delete"));
  }

  private void user(String name, String password) {
    steps.add(
        new SetupStep(
            "user:" + name,
            "user " + name,
            () -> ours(local.user(name), name),
            () -> {
              if (local.user(name).isEmpty()) {
                local.createUser(name, accounts.comment(), password);
              } else {
                local.setPassword(name, password);
              }
            },
            () -> {
              if (ownOnly(local.user(name), name)) {
                local.deleteUser(name);
              }
            },
            "net user " + name + " /delete"));
  }

  private Optional<String> ours(Optional<Account> found, String name) throws SandboxException {
    if (found.isEmpty()) {
      return Optional.of(MISSING);
    }
    if (!found.get().comment().equals(accounts.comment())) {
      throw new SandboxException(
          name
              + " is an account that Ringfence did not create; remove or rename it, and run set-up again");
    }
    return Optional.empty();
  }

  /**
   * Returns whether an account is ours; an account of another origin is neither changed nor
   * removed.
   */
  private boolean ownOnly(Optional<Account> found, String name) throws SandboxException {
    return found.isPresent() && ours(found, name).isEmpty();
  }

  private Sid groupSid() throws WindowsCallException {
    return local
        .group(accounts.group())
        .orElseThrow(
            () ->
                new WindowsCallException(
                    "NetLocalGroupGetInfo", WindowsError.GROUP_NOT_FOUND.code()))
        .sid();
  }

  private Sid userSid(String name) throws WindowsCallException {
    return local
        .user(name)
        .orElseThrow(
            () -> new WindowsCallException("NetUserGetInfo", WindowsError.USER_NOT_FOUND.code()))
        .sid();
  }

  private List<String> names() {
    return List.of(accounts.offline(), accounts.online());
  }

  private void members() {
    steps.add(
        new SetupStep(
            "members",
            "members of " + accounts.group() + " and of Users",
            () -> {
              for (Sid group : List.of(groupSid(), Sid.USERS)) {
                Set<Sid> members = local.members(group);
                for (String name : names()) {
                  if (!members.contains(userSid(name))) {
                    return Optional.of(name + " is not in " + group);
                  }
                }
              }
              return Optional.empty();
            },
            () -> {
              for (Sid group : List.of(groupSid(), Sid.USERS)) {
                Set<Sid> members = local.members(group);
                for (String name : names()) {
                  Sid user = userSid(name);
                  if (!members.contains(user)) {
                    local.addMember(group, user);
                  }
                }
              }
            },
            () -> {
              for (String name : names()) {
                Optional<Account> user = local.user(name);
                if (user.isPresent() && local.members(Sid.USERS).contains(user.get().sid())) {
                  local.removeMember(Sid.USERS, user.get().sid());
                }
              }
            },
            "net localgroup Users " + accounts.online() + " /delete"));
  }

  private void rights() {
    steps.add(
        new SetupStep(
            "rights",
            "denied logons of " + accounts.group(),
            () ->
                local.rights(groupSid()).containsAll(DENIED)
                    ? Optional.empty()
                    : Optional.of("not all of " + DENIED + " are set"),
            () -> local.addRights(groupSid(), DENIED),
            () -> {
              Optional<Account> group = local.group(accounts.group());
              if (group.isPresent() && !local.rights(group.get().sid()).isEmpty()) {
                local.removeRights(group.get().sid());
              }
            },
            "secpol.msc, Local Policies, User Rights Assignment"));
  }

  private void signIn(String name) {
    steps.add(
        new SetupStep(
            "sign-in:" + name,
            "sign-in screen without " + name,
            () ->
                administration.registry().number(SIGN_IN_SCREEN, name).orElse(-1) == 0
                    ? Optional.empty()
                    : Optional.of(MISSING),
            () -> administration.registry().setNumber(SIGN_IN_SCREEN, name, 0),
            () -> {
              if (administration.registry().number(SIGN_IN_SCREEN, name).isPresent()) {
                administration.registry().remove(SIGN_IN_SCREEN, name);
              }
            },
            "reg delete \"HKLM\\" + SIGN_IN_SCREEN + "\" /v " + name + " /f"));
  }

  /** The rules' names do not depend on the user, who may no longer exist at teardown. */
  private List<FirewallRule> rules(Sid user) {
    return FirewallRule.closing(accounts.id(), user, accounts.ports());
  }

  /**
   * Returns why rules of this machine do not hold. The filters do all the same: they are the
   * boundary, and the firewall is a second one where no other vendor's has replaced it.
   */
  private Optional<String> unheld() throws WindowsCallException {
    return administration.firewall().problem();
  }

  private void rules() {
    List<FirewallRule> named = rules(Sid.SYSTEM);
    for (int i = 0; i < named.size(); i++) {
      int number = i;
      String name = named.get(i).name();
      steps.add(
          new SetupStep(
              "rule:" + i,
              "firewall rule '" + name + "'",
              () -> {
                if (unheld().isPresent()) {
                  return Optional.empty();
                }
                Optional<FirewallRule.Reading> told = administration.firewall().rule(name);
                return told.isEmpty()
                    ? Optional.of(MISSING)
                    : rules(userSid(accounts.offline())).get(number).difference(told.get());
              },
              () -> {
                if (unheld().isEmpty()) {
                  administration.firewall().add(rules(userSid(accounts.offline())).get(number));
                }
              },
              () -> {
                if (administration.firewall().rule(name).isPresent()) {
                  administration.firewall().remove(name);
                }
              },
              "netsh advfirewall firewall delete rule name=\"" + name + "\"",
              this::unheld));
    }
  }

  private List<PlatformFilter> filters(Sid user) {
    return PlatformFilter.closing(accounts.id(), user, accounts.ports());
  }

  private void filters() {
    steps.add(
        new SetupStep(
            "filters",
            "filters of the filtering platform",
            () -> {
              for (PlatformFilter filter : filters(userSid(accounts.offline()))) {
                Optional<String> tag = administration.filters().tag(filter.key());
                if (!tag.equals(Optional.of(filter.tag()))) {
                  return Optional.of(
                      "'" + filter.name() + "' is " + (tag.isEmpty() ? "missing" : "another"));
                }
              }
              return Optional.empty();
            },
            () -> administration.filters().replace(filters(userSid(accounts.offline()))),
            () ->
                administration
                    .filters()
                    .remove(filters(Sid.SYSTEM).stream().map(PlatformFilter::key).toList()),
            "ringfence windows teardown"));
  }

  private void runner() {
    RunnerLibraries libraries =
        new RunnerLibraries(machine.runner(accounts.id()), request.libraries());
    steps.add(
        new SetupStep(
            "runner",
            "libraries of the runner",
            libraries::problem,
            libraries::copy,
            libraries::remove,
            "rmdir /s /q \"" + machine.runner(accounts.id()) + "\""));
  }

  private Installation grantJournal() {
    return new Installation(machine.grants(accounts.id()));
  }

  private boolean readable(String path) throws WindowsCallException {
    try (Handle file = windows.files().open(path, false)) {
      byte[] descriptor = windows.security().descriptor(file);
      return ReadGrants.readable(
          groupSid(),
          AccessControlList.ownerOf(descriptor).orElse(Sid.SYSTEM),
          AccessControlList.ofDescriptor(descriptor));
    }
  }

  private void reading() {
    String path = request.javaHome();
    steps.add(
        new SetupStep(
            "reading",
            "reading of " + path,
            () ->
                readable(path)
                    ? Optional.empty()
                    : Optional.of("the sandbox's users cannot read it"),
            () -> {
              if (readable(path)) {
                return;
              }
              Optional<String> refusal = ReadGrants.refusal(path);
              if (refusal.isPresent()) {
                throw new SandboxException(
                    "the JVM lies in " + path + ": " + refusal.get() + "; use one elsewhere");
              }
              grants.of(grantJournal()).grant(path, List.of(ReadGrants.entry(groupSid())), true);
            },
            () -> {
              Installation journal = grantJournal();
              for (Finding finding : grants.of(journal).teardown()) {
                if (!finding.fine()) {
                  throw new SandboxException(finding.text());
                }
              }
              journal.forget();
            },
            "icacls \"" + path + "\" /remove " + accounts.group()));
  }

  private void enabled() {
    steps.add(
        new SetupStep(
            "enabled",
            "users that can be logged on with",
            () -> {
              for (String name : names()) {
                boolean wanted = request.network() || name.equals(accounts.online());
                Optional<Account> user = local.user(name);
                if (user.isEmpty() || user.get().disabled() == wanted) {
                  return Optional.of(
                      name + " is " + (wanted ? "disabled" : "enabled without a closed network"));
                }
              }
              return Optional.empty();
            },
            () -> {
              for (String name : names()) {
                local.setDisabled(name, !request.network() && name.equals(accounts.offline()));
              }
            },
            this::disable,
            "net user " + accounts.online() + " /active:no"));
  }

  /** Disables the accounts and ends their processes. */
  void disable() throws WindowsCallException, IOException {
    for (String name : names()) {
      Optional<Account> user = local.user(name);
      if (user.isPresent() && user.get().comment().equals(accounts.comment())) {
        if (!user.get().disabled()) {
          local.setDisabled(name, true);
        }
        int rounds = 0;
        while (local.endProcesses(user.get().sid()) > 0) {
          if (++rounds == MOST_ROUNDS) {
            throw new SandboxException("processes of " + name + " start faster than they end");
          }
        }
      }
    }
  }

  /** Disables the users of a client, if they exist. */
  static Call disabling(WindowsSystem windows, MachineDirectory machine, ClientAccounts accounts) {
    SetupRequest nothing = new SetupRequest(Sid.SYSTEM, "", false, false, "", "", "", List.of());
    return new SetupSteps(windows, machine, accounts, nothing, none -> null)::disable;
  }

  private Optional<String> profileDirectory(String name) throws WindowsCallException {
    return administration.registry().text(PROFILES + userSid(name), "ProfileImagePath");
  }

  private void profile(String name, String password) {
    steps.add(
        new SetupStep(
            "profile:" + name,
            "profile of " + name,
            () -> profileDirectory(name).isPresent() ? Optional.empty() : Optional.of(MISSING),
            () -> firstLogon(name, password),
            () -> {
              Optional<Account> user = local.user(name);
              if (user.isPresent() && profileDirectory(name).isPresent()) {
                deleteProfile(user.get());
              }
            },
            "SystemPropertiesAdvanced.exe, User Profiles"));
  }

  /**
   * Deletes a profile. Windows unloads its part of the registry some time after the last process of
   * the user has ended; until then deleting fails.
   */
  private void deleteProfile(Account user) throws WindowsCallException {
    for (int tries = 1; ; tries++) {
      try {
        local.deleteProfile(user.sid());
        return;
      } catch (WindowsCallException e) {
        boolean loaded =
            e.code() == WindowsError.SHARING_VIOLATION.code()
                || e.code() == WindowsError.ACCESS_DENIED.code();
        if (!loaded || tries == UNLOAD_TRIES) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(UNLOAD_MILLIS));
      }
    }
  }

  private void firstLogon(String name, String password) throws WindowsCallException, IOException {
    String system = windows.machine().systemDirectory();
    String shell = system + "\\cmd.exe";
    Processes.Started started =
        administration
            .logons()
            .start(name, password, shell, "\"" + shell + "\" /d /c exit 0", system);
    try (Handle process = started.process();
        Handle thread = started.thread()) {
      windows.processes().resume(thread);
      if (!windows.processes().await(process, FIRST_LOGON_MILLIS)) {
        windows.processes().terminate(process, 1);
        throw new SandboxException("the first logon did not end in two minutes");
      }
      int code = windows.processes().exitCode(process);
      if (code != 0) {
        throw new SandboxException("the first logon: " + WindowsError.describe(code));
      }
    }
    Optional<String> directory = profileDirectory(name);
    if (directory.isPresent() && Files.isDirectory(Path.of(directory.get()))) {
      // It belongs to no person; among the people's profiles it would only be in the way.
      Files.setAttribute(Path.of(directory.get()), "dos:hidden", true);
    }
  }

  /** Returns the record of a client, once all steps are complete. */
  static ClientRecord record(
      WindowsSystem windows, MachineDirectory machine, ClientAccounts accounts, SetupRequest asked)
      throws WindowsCallException {
    SetupSteps all = new SetupSteps(windows, machine, accounts, asked, none -> null);
    return new ClientRecord(
        accounts,
        asked.user(),
        asked.home(),
        BuildVersion.of(SetupSteps.class).orElse("development"),
        asked.network(),
        all.groupSid(),
        all.userSid(accounts.offline()),
        all.userSid(accounts.online()),
        asked.javaHome(),
        machine.runner(accounts.id()).toString());
  }

  /** Returns the ids of all possible steps. */
  static Set<String> ids(List<SetupStep> steps) {
    Set<String> ids = new HashSet<>();
    steps.forEach(step -> ids.add(step.id()));
    return ids;
  }
}
