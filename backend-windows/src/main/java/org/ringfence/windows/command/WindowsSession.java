package org.ringfence.windows.command;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.kit.process.KillTimer;
import org.ringfence.kit.session.SessionBase;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.spi.Launch;
import org.ringfence.windows.plan.CommandLine;
import org.ringfence.windows.plan.EnvironmentBlock;
import org.ringfence.windows.plan.PathHazard;
import org.ringfence.windows.plan.ProgramSearch;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open sandbox. It starts each command in a separate job. */
public final class WindowsSession extends SessionBase<WindowsProcess> {
  private static final Logger LOG = LoggerFactory.getLogger(WindowsSession.class);

  /** {@code MAX_PATH} with a backslash and the NUL at its end; no prefix lifts it here. */
  private static final int LONGEST_DIRECTORY = 258;

  private final WindowsSystem windows;
  private final CommandHost host;
  private final Lifetime lifetime;
  private final int userInterface;
  private final KillTimer timer = new KillTimer();

  /**
   * Opens a session.
   *
   * @param windows the system
   * @param host makes the commands; closed along with the session
   * @param lifetime the treatment of processes that remain
   * @param userInterface the limits on windows, clipboard and session that take hold here
   */
  public WindowsSession(
      WindowsSystem windows, CommandHost host, Lifetime lifetime, int userInterface) {
    this.windows = windows;
    this.host = host;
    this.lifetime = lifetime;
    this.userInterface = userInterface;
  }

  private record Invocation(String program, String line) {}

  @Override
  protected SandboxedProcess startOpen(Launch launch) throws SandboxException {
    String directory = directory(launch.directory().toString());
    try {
      String systemDirectory = windows.machine().systemDirectory();
      Invocation invocation = invocation(launch, directory, systemDirectory);
      host.checkProgram(invocation.program());
      String systemRoot = systemDirectory.substring(0, systemDirectory.lastIndexOf('\\'));
      String environment =
          EnvironmentBlock.of(host.environment(launch.environment().resolved()), systemRoot);
      return start(launch, invocation, directory, environment);
    } catch (IllegalArgumentException e) {
      throw new SandboxException(e.getMessage(), e);
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("command '" + launch.command().get(0) + "' cannot be started", e);
    }
  }

  private static String directory(String directory) throws SandboxException {
    Optional<String> hazard = PathHazard.of(directory);
    if (hazard.isPresent()) {
      throw new SandboxException("directory: '" + directory + "': " + hazard.get());
    }
    if (directory.length() > LONGEST_DIRECTORY) {
      throw new SandboxException(
          "directory: '"
              + directory
              + "' has "
              + directory.length()
              + " characters; Windows starts programs in one of at most "
              + LONGEST_DIRECTORY);
    }
    return directory;
  }

  private Invocation invocation(Launch launch, String directory, String systemDirectory)
      throws SandboxException {
    String name = launch.command().get(0);
    String path =
        launch.environment().resolved().entrySet().stream()
            .filter(variable -> variable.getKey().equalsIgnoreCase("PATH"))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse("");
    String program;
    try {
      program =
          new ProgramSearch(path, systemDirectory, host::isFile)
              .find(name, directory)
              .orElseThrow(() -> new CommandNotFoundException(name, "there is no such program"));
    } catch (IllegalArgumentException e) {
      throw new CommandNotFoundException(name, e.getMessage());
    }
    java.util.List<String> command = new java.util.ArrayList<>(launch.command());
    command.set(0, program);
    if (CommandLine.isBatchFile(program)) {
      String shell = systemDirectory + "\\cmd.exe";
      return new Invocation(shell, CommandLine.ofBatchFile(shell, command));
    }
    return new Invocation(program, CommandLine.of(command));
  }

  private SandboxedProcess start(
      Launch launch, Invocation invocation, String directory, String environment)
      throws SandboxException, WindowsCallException {
    WindowsStreams streams = WindowsStreams.open(windows, launch);
    RunningCommand running = null;
    boolean done = false;
    try {
      running =
          host.start(
              new CommandRequest(
                  invocation.program(),
                  invocation.line(),
                  environment,
                  directory,
                  streams.standard(),
                  streams.terminal(),
                  limits(launch.limits())));
      WindowsProcess process = run(launch, running, streams);
      done = true;
      return process;
    } finally {
      if (!done) {
        // First: a console that closes waits until its remaining output has been read.
        streams.close();
        if (running != null) {
          running.abandon();
        }
      }
    }
  }

  private JobLimits limits(Limits limits) {
    return new JobLimits(
        lifetime.onJvmExit() == Leftovers.KILL,
        limits.processes(),
        limits.memory(),
        limits.cpuTime().isPresent()
            ? OptionalLong.of(limits.cpuTime().get().toNanos())
            : OptionalLong.empty(),
        userInterface);
  }

  private WindowsProcess run(Launch launch, RunningCommand running, WindowsStreams streams)
      throws SandboxException, WindowsCallException {
    WindowsProcess[] self = new WindowsProcess[1];
    WindowsProcess process =
        new WindowsProcess(
            launch.id(),
            running,
            streams,
            lifetime.onRootExit() == Leftovers.KILL,
            timer,
            () -> gone(self[0]));
    self[0] = process;
    live().add(process);
    try {
      running.resume();
    } catch (WindowsCallException e) {
      live().remove(process);
      throw e;
    }
    streams.handOver(process::outputLimitReached);
    launch.limits().wallTime().ifPresent(process::limitWallTime);
    process.watch();
    return process;
  }

  private void gone(WindowsProcess process) {
    if (!process.left()) {
      live().remove(process);
    }
  }

  /** Returns true: the sink receives events about connections at once. */
  @Override
  public boolean flushEvents(Duration patience) {
    return true;
  }

  @Override
  protected void endCommands() {
    for (WindowsProcess process : live()) {
      process.endAndWait();
      live().remove(process);
    }
    timer.close();
  }

  @Override
  protected void closeResources() {
    try {
      host.close();
    } catch (SandboxException e) {
      LOG.warn("something is left, and stays in the journal for ringfence windows repair", e);
    }
  }
}
