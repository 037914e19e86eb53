package org.ringfence.windows.probe;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.file.TreeRemoval;
import org.ringfence.policy.Limits;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.Launch;
import org.ringfence.windows.command.WindowsSession;
import org.ringfence.windows.system.WindowsError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs system programs in a session to test which operations it permits. */
public final class StartupSelfTest {
  private static final Logger LOG = LoggerFactory.getLogger(StartupSelfTest.class);

  // Commands have numbers above 0.
  private static final long CANARY = -1;

  /** Long enough for a system program; its failure would wait for a person at a dialog. */
  private static final int SECONDS = 5;

  /** The first start of PowerShell compiles and loads much. */
  private static final int POWERSHELL_SECONDS = 20;

  private static final int ACCEPT_MILLIS = 100;
  private static final String FILE = "RINGFENCE_CANARY";
  private static final String CONTENT = "canary";

  /** The exit code of {@link #POWERSHELL_SCRIPT} where PowerShell runs and its pipe is closed. */
  private static final int PIPE_CLOSED = 17;

  /**
   * Opens a named pipe of its own, which has no descriptor of its own. Where a policy forbids
   * PowerShell such types, it tells nothing about pipes.
   */
  private static final String POWERSHELL_SCRIPT =
      "if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') { exit 0 };"
          + " try { $name = 'ringfence-canary-' + $PID;"
          + " $server = New-Object System.IO.Pipes.NamedPipeServerStream($name);"
          + " $client = New-Object System.IO.Pipes.NamedPipeClientStream('.', $name);"
          + " $client.Connect(2000); exit 0 } catch { exit "
          + PIPE_CLOSED
          + " }";

  private final WindowsSession session;
  private final Path directory;
  private final Map<String, String> environment;
  private final int seconds;
  private final int powershellSeconds;

  /**
   * Prepares canaries.
   *
   * @param session the session that runs them
   * @param systemDirectory their working directory
   * @param environment their environment
   */
  public StartupSelfTest(
      WindowsSession session, String systemDirectory, Map<String, String> environment) {
    this(session, systemDirectory, environment, SECONDS, POWERSHELL_SECONDS);
  }

  StartupSelfTest(
      WindowsSession session,
      String systemDirectory,
      Map<String, String> environment,
      int seconds,
      int powershellSeconds) {
    this.session = session;
    this.directory = Path.of(systemDirectory);
    this.environment = environment;
    this.seconds = seconds;
    this.powershellSeconds = powershellSeconds;
  }

  /**
   * The results of canaries.
   *
   * @param problem why nothing starts; empty when programs do
   * @param undecided whether the problem is a program that did not end in its time, as on a busy
   *     machine
   * @param failing objects that are closed to programs, with the reason, in the order of {@link
   *     Canary}
   * @param unknown objects whose canary did not end in its time
   */
  public record Report(
      String problem, boolean undecided, Map<Canary, String> failing, Set<Canary> unknown) {
    /** Copies the parts. */
    public Report {
      Map<Canary, String> copy = new EnumMap<>(Canary.class);
      copy.putAll(failing);
      failing = Collections.unmodifiableMap(copy);
      unknown = Collections.unmodifiableSet(new TreeSet<>(unknown));
    }

    /**
     * Returns the report of a confinement in which nothing starts.
     *
     * @param problem why
     * @return the report
     */
    public static Report failed(String problem) {
      return new Report(problem, false, Map.of(), Set.of());
    }

    /** Returns whether each canary has ended: a later process finds the same. */
    public boolean decided() {
      return !undecided && unknown.isEmpty();
    }

    /** Describes the closed objects in words, and the unknown ones; empty when there are none. */
    public String words() {
      return Stream.concat(
              failing.entrySet().stream()
                  .map(entry -> entry.getKey().words() + " (" + entry.getValue() + ")"),
              unknown.stream()
                  .map(canary -> canary.words() + " (not known: it did not end, twice)"))
          .collect(Collectors.joining(", "));
    }
  }

  /** An object that common programs open, and a canary for it. */
  public enum Canary {
    /** {@code \Device\Null}: scripts discard output. */
    NULL_DEVICE("NUL", true),
    /** An unnamed pipe between two programs. */
    PIPE("pipes between programs", true),
    /** Node, {@code stat} and the start of some programs look at it. */
    DRIVE_ROOT("the root of the drive", true),
    /** {@code powershell.exe}. */
    POWERSHELL("PowerShell", false),
    /** A named pipe of a program's own. */
    OWN_NAMED_PIPE("named pipes of their own", false),
    /** {@code \Device\Afd}. */
    SOCKET("sockets", false);

    private final String words;
    private final boolean quick;

    Canary(String words, boolean quick) {
      this.words = words;
      this.quick = quick;
    }

    /** Returns the object in words. */
    public String words() {
      return words;
    }

    /** Returns whether each start of a JVM tries it; the results of others are remembered. */
    public boolean quick() {
      return quick;
    }
  }

  /** What the canaries have found so far. */
  private static final class Findings {
    private final Map<Canary, String> failing = new EnumMap<>(Canary.class);
    private final Set<Canary> unknown = EnumSet.noneOf(Canary.class);

    private void failed(Canary canary, IOException why) {
      if (why instanceof Unended) {
        unknown.add(canary);
      } else {
        failing.put(canary, String.valueOf(why.getMessage()));
      }
    }

    private Report report() {
      return new Report("", false, failing, unknown);
    }
  }

