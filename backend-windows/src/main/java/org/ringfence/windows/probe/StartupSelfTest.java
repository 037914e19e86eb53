package org.ringfence.windows.probe;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.file.TreeRemoval;
import org.ringfence.policy.Limits;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.Launch;
import org.ringfence.windows.command.WindowsSession;
import org.ringfence.windows.system.WindowsError;

/** Runs system programs in a session to test which operations it permits. */
public final class StartupSelfTest {
  // Commands have numbers above 0.
  private static final long CANARY = -1;
  private static final int SECONDS = 20;
  private static final int ACCEPT_MILLIS = 100;
  private static final String FILE = "RINGFENCE_CANARY";
  private static final String CONTENT = "canary";

  private final WindowsSession session;
  private final Path directory;
  private final Map<String, String> environment;

  /**
   * Prepares canaries.
   *
   * @param session the session that runs them
   * @param systemDirectory their working directory
   * @param environment their environment
   */
  public StartupSelfTest(
      WindowsSession session, String systemDirectory, Map<String, String> environment) {
    this.session = session;
    this.directory = Path.of(systemDirectory);
    this.environment = environment;
  }

  /** Returns why a console or a windowed program does not start; empty when both do. */
  public String startProblem() {
    for (List<String> command :
        List.of(List.of("cmd.exe", "/d", "/c", "exit 0"), List.of("rundll32.exe"))) {
      try {
        int code = exitCode(command, environment);
        if (code == WindowsError.STATUS_DLL_INIT_FAILED.code()
            || code == WindowsError.STATUS_DLL_NOT_FOUND.code()
            || code == WindowsError.ACCESS_DENIED.code()) {
          return command.get(0) + " ended with " + WindowsError.describe(code);
        }
      } catch (SandboxException e) {
        return e.getMessage();
      }
    }
    return "";
  }

  /**
   * Returns why a command cannot discard its output; empty when it can. The list of the null device
   * names Everyone, the system, administrators and restricted code alone (microsoft/mxc,
   * docs/host-prep.md), and most scripts of tools write to it.
   */
  public String nullDeviceProblem() {
    try {
      int code = exitCode(List.of("cmd.exe", "/d", "/c", "echo x>nul"), environment);
      return code == 0 ? "" : "NUL cannot be written: " + WindowsError.describe(code);
    } catch (SandboxException e) {
      return e.getMessage();
    }
  }

  /**
   * Tests whether a command writes to a user's file that no entry grants.
   *
   * @return true if it does
   * @throws IOException if the file cannot be made, or the command does not start
   */
  public boolean writes() throws IOException {
    return onFile(
        (file, variables) -> {
          exitCode(List.of("cmd.exe", "/d", "/c", "echo changed>%" + FILE + "%"), variables);
          return !Files.readString(file).equals(CONTENT);
        });
  }

  /**
   * Tests whether a command reads a user's file that no entry grants.
   *
   * @return true if it does
   * @throws IOException if the file cannot be made, or the command does not start
   */
  public boolean reads() throws IOException {
    return onFile(
        (file, variables) ->
            exitCode(List.of("cmd.exe", "/d", "/c", "type %" + FILE + "%"), variables) == 0);
  }

  private interface Attempt {
    boolean succeeds(Path file, Map<String, String> variables) throws IOException;
  }

  private boolean onFile(Attempt attempt) throws IOException {
    Path made = Files.createTempDirectory("ringfence-canary-").toRealPath();
    try {
      Path file = Files.writeString(made.resolve("file"), CONTENT);
      Map<String, String> variables = new HashMap<>(environment);
      variables.put(FILE, "\"" + file + "\"");
      return attempt.succeeds(file, variables);
    } finally {
      TreeRemoval.remove(made);
    }
  }

  /**
   * Tests whether a command reaches a server of the host over loopback.
   *
   * @return empty when this system has no program for the test
   * @throws IOException if the server cannot be started
   */
  Optional<Boolean> reachesServer() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "http://127.0.0.1:" + server.getLocalPort() + "/";
      server.setSoTimeout(ACCEPT_MILLIS);
      exitCode(List.of("curl.exe", "-s", "-m", "2", address), environment);
      // A connection that the system permitted is in the queue by now.
      server.accept().close();
      return Optional.of(true);
    } catch (SocketTimeoutException e) {
      return Optional.of(false);
    } catch (CommandNotFoundException e) {
      return Optional.empty();
    }
  }

  private int exitCode(List<String> command, Map<String, String> variables)
      throws SandboxException {
    SandboxedProcess process =
        session.start(
            new Launch(
                CANARY,
                command,
                directory,
                CommandEnvironment.of(variables),
                Redirect.from(new File("NUL")),
                Redirect.DISCARD,
                Redirect.DISCARD,
                false,
                Limits.NONE,
                Optional.empty()));
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new SandboxException(command.get(0) + " does not end");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted", e);
    }
  }
}
