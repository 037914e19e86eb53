package org.ringfence.windows;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.spi.MachineState.Setup;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.setup.ElevatedCode;
import org.ringfence.windows.setup.Elevation;
import org.ringfence.windows.setup.MachineDirectory;
import org.ringfence.windows.setup.Provisioning;
import org.ringfence.windows.setup.RunnerClassPath;
import org.ringfence.windows.setup.SetupRequest;
import org.ringfence.windows.setup.Vault;
import org.ringfence.windows.setup.Vault.Passwords;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;

/** The dedicated accounts of this user, seen from a process of this user, elevated or not. */
final class DedicatedUsers {
  private final WindowsSystem windows;
  private final Installation installation;
  private final MachineDirectory machine;
  private final Map<String, String> environment;
  private final Vault vault;
  private final Sid user;
  private final String id;

  /**
   * Identifies this user's accounts.
   *
   * @param windows the system
   * @param installation the lasting state of this user
   * @param environment the environment of this process
   */
  DedicatedUsers(WindowsSystem windows, Installation installation, Map<String, String> environment)
      throws SandboxException {
    this.environment = Map.copyOf(environment);
    this.windows = windows;
    this.installation = installation;
    this.machine =
        MachineDirectory.of(environment)
            .orElseThrow(() -> new SandboxException("ProgramData is not set; set it"));
    this.vault = new Vault(windows, installation.directory());
    try (Handle own = windows.tokens().ofThisProcess()) {
      // From the token: names can change, and belong to other users afterwards.
      this.user = windows.tokens().facts(own).user();
    } catch (WindowsCallException e) {
      throw told(e);
    }
    this.id = ClientAccounts.id(user, home());
  }

  private String home() {
    return installation.directory().toAbsolutePath().toString();
  }

  private static SandboxException told(WindowsCallException e) {
    String remedy = WindowsError.remedy(e.code());
    return new SandboxException(
        "dedicated users: " + e.getMessage() + (remedy.isEmpty() ? "" : "; use " + remedy), e);
  }

  /** Returns this user's client, when its set-up is complete and no change is in progress. */
  Optional<ClientRecord> client() throws IOException {
    return machine.begun(id).isPresent() ? Optional.empty() : machine.find(id);
  }

  /** Returns whether a change has begun and not finished. */
  boolean interrupted() throws IOException {
    return machine.begun(id).isPresent();
  }

  Optional<Passwords> passwords() throws SandboxException {
    return with("passwords", vault::read);
  }

  private interface Task<T> {
    T run() throws IOException, WindowsCallException;
  }

  private static <T> T with(String what, Task<T> task) throws SandboxException {
    try {
      return task.run();
    } catch (WindowsCallException e) {
      throw told(e);
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException(what + ": " + e.getMessage(), e);
    }
  }

  List<Finding> setup(Setup options) throws SandboxException {
    refuseWine();
    return with("set-up", () -> setUp(options));
  }

  private List<Finding> setUp(Setup options) throws IOException, WindowsCallException {
    Optional<Passwords> kept = kept();
    boolean rotate = options.rotate() || kept.isEmpty();
    Passwords passwords = rotate ? vault.create() : kept.get();
    String javaHome = System.getProperty("java.home");
    List<String> libraries = RunnerClassPath.ofThisProcess();
    if (windows.administration().accounts().administrator()) {
      return new Provisioning(windows, machine)
          .setup(
              new SetupRequest(
                  user,
                  home(),
                  !options.filesOnly(),
                  rotate,
                  passwords.offline(),
                  passwords.online(),
                  javaHome,
                  libraries));
    }
    return elevation()
        .run(
            new Message.Task(
                Message.VERSION,
                "setup",
                id,
                home(),
                !options.filesOnly(),
                rotate,
                passwords.offline(),
                passwords.online(),
                javaHome,
                libraries));
  }

  /**
   * Returns the stored passwords; empty when they can no longer be decrypted, and set-up makes new
   * ones.
   */
  private Optional<Passwords> kept() throws IOException {
    try {
      return vault.read();
    } catch (WindowsCallException e) {
      return Optional.empty();
    }
  }

  private void refuseWine() throws SandboxException {
    if (windows.machine().version().contains("Wine")) {
      throw new SandboxException(
          "set-up: this is Wine, which says that accounts and rights have been made and makes"
              + " none; use Windows itself");
    }
  }

  private Elevation elevation() throws SandboxException {
    Path home = Path.of(System.getProperty("java.home"));
    Path program = home.resolve("bin").resolve("javaw.exe");
    String programs = environment.get("ProgramFiles");
    if (programs == null) {
      throw new SandboxException("elevated set-up: ProgramFiles is not set; set it");
    }
    List<String> libraries = RunnerClassPath.ofThisProcess();
    Optional<ElevatedCode.Problem> problem =
        new ElevatedCode(windows)
            .problem(
                new ElevatedCode.Parts(program, home, libraries, Path.of(programs)), environment);
    if (problem.isPresent()) {
      throw new SandboxException(
          "elevated set-up: "
              + problem.get().reason()
              + ", so that another program could run with the rights of the administrator who"
              + " answers the prompt; "
              + problem.get().remedy());
    }
    return new Elevation(
        windows,
        program.toString(),
        List.of(
            // A JVM shares its counters by a file in the user's TEMP.
            "-XX:-UsePerfData",
            "-cp",
            String.join(File.pathSeparator, libraries),
            "org.ringfence.windows.program.ElevatedMain",
            programs));
  }

  private boolean nothingIsKept() throws IOException {
    return machine.find(id).isEmpty() && machine.begun(id).isEmpty();
  }

  private List<Finding> elevated(String verb) throws SandboxException, WindowsCallException {
    if (windows.administration().accounts().administrator()) {
      Provisioning provisioning = new Provisioning(windows, machine);
      return verb.equals("repair") ? provisioning.repair() : provisioning.teardown(id);
    }
    return elevation()
        .run(
            new Message.Task(
                Message.VERSION, verb, id, home(), false, false, "", "", "", List.of()));
  }

  List<Finding> repair() throws SandboxException {
    return with("repair", () -> machine.journals().isEmpty() ? List.of() : elevated("repair"));
  }

  /** Removes the accounts; the user's own grants must be gone by then. */
  List<Finding> teardown() throws SandboxException {
    return with(
        "teardown",
        () -> {
          List<Finding> findings = new ArrayList<>();
          if (!nothingIsKept()) {
            findings.addAll(elevated("teardown"));
          }
          if (nothingIsKept()) {
            vault.remove();
          }
          return findings;
        });
  }

  List<Finding> status() throws SandboxException {
    return with("status", () -> new Provisioning(windows, machine).status());
  }
}