  /** A program did not end in its time. That tells nothing about the confinement. */
  private static final class Unended extends SandboxException {
    private static final long serialVersionUID = 1L;

    private Unended(String program) {
      super(program + " does not end");
    }
  }

  /**
   * Tries the quick canaries.
   *
   * @return the results
   */
  public Report quickReport() {
    Optional<Report> problem = startProblem();
    if (problem.isPresent()) {
      return problem.get();
    }
    Findings found = new Findings();
    quick(found);
    return found.report();
  }

  private void quick(Findings found) {
    exit("echo x>nul", found, Canary.NULL_DEVICE);
    exit("echo x|findstr x", found, Canary.PIPE);
    exit("if not exist %SystemDrive%\\ exit 1", found, Canary.DRIVE_ROOT);
  }

  /**
   * Tries all canaries whose programs are there.
   *
   * @param servers makes a server that commands may reach; empty where none may be reached
   * @return the results
   */
  public Report report(Optional<LoopbackServers> servers) {
    Optional<Report> problem = startProblem();
    if (problem.isPresent()) {
      return problem.get();
    }
    Findings found = new Findings();
    quick(found);
    powershell(found);
    if (servers.isPresent()) {
      try {
        if (!reachesServer(servers.get()).orElse(true)) {
          found.failing.put(Canary.SOCKET, "curl.exe does not reach a server of this machine");
        }
      } catch (BindException e) {
        LOG.debug("sockets are not tried", e);
      } catch (IOException e) {
        found.failed(Canary.SOCKET, e);
      }
    }
    return found.report();
  }

  private void exit(String line, Findings found, Canary canary) {
    try {
      int code = exitCode(List.of("cmd.exe", "/d", "/c", line), environment, seconds);
      if (code != 0) {
        found.failing.put(canary, "cmd.exe ended with " + WindowsError.describe(code));
      }
    } catch (SandboxException e) {
      found.failed(canary, e);
    }
  }

  private void powershell(Findings found) {
    String program = directory + "\\WindowsPowerShell\\v1.0\\powershell.exe";
    try {
      int code =
          exitCode(
              List.of(program, "-NoProfile", "-NonInteractive", "-Command", POWERSHELL_SCRIPT),
              environment,
              powershellSeconds);
      if (code == PIPE_CLOSED) {
        found.failing.put(Canary.OWN_NAMED_PIPE, "PowerShell opens none");
      } else if (code != 0) {
        found.failing.put(Canary.POWERSHELL, "it ended with " + WindowsError.describe(code));
      }
    } catch (CommandNotFoundException e) {
      LOG.debug("this system has no PowerShell to try", e);
    } catch (SandboxException e) {
      found.failed(Canary.POWERSHELL, e);
    }
  }

  /** Makes servers of this machine that commands connect to. */
  public interface LoopbackServers {
    /** Listens on any free port. */
    LoopbackServers ANY = () -> new ServerSocket(0, 1, InetAddress.getLoopbackAddress());

    /** Returns a server that listens. */
    ServerSocket listening() throws IOException;
  }

  /** Returns why a console or a windowed program does not start; empty when both do. */
  private Optional<Report> startProblem() {
    for (List<String> command :
        List.of(List.of("cmd.exe", "/d", "/c", "exit 0"), List.of("rundll32.exe"))) {
      try {
        int code = exitCode(command, environment, seconds);
        if (code == WindowsError.STATUS_DLL_INIT_FAILED.code()
            || code == WindowsError.STATUS_DLL_NOT_FOUND.code()
            || code == WindowsError.ACCESS_DENIED.code()) {
          return Optional.of(
              Report.failed(command.get(0) + " ended with " + WindowsError.describe(code)));
        }
      } catch (SandboxException e) {
        return Optional.of(
            new Report(String.valueOf(e.getMessage()), e instanceof Unended, Map.of(), Set.of()));
      }
    }
    return Optional.empty();
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
          exitCode(
              List.of("cmd.exe", "/d", "/c", "echo changed>%" + FILE + "%"), variables, seconds);
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
            exitCode(List.of("cmd.exe", "/d", "/c", "type %" + FILE + "%"), variables, seconds)
                == 0);
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
   * @param servers makes the server
   * @return empty when this system has no program for the test
   * @throws IOException if the server cannot be started
   */
  public Optional<Boolean> reachesServer(LoopbackServers servers) throws IOException {
    try (ServerSocket server = servers.listening()) {
      String address = "http://127.0.0.1:" + server.getLocalPort() + "/";
      server.setSoTimeout(ACCEPT_MILLIS);
      // A proxy of the caller's would be another program's connection.
      exitCode(
          List.of("curl.exe", "-q", "-s", "--noproxy", "*", "-m", "2", address),
          environment,
          seconds);
      // A connection that the system permitted is in the queue by now.
      server.accept().close();
      return Optional.of(true);
    } catch (SocketTimeoutException e) {
      return Optional.of(false);
    } catch (CommandNotFoundException e) {
      return Optional.empty();
    }
  }

  /** Runs a program, and once more if it does not end: the machine may have been busy. */
  private int exitCode(List<String> command, Map<String, String> variables, int most)
      throws SandboxException {
    try {
      return ended(command, variables, most);
    } catch (Unended e) {
      LOG.debug("one more time: {}", e.getMessage());
      return ended(command, variables, most);
    }
  }

  private int ended(List<String> command, Map<String, String> variables, int most)
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
      if (!process.waitFor(most, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new Unended(command.get(0));
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted", e);
    }
  }
}
