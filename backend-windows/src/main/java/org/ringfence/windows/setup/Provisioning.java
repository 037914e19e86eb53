package org.ringfence.windows.setup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.access.AclEditor;
import org.ringfence.windows.access.InheritingTrees;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.setup.state.SetupJournal;
import org.ringfence.windows.setup.state.SetupJournal.Direction;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;

/**
 * Sets accounts up and removes them. Every step is recorded before it runs and verified afterwards;
 * during a change, the accounts cannot log on.
 */
public final class Provisioning {
  private static final String LOCK = "Global\\Ringfence-setup";
  private static final String LOCK_DESCRIPTOR = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";
  private static final int LOCK_MILLIS = 60_000;

  /** A protected list ({@code SE_DACL_PROTECTED}, {@code SE_DACL_PRESENT}, self-relative). */
  private static final byte[] PROTECTED = {1, 0, 0x04, (byte) 0x90};

  private final WindowsSystem windows;
  private final MachineDirectory machine;
  private final SetupSteps.GrantSource grants;

  /**
   * Prepares set-up.
   *
   * @param windows the system
   * @param machine the state of all clients
   */
  public Provisioning(WindowsSystem windows, MachineDirectory machine) {
    this(windows, machine, journal -> AclEditor.of(windows, journal, new InheritingTrees(windows)));
  }

  Provisioning(WindowsSystem windows, MachineDirectory machine, SetupSteps.GrantSource grants) {
    this.windows = windows;
    this.machine = machine;
    this.grants = grants;
  }

  private interface Task<T> {
    T run() throws WindowsCallException, IOException;
  }

  /**
   * Runs one task at a time on this machine; a process that took the lock's name first only causes
   * an error.
   */
  private <T> T locked(Task<T> task) throws SandboxException {
    try {
      if (!windows.administration().accounts().administrator()) {
        throw new SandboxException(
            "set-up, rights: this process is no administrator's; use an elevated prompt");
      }
      byte[] descriptor = windows.security().ofSddl(LOCK_DESCRIPTOR);
      try (Handle lock = windows.machine().lock(LOCK, descriptor, LOCK_MILLIS)) {
        return task.run();
      }
    } catch (WindowsCallException e) {
      throw new SandboxException("set-up: " + reason(e), e);
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("set-up: " + e.getMessage(), e);
    }
  }

  private static String reason(Exception e) {
    String remedy = e instanceof WindowsCallException call ? WindowsError.remedy(call.code()) : "";
    return e.getMessage() + (remedy.isEmpty() ? "" : "; use " + remedy);
  }

  /**
   * Sets a client up, or the missing parts of it.
   *
   * @param request the request
   * @return a finding for each step
   * @throws SandboxException if a step fails; then the accounts are disabled, and set-up can be run
   *     again
   */
  public List<Finding> setup(SetupRequest request) throws SandboxException {
    return locked(
        () -> {
          if (windows.administration().accounts().domainController()) {
            throw new SandboxException(
                "set-up, accounts: this is a domain controller, whose accounts are the domain's;"
                    + " use another machine, or WSL2");
          }
          String id = ClientAccounts.id(request.user(), request.home());
          List<Finding> findings = new ArrayList<>();
          Optional<SetupJournal> begun = machine.begun(id);
          if (begun.isPresent() && begun.get().direction() == Direction.TEARDOWN) {
            findings.addAll(undo(begun.get()));
            begun = machine.begun(id);
            if (begun.isPresent()) {
              return findings;
            }
          }
          directory();
          findings.addAll(forwards(request, journal(id, request, begun)));
          return findings;
        });
  }

  private SetupJournal journal(String id, SetupRequest request, Optional<SetupJournal> begun)
      throws IOException {
    if (begun.isPresent()) {
      return begun.get();
    }
    Optional<ClientRecord> client = machine.find(id);
    ClientAccounts accounts =
        client.isPresent() ? client.get().accounts() : ClientAccounts.of(id, takenPorts());
    return new SetupJournal(
        accounts,
        request.user(),
        request.home(),
        Direction.SETUP,
        client.isPresent(),
        List.of(),
        List.of());
  }

