package org.ringfence.windows.system;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.AddressRanges;
import org.ringfence.windows.plan.FilterCondition;
import org.ringfence.windows.plan.FirewallRule;
import org.ringfence.windows.plan.PlatformFilter;

/** Fake accounts, rights, registry, firewall and filters, in memory. */
public final class FakeAdministration
    implements Administration,
        Accounts,
        MachineRegistry,
        Firewall,
        FilterEngine,
        Logons,
        Secrets,
        NamedPipes,
        Sockets {
  private static final int USER_NOT_FOUND = 2221;
  private static final int GROUP_NOT_FOUND = 1376;

  /** A user of the fake Windows. */
  public static final class User {
    public Sid sid;
    public String comment;
    public String password;
    public boolean disabled = true;
  }

  private final FakeWindows windows;
  private final List<FakeJobs.FakeProcess> running = new ArrayList<>();
  private int number = 2000;

  public final Map<String, User> users = new TreeMap<>();
  public final Map<String, Account> groups = new TreeMap<>();
  public final Map<Sid, Set<Sid>> members = new HashMap<>();
  public final Map<Sid, Set<String>> rights = new HashMap<>();
  public final Map<String, Object> values = new TreeMap<>();
  public final Map<String, FirewallRule> rules = new LinkedHashMap<>();
  public final Map<UUID, PlatformFilter> engine = new LinkedHashMap<>();

  /** The problem that the firewall reports, if any. */
  public Optional<String> firewallProblem = Optional.empty();

  /** The user's answer to an elevation prompt. */
  public interface Prompt {
    /** Returns the exit code of the process started for these pipes. */
    int answer(String pipes) throws WindowsCallException;
  }

  public Prompt prompt = pipes -> 0;

  /** The owner of pipes, if it is another SID than the user. */
  public Optional<Sid> pipeOwner = Optional.empty();

  /** The user of the clients of pipes. */
  public Sid pipeUser = FakeWindows.USER;

  private final Map<String, FakePipe> pipes = new java.util.concurrent.ConcurrentHashMap<>();
  public volatile boolean elevated = true;

  /** The working directory of the last elevated process. */
  public volatile String elevatedIn;

  /** The variables that the registry sets for this user. */
  public final Set<String> variables = new TreeSet<>(Set.of("Path", "TEMP"));

  public boolean controller;
  public String lastCommandLine;

  FakeAdministration(FakeWindows windows) {
    this.windows = windows;
    members.put(Sid.USERS, new TreeSet<>(java.util.Comparator.comparing(Sid::text)));
  }

  private boolean keeps(String call) throws WindowsCallException {
    windows.call(call);
    return !windows.forgetful;
  }

  /** Returns all state that set-up may leave behind, as text. */
  public String everything() {
    StringBuilder text = new StringBuilder();
    users.forEach((name, user) -> text.append(name).append(user.disabled).append('\n'));
    text.append(groups.keySet()).append('\n');
    members.forEach((group, sids) -> text.append(sids.isEmpty() ? "" : group + " " + sids + '\n'));
    rights.forEach((who, names) -> text.append(names.isEmpty() ? "" : who + " " + names + '\n'));
    text.append(values).append('\n');
    rules.values().forEach(rule -> text.append(rule).append('\n'));
    engine.values().forEach(filter -> text.append(filter).append('\n'));
    return text.toString();
  }

  /** Returns the number of running processes of a user. */
  public long runningOf(Sid user) {
    return running.stream()
        .filter(process -> process.token.user().equals(user))
        .filter(process -> process.code == Processes.STILL_ACTIVE)
        .count();
  }

  /** Returns whether the rules and filters let a user reach an address. */
  public boolean reaches(Sid user, boolean tcp, InetAddress address, int port) {
    return firewallLets(user, tcp, address, port) && filtersLet(user, tcp, address, port);
  }

  public boolean firewallLets(Sid user, boolean tcp, InetAddress address, int port) {
    String text = address.getHostAddress();
    for (FirewallRule rule : rules.values()) {
      boolean protocol =
          rule.protocol() == FirewallRule.ANY
              || rule.protocol() == (tcp ? FirewallRule.TCP : FirewallRule.UDP);
      if (rule.direction() == FirewallRule.Direction.OUT
          && rule.user().equals(user)
          && protocol
          && AddressRanges.of(rule.remoteAddresses()).covers(AddressRanges.of(text))
          && rule.remotePorts().map(ports -> among(ports, port)).orElse(true)) {
        return false;
      }
    }
    return true;
  }

  private static boolean among(String ports, int port) {
    return Arrays.stream(ports.split(","))
        .map(range -> range.split("-"))
        .anyMatch(
            ends ->
                Integer.parseInt(ends[0]) <= port
                    && port <= Integer.parseInt(ends[ends.length - 1]));
  }

  public boolean filtersLet(Sid user, boolean tcp, InetAddress address, int port) {
    return engine.values().stream()
        .filter(filter -> filter.layer().name().startsWith("CONNECT"))
        .filter(filter -> filter.layer().v6() == address.getAddress().length > 4)
        .sorted(java.util.Comparator.comparingLong(filter -> -filter.weight()))
        .filter(
            filter ->
                filter.conditions().stream()
                    .allMatch(condition -> holds(condition, user, tcp, address, port)))
        .map(PlatformFilter::permit)
        .findFirst()
        .orElse(true);
  }

  private static boolean holds(
      FilterCondition condition, Sid user, boolean tcp, InetAddress address, int port) {
    if (condition instanceof FilterCondition.User own) {
      return own.user().equals(user);
    } else if (condition instanceof FilterCondition.Protocol protocol) {
      return protocol.number() == (tcp ? FirewallRule.TCP : FirewallRule.UDP);
    } else if (condition instanceof FilterCondition.Ports ports) {
      return ports.from() <= port && port <= ports.to();
    }
    return address.isLoopbackAddress();
  }

  @Override
  public Accounts accounts() {
    return this;
  }

  @Override
  public MachineRegistry registry() {
    return this;
  }

  @Override
  public Firewall firewall() {
    return this;
  }

  @Override
  public FilterEngine filters() {
    return this;
  }

  @Override
  public Logons logons() {
    return this;
  }

  @Override
  public Secrets secrets() {
    return this;
  }

  @Override
  public NamedPipes pipes() {
    return this;
  }

  @Override
  public Sockets sockets() {
    return this;
  }

  @Override
  public boolean administrator() throws WindowsCallException {
    windows.call("CheckTokenMembership");
    return elevated;
  }

  @Override
  public boolean domainController() {
    return controller;
  }

  @Override
  public Optional<Account> group(String name) throws WindowsCallException {
    windows.call("NetLocalGroupGetInfo");
    return Optional.ofNullable(groups.get(name));
  }

  @Override
  public Optional<Account> user(String name) throws WindowsCallException {
    windows.call("NetUserGetInfo");
    return Optional.ofNullable(users.get(name))
        .map(user -> new Account(user.sid, user.comment, user.disabled));
  }

  private Sid nextSid() {
    return new Sid("S-1-5-21-1-1-1-" + number++);
  }

  @Override
  public void createGroup(String name, String comment) throws WindowsCallException {
    if (keeps("NetLocalGroupAdd")) {
      Account group = new Account(nextSid(), comment, false);
      groups.put(name, group);
      members.put(group.sid(), new TreeSet<>(java.util.Comparator.comparing(Sid::text)));
    }
  }

  @Override
  public void deleteGroup(String name) throws WindowsCallException {
    windows.call("NetLocalGroupDel");
    Account gone = groups.remove(name);
    if (gone == null) {
      throw new WindowsCallException("NetLocalGroupDel", GROUP_NOT_FOUND);
    }
    members.remove(gone.sid());
  }

  @Override
  public void createUser(String name, String comment, String password) throws WindowsCallException {
    if (keeps("NetUserAdd")) {
      User user = new User();
      user.sid = nextSid();
      user.comment = comment;
      user.password = password;
      users.put(name, user);
    }
  }

  private User existing(String name) throws WindowsCallException {
    User user = users.get(name);
    if (user == null) {
      throw new WindowsCallException("NetUserSetInfo", USER_NOT_FOUND);
    }
    return user;
  }

  @Override
  public void setPassword(String name, String password) throws WindowsCallException {
    if (keeps("NetUserSetInfo(password)")) {
      existing(name).password = password;
    }
  }

  @Override
  public void setDisabled(String name, boolean disabled) throws WindowsCallException {
    if (keeps("NetUserSetInfo(flags)")) {
      existing(name).disabled = disabled;
    }
  }

  @Override
  public void deleteUser(String name) throws WindowsCallException {
    windows.call("NetUserDel");
    Sid gone = existing(name).sid;
    users.remove(name);
    // Like Windows, the fake removes memberships; rights stay with the SID of the deleted user.
    members.values().forEach(sids -> sids.remove(gone));
  }

  @Override
  public Set<Sid> members(Sid group) throws WindowsCallException {
    windows.call("NetLocalGroupGetMembers");
    return Set.copyOf(members.getOrDefault(group, Set.of()));
  }

  @Override
  public void addMember(Sid group, Sid member) throws WindowsCallException {
    if (keeps("NetLocalGroupAddMembers")) {
      members.get(group).add(member);
    }
  }

  @Override
  public void removeMember(Sid group, Sid member) throws WindowsCallException {
    windows.call("NetLocalGroupDelMembers");
    members.get(group).remove(member);
  }

  @Override
  public Set<String> rights(Sid account) throws WindowsCallException {
    windows.call("LsaEnumerateAccountRights");
    return Set.copyOf(rights.getOrDefault(account, Set.of()));
  }

  @Override
  public void addRights(Sid account, Set<String> names) throws WindowsCallException {
    if (keeps("LsaAddAccountRights")) {
      rights.put(account, new TreeSet<>(names));
    }
  }

  @Override
  public void removeRights(Sid account) throws WindowsCallException {
    windows.call("LsaRemoveAccountRights");
    rights.remove(account);
  }

  @Override
  public void deleteProfile(Sid user) throws WindowsCallException {
    windows.call("DeleteProfileW");
    values.keySet().removeIf(key -> key.contains(user.text() + "\\ProfileImagePath"));
  }

  @Override
  public int endProcesses(Sid user) throws WindowsCallException {
    windows.call("TerminateProcess(user)");
    List<FakeJobs.FakeProcess> theirs =
        running.stream()
            .filter(process -> process.token.user().equals(user))
            .filter(process -> process.code == Processes.STILL_ACTIVE)
            .toList();
    theirs.forEach(process -> process.end(1));
    return theirs.size();
  }

  @Override
  public OptionalInt number(String key, String name) throws WindowsCallException {
    windows.call("RegGetValueW");
    return values.get(key + "\\" + name) instanceof Integer found
        ? OptionalInt.of(found)
        : OptionalInt.empty();
  }

  @Override
  public Optional<String> text(String key, String name) throws WindowsCallException {
    windows.call("RegGetValueW");
    return Optional.ofNullable(values.get(key + "\\" + name)).map(Object::toString);
  }

  @Override
  public void setNumber(String key, String name, int value) throws WindowsCallException {
    if (keeps("RegSetValueExW")) {
      values.put(key + "\\" + name, value);
    }
  }

  @Override
  public void remove(String key, String name) throws WindowsCallException {
    windows.call("RegDeleteValueW");
    values.remove(key + "\\" + name);
  }

  @Override
  public Optional<String> problem() throws WindowsCallException {
    windows.call("LocalPolicyModifyState");
    return firewallProblem;
  }

  @Override
  public Optional<FirewallRule.Reading> rule(String name) throws WindowsCallException {
    windows.call("Rules.Item");
    return Optional.ofNullable(rules.get(name))
        .map(
            rule ->
                new FirewallRule.Reading(
                    true,
                    true,
                    rule.direction(),
                    0x7fffffff,
                    rule.protocol(),
                    rule.remoteAddresses(),
                    rule.remotePorts().orElse("*"),
                    rule.authorizedUsers()));
  }

  @Override
  public void add(FirewallRule rule) throws WindowsCallException {
    if (keeps("Rules.Add")) {
      rules.put(rule.name(), rule);
    }
  }

  @Override
  public void remove(String name) throws WindowsCallException {
    windows.call("Rules.Remove");
    rules.remove(name);
  }

  @Override
  public Optional<String> tag(UUID key) throws WindowsCallException {
    windows.call("FwpmFilterGetByKey0");
    return Optional.ofNullable(engine.get(key)).map(PlatformFilter::tag);
  }

  @Override
  public void replace(List<PlatformFilter> filters) throws WindowsCallException {
    if (keeps("FwpmTransactionCommit0")) {
      filters.forEach(filter -> engine.put(filter.key(), filter));
    }
  }

  @Override
  public void remove(List<UUID> keys) throws WindowsCallException {
    windows.call("FwpmTransactionCommit0(remove)");
    keys.forEach(engine::remove);
  }

  @Override
  public Processes.Started start(
      String name, String password, String program, String commandLine, String directory)
      throws WindowsCallException {
    windows.call("CreateProcessWithLogonW");
    lastCommandLine = commandLine;
    User user = existing(name);
    if (user.disabled) {
      throw new WindowsCallException("CreateProcessWithLogonW", 1331);
    }
    if (!user.password.equals(password)) {
      throw new WindowsCallException("CreateProcessWithLogonW", 1326);
    }
    values.put(
        "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\"
            + user.sid
            + "\\ProfileImagePath",
        "C:\\Users\\" + name);
    TokenFacts token =
        new TokenFacts(
            user.sid,
            Optional.of(FakeWindows.LOGON),
            Set.of("SeChangeNotifyPrivilege"),
            List.of(),
            false,
            false,
            false,
            1);
    Processes.Started started = windows.start(token, commandLine.endsWith("exit 0") ? 0 : null);
    running.add(windows.object(started.process(), FakeJobs.FakeProcess.class));
    if (program.endsWith("\\java.exe")) {
      // A console program gets a host of its console, with the same token, even without a window.
      Processes.Started host = windows.start(token, null);
      running.add(windows.object(host.process(), FakeJobs.FakeProcess.class));
      host.process().close();
      host.thread().close();
    }
    return started;
  }

  @Override
  public int elevate(String program, String parameters, String directory)
      throws WindowsCallException {
    windows.call("ShellExecuteExW");
    elevatedIn = directory;
    return elevated(parameters);
  }

  private int elevated(String parameters) throws WindowsCallException {
    elevated = true;
    try {
      return prompt.answer(parameters.substring(parameters.lastIndexOf(' ') + 1));
    } finally {
      elevated = false;
    }
  }

  @Override
  public byte[] protect(byte[] secret, byte[] entropy) throws WindowsCallException {
    windows.call("CryptProtectData");
    return mixed(secret, entropy);
  }

  private static byte[] mixed(byte[] secret, byte[] entropy) {
    byte[] mixed = secret.clone();
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] ^= (byte) (0x5a ^ entropy[i % entropy.length]);
    }
    return mixed;
  }

  @Override
  public byte[] unprotect(byte[] blob, byte[] entropy) throws WindowsCallException {
    windows.call("CryptUnprotectData");
    return mixed(blob, entropy);
  }

  @Override
  public Handle create(String name, byte[] descriptor) throws WindowsCallException {
    windows.call("CreateNamedPipeW");
    FakePipe pipe = new FakePipe(pipeOwner.orElse(windows.own.user()));
    if (pipes.putIfAbsent(name, pipe) != null) {
      throw new WindowsCallException("CreateNamedPipeW", 231);
    }
    return windows.handle(pipe);
  }

  @Override
  public void await(Handle pipe, int millis, java.util.function.BooleanSupplier worthwhile)
      throws WindowsCallException {
    windows.call("ConnectNamedPipe");
    FakePipe made = windows.object(pipe, FakePipe.class);
    for (int waited = 0; !made.connected(); waited++) {
      if (waited == millis || !worthwhile.getAsBoolean()) {
        throw new WindowsCallException("ConnectNamedPipe", 258);
      }
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        throw new WindowsCallException("ConnectNamedPipe", 258);
      }
    }
  }

  @Override
  public int client(Handle pipe) throws WindowsCallException {
    windows.call("GetNamedPipeClientProcessId");
    return (int) ProcessHandle.current().pid();
  }

  @Override
  public Sid user(Handle pipe) throws WindowsCallException {
    windows.call("ImpersonateNamedPipeClient");
    return pipeUser;
  }

  @Override
  public int server(Handle pipe) throws WindowsCallException {
    windows.call("GetNamedPipeServerProcessId");
    return (int) ProcessHandle.current().pid();
  }

  @Override
  public Handle open(String name, Direction direction) throws WindowsCallException {
    windows.call("CreateFileW(pipe)");
    FakePipe pipe = pipes.get(name);
    if (pipe == null) {
      throw new WindowsCallException("CreateFileW", 2);
    }
    pipe.connect();
    return windows.handle(pipe);
  }

  @Override
  public int reach(boolean tcp, InetAddress address, int port) throws WindowsCallException {
    windows.call("connect");
    // Nobody listens at the addresses that are tried.
    return reaches(windows.own.user(), tcp, address, port) ? 10061 : FORBIDDEN;
  }

  @Override
  public boolean ping(InetAddress address) throws WindowsCallException {
    windows.call("IcmpSendEcho");
    return false;
  }

  @Override
  public Set<String> registeredVariables() throws WindowsCallException {
    windows.call("Reg*");
    return Set.copyOf(variables);
  }
}
