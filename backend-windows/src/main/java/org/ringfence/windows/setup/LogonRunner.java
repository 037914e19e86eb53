package org.ringfence.windows.setup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.ringfence.SandboxException;
import org.ringfence.windows.plan.CommandLine;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/** Starts runners as a client's users, through the secondary logon. */
public final class LogonRunner {
  private final WindowsSystem windows;
  private final ClientRecord client;
  private final Vault.Passwords passwords;

  /**
   * Prepares runners.
   *
   * @param windows the system
   * @param client the client
   * @param passwords its users' passwords
   */
  public LogonRunner(WindowsSystem windows, ClientRecord client, Vault.Passwords passwords) {
    this.windows = windows;
    this.client = client;
    this.passwords = passwords;
  }

  /**
   * Starts a suspended runner.
   *
   * @param offline whether it runs as the user without a network
   * @param pipes the pipes that it connects to
   * @return its process
   * @throws WindowsCallException if it cannot be started
   * @throws SandboxException if its libraries cannot be listed
   */
  public Processes.Started start(boolean offline, String pipes)
      throws WindowsCallException, SandboxException {
    // Without a console: its host would run with the account's unrestricted token and an ordinary
    // list, open to commands.
    String java = client.javaHome() + "\\bin\\javaw.exe";
    return windows
        .administration()
        .logons()
        .start(
            offline ? client.accounts().offline() : client.accounts().online(),
            offline ? passwords.offline() : passwords.online(),
            java,
            commandLine(java, pipes),
            // A directory that every user reaches; the runner sets those of commands.
            windows.machine().systemDirectory());
  }

  private String commandLine(String java, String pipes) throws SandboxException {
    try {
      return CommandLine.of(
          List.of(
              java,
              "-XX:+UseSerialGC",
              "-XX:TieredStopAtLevel=1",
              "-Xmx128m",
              "-Djna.nosys=true",
              "-Djna.nounpack=true",
              "-Djna.boot.library.path=" + client.runner(),
              "-cp",
              RunnerLibraries.classPath(Path.of(client.runner())),
              "org.ringfence.windows.program.RunnerMain",
              pipes));
    } catch (IOException e) {
      throw new SandboxException("runner: " + e.getMessage() + "; run: ringfence windows setup", e);
    }
  }
}