  private List<Integer> takenPorts() throws IOException {
    List<Integer> taken = new ArrayList<>();
    machine.clients().forEach(client -> taken.add(client.accounts().firstPort()));
    machine.journals().forEach(journal -> taken.add(journal.accounts().firstPort()));
    return taken;
  }

  private List<Finding> forwards(SetupRequest request, SetupJournal from)
      throws WindowsCallException, IOException {
    ClientAccounts accounts = from.accounts();
    List<SetupStep> steps = SetupSteps.of(windows, machine, accounts, request, grants);
    List<Finding> findings = new ArrayList<>();
    SetupJournal journal = from;
    List<SetupStep> unwanted = unwanted(request, from, SetupSteps.ids(steps));
    boolean changing = !unwanted.isEmpty();
    String now = "accounts";
    try {
      if (changing) {
        machine.put(journal);
        SetupSteps.disabling(windows, machine, accounts).run();
      }
      for (SetupStep step : unwanted) {
        now = step.what();
        journal = journal.beginning(step.id());
        machine.put(journal);
        step.undo().run();
        findings.add(new Finding(true, step.what() + ": taken back"));
      }
      for (SetupStep step : steps) {
        now = step.what();
        boolean again = request.rotate() && step.id().startsWith("user:");
        boolean trusted = from.wasComplete() || journal.done().contains(step.id());
        if (!again && trusted && step.look().problem().isEmpty()) {
          findings.add(new Finding(true, step.what() + ": there already" + remark(step)));
          continue;
        }
        if (!changing) {
          machine.put(journal);
          SetupSteps.disabling(windows, machine, accounts).run();
          changing = true;
        }
        if (step.id().startsWith("user:")) {
          // An account of this name that is not ours is refused before any change to it.
          step.look().problem();
        }
        journal = journal.beginning(step.id());
        machine.put(journal);
        step.apply().run();
        Optional<String> problem = step.look().problem();
        if (problem.isPresent()) {
          throw new SandboxException("this system took it and did not keep it: " + problem.get());
        }
        journal = journal.having(step.id());
        machine.put(journal);
        findings.add(new Finding(true, step.what() + ": done" + remark(step)));
      }
      now = "registry of clients";
      machine.put(SetupSteps.record(windows, machine, accounts, request));
      machine.removeJournal(accounts.id());
      machine.removeWhatIsEmpty();
      return findings;
    } catch (WindowsCallException | IOException e) {
      SetupException failed = new SetupException(now, reason(e), e);
      closeAccounts(accounts, failed);
      throw failed;
    }
  }

  /** Returns the steps that closed, or began to close, a network that is to be open again. */
  private List<SetupStep> unwanted(SetupRequest request, SetupJournal journal, Set<String> wanted)
      throws IOException {
    boolean closed = machine.find(journal.accounts().id()).map(ClientRecord::network).orElse(false);
    SetupRequest everything = request.withNetwork();
    return SetupSteps.backwards(
            SetupSteps.of(windows, machine, journal.accounts(), everything, grants))
        .stream()
        .filter(step -> !wanted.contains(step.id()))
        .filter(
            step ->
                journal.begun().contains(step.id())
                    // A profile does no harm, and making it again needs its password.
                    || closed && !step.id().startsWith("profile:"))
        .toList();
  }

  private void closeAccounts(ClientAccounts accounts, Exception why) {
    try {
      SetupSteps.disabling(windows, machine, accounts).run();
    } catch (WindowsCallException | IOException e) {
      why.addSuppressed(e);
    }
  }

  /** Administrators write here and every user reads; another owner's directory is not used. */
  private void directory() throws WindowsCallException, IOException {
    Path directory = machine.directory();
    boolean made = !Files.exists(directory, LinkOption.NOFOLLOW_LINKS);
    if (made) {
      Files.createDirectory(directory);
    }
    try (Handle file = windows.files().open(directory.toString(), true)) {
      byte[] before = windows.security().descriptor(file);
      Optional<Sid> owner = AccessControlList.ownerOf(before);
      boolean administrators =
          owner.isPresent() && Set.of(Sid.ADMINISTRATORS, Sid.SYSTEM).contains(owner.get());
      if (!administrators || windows.files().facts(file).reparsePoint()) {
        throw new SandboxException(
            directory
                + " is a link, or belongs to "
                + owner.map(Sid::text).orElse("an unknown user")
                + ", no administrator; remove it");
      }
      AccessControlList list =
          AccessControlList.of(
              tree(Sid.SYSTEM, GenericMapping.FILE.all()),
              tree(Sid.ADMINISTRATORS, GenericMapping.FILE.all()),
              tree(Sid.USERS, GenericMapping.FILE.read() | GenericMapping.FILE.execute()));
      if (!AccessControlList.ofDescriptor(before).equals(Optional.of(list))) {
        windows.security().setDaclExactly(file, list.descriptor(PROTECTED));
      }
      byte[] after = windows.security().descriptor(file);
      if (!AccessControlList.ofDescriptor(after).equals(Optional.of(list))) {
        throw new SandboxException(directory + ": this system took its list and did not keep it");
      }
    }
    if (made) {
      try (Stream<Path> planted = Files.list(directory)) {
        if (planted.findAny().isPresent()) {
          throw new SandboxException(
              directory + ": another program created a file there during set-up; remove it");
        }
      }
    }
  }

  private static Ace tree(Sid sid, int mask) {
    return new Ace(Ace.Type.ALLOW, sid, mask, Ace.Scope.TREE);
  }

  /**
   * Removes a client's accounts and everything that belongs to them.
   *
   * @param id the client's id
   * @return a finding for each step; a failed one names the command that would undo it
   * @throws SandboxException if no step can run
   */
  public List<Finding> teardown(String id) throws SandboxException {
    return locked(
        () -> {
          Optional<SetupJournal> begun = machine.begun(id);
          Optional<ClientRecord> client = machine.find(id);
          if (begun.isPresent()) {
            return undo(
                begun.get().direction() == Direction.TEARDOWN || client.isEmpty()
                    ? begun.get()
                    : whole(client.get()));
          }
          return client.isPresent() ? undo(whole(client.get())) : List.<Finding>of();
        });
  }

  private SetupJournal whole(ClientRecord client) {
    Set<String> ids =
        SetupSteps.ids(
            SetupSteps.of(
                windows, machine, client.accounts(), request(client).withNetwork(), grants));
    return new SetupJournal(
        client.accounts(),
        client.user(),
        client.home(),
        Direction.TEARDOWN,
        false,
        List.copyOf(ids),
        List.of());
  }

  private List<SetupStep> stepsOf(ClientRecord client) {
    return SetupSteps.of(windows, machine, client.accounts(), request(client), grants);
  }

  private SetupRequest request(ClientRecord client) {
    // The copied files are the runner's libraries.
    return new SetupRequest(
        client.user(),
        client.home(),
        client.network(),
        false,
        "",
        "",
        client.javaHome(),
        List.of());
  }

  private List<Finding> undo(SetupJournal from) throws IOException {
    SetupJournal journal = from.backwards();
    machine.put(journal);
    String id = journal.accounts().id();
    Optional<ClientRecord> client = machine.find(id);
    SetupRequest request =
        new SetupRequest(
            journal.user(),
            journal.home(),
            true,
            false,
            "",
            "",
            client.map(ClientRecord::javaHome).orElse(""),
            List.of());
    List<SetupStep> steps = SetupSteps.of(windows, machine, journal.accounts(), request, grants);
    Set<String> begun = new HashSet<>(journal.begun());
    List<Finding> findings = new ArrayList<>();
    boolean all = true;
    boolean named = false;
    for (SetupStep step : SetupSteps.backwards(steps)) {
      // The accounts are disabled in any case.
      if (!begun.contains(step.id()) && !step.id().equals("enabled")) {
        continue;
      }
      if (named && SetupSteps.isAccount(step)) {
        findings.add(
            new Finding(
                false,
                step.what() + ": kept, because objects that it owns are left; run teardown again"));
        continue;
      }
      try {
        step.undo().run();
        findings.add(new Finding(true, step.what() + ": taken back"));
      } catch (WindowsCallException | IOException e) {
        all = false;
        named |= SetupSteps.namesAccount(step);
        findings.add(
            new Finding(false, step.what() + ": " + reason(e) + "; by hand: " + step.byHand()));
      }
    }
    if (all) {
      machine.removeClient(id);
      machine.removeJournal(id);
      machine.removeWhatIsEmpty();
    }
    return findings;
  }

  /**
   * Brings every client whose set-up was interrupted back to its earlier state or, where set-up had
   * been complete before, to its intended state.
   *
   * @return a finding for each item handled
   * @throws SandboxException if no step can run
   */
  public List<Finding> repair() throws SandboxException {
    return locked(
        () -> {
          List<Finding> findings = new ArrayList<>();
          for (SetupJournal journal : machine.journals()) {
            String id = journal.accounts().id();
            Optional<ClientRecord> client = machine.find(id);
            if (journal.direction() == Direction.SETUP
                && journal.wasComplete()
                && client.isPresent()) {
              findings.addAll(completed(client.get(), journal));
            } else if (journal.direction() == Direction.SETUP && allThere(journal, client)) {
              machine.removeJournal(id);
              findings.add(new Finding(true, "client " + id + ": set-up had been finished"));
            } else {
              findings.addAll(undo(journal));
            }
          }
          machine.removeWhatIsEmpty();
          return findings;
        });
  }

  /** Returns whether only removing the journal remained. */
  private boolean allThere(SetupJournal journal, Optional<ClientRecord> client)
      throws WindowsCallException, IOException {
    if (client.isEmpty()) {
      return false;
    }
    for (SetupStep step : stepsOf(client.get())) {
      if (!journal.done().contains(step.id()) || step.look().problem().isPresent()) {
        return false;
      }
    }
    return true;
  }

  private List<Finding> completed(ClientRecord client, SetupJournal journal) {
    try {
      return forwards(request(client), journal);
    } catch (WindowsCallException | IOException e) {
      return List.of(new Finding(false, reason(e) + "; use ringfence windows setup"));
    }
  }

  /**
   * Reports the state of every client. Changes nothing.
   *
   * @return a finding for each step
   * @throws IOException if a record cannot be read
   */
  public List<Finding> status() throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (SetupJournal journal : machine.journals()) {
      findings.add(
          new Finding(
              false,
              "client "
                  + journal.accounts().id()
                  + ": "
                  + (journal.direction() == Direction.SETUP ? "set-up" : "teardown")
                  + " was interrupted; run: ringfence windows repair"));
    }
    for (ClientRecord client : machine.clients()) {
      for (SetupStep step : stepsOf(client)) {
        findings.add(looked(client, step));
      }
    }
    return findings;
  }

  private static String remark(SetupStep step)
      throws WindowsCallException, IOException, SandboxException {
    return step.remark()
        .problem()
        .map(text -> ", without effect: " + text + "; the filters close the network")
        .orElse("");
  }

  private static Finding looked(ClientRecord client, SetupStep step) {
    String what = "client " + client.accounts().id() + ", " + step.what() + ": ";
    try {
      Optional<String> problem = step.look().problem();
      return new Finding(
          problem.isEmpty(),
          what + "expected there, found " + problem.orElse("there") + remark(step));
    } catch (WindowsCallException e) {
      boolean denied =
          e.code() == WindowsError.ACCESS_DENIED.code()
              || e.code() == WindowsError.ACCESS_DENIED_RESULT.code();
      return new Finding(
          denied,
          what
              + (denied
                  ? "only an administrator can look; its effect is tried at each start"
                  : e.getMessage()));
    } catch (IOException e) {
      return new Finding(false, what + e.getMessage());
    }
  }
}
