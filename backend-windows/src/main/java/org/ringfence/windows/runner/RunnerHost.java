package org.ringfence.windows.runner;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.ringfence.SandboxException;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.command.CommandHost;
import org.ringfence.windows.command.CommandRequest;
import org.ringfence.windows.command.RunningCommand;
import org.ringfence.windows.plan.CallerProfile;
import org.ringfence.windows.plan.GitSafeDirectories;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.Jobs;
import org.ringfence.windows.system.WindowsCallException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes commands through a runner, which runs as the sandbox's user. */
public final class RunnerHost implements CommandHost {
  private static final Logger LOG = LoggerFactory.getLogger(RunnerHost.class);

  private final RunnerConnection connection;
  private final List<String> repositories;
  private final AutoCloseable parts;
  private final Map<String, Boolean> directories = new ConcurrentHashMap<>();

  /**
   * Uses a runner that has received its confinement.
   *
   * @param connection the runner
   * @param repositories directories that Git may use although the caller owns them
   * @param parts the resources that are closed along with this
   */
  public RunnerHost(RunnerConnection connection, List<String> repositories, AutoCloseable parts) {
    this.connection = connection;
    this.repositories = List.copyOf(repositories);
    this.parts = parts;
  }

  @Override
  public RunningCommand start(CommandRequest request)
      throws SandboxException, WindowsCallException {
    List<Long> given = new ArrayList<>();
    for (Handle handle : request.standard()) {
      given.add(connection.give(handle));
    }
    int columns = 0;
    int rows = 0;
    if (request.terminal().isPresent()) {
      CommandRequest.TerminalEnds ends = request.terminal().get();
      given.add(connection.give(ends.keys()));
      given.add(connection.give(ends.screen()));
      columns = ends.size().columns();
      rows = ends.size().rows();
    }
    int command = connection.number();
    long pid =
        connection.ask(
            new Message.Start(
                connection.number(),
                command,
                request.program(),
                request.line(),
                request.environment(),
                request.directory(),
                given,
                columns,
                rows,
                limits(request.limits())));
    return new Running(command, (int) pid);
  }

  private static Message.Limits limits(JobLimits limits) {
    return new Message.Limits(
        limits.killOnClose(),
        limits.processes().orElse(-1),
        limits.memory().orElse(-1),
        limits.processCpuNanos().orElse(-1),
        limits.userInterface());
  }

  private final class Running implements RunningCommand {
    private final int command;
    private final int pid;

    private Running(int command, int pid) {
      this.command = command;
      this.pid = pid;
    }

    private long act(Message.Verb verb) throws WindowsCallException, SandboxException {
      return connection.ask(new Message.Act(connection.number(), command, verb));
    }

    /** A runner that does not answer has ended, and its commands with it. */
    private void actIfAlive(Message.Verb verb) {
      try {
        act(verb);
      } catch (WindowsCallException | SandboxException e) {
        LOG.debug("command {}: {} was not done", command, verb, e);
      }
    }

    @Override
    public int pid() {
      return pid;
    }

    @Override
    public void resume() throws WindowsCallException {
      try {
        act(Message.Verb.RESUME);
      } catch (SandboxException e) {
        throw gone("ResumeThread");
      }
    }

    /** A broken pipe means that the runner has ended. */
    private static WindowsCallException gone(String call) {
      return new WindowsCallException(
          call, org.ringfence.windows.system.WindowsError.BROKEN_PIPE.code());
    }

    @Override
    public int await() throws WindowsCallException {
      try {
        return connection.end(command).get();
      } catch (ExecutionException e) {
        throw gone("WaitForSingleObject");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw gone("WaitForSingleObject");
      }
    }

    @Override
    public void terminate() throws WindowsCallException {
      try {
        act(Message.Verb.TERMINATE);
      } catch (SandboxException e) {
        LOG.debug("the runner has ended, and its commands with it", e);
      }
    }

    @Override
    public boolean anyLeft() {
      try {
        return act(Message.Verb.LEFT) != 0;
      } catch (WindowsCallException | SandboxException e) {
        return false;
      }
    }

    @Override
    public Optional<Jobs.Used> used() {
      try {
        return Optional.of(
            new Jobs.Used(act(Message.Verb.CPU_NANOS), act(Message.Verb.PEAK_MEMORY)));
      } catch (WindowsCallException | SandboxException e) {
        LOG.debug("the usage of command {} is not known", command, e);
        return Optional.empty();
      }
    }

    @Override
    public void resize(int columns, int rows) throws WindowsCallException {
      try {
        connection.ask(new Message.Resize(connection.number(), command, columns, rows));
      } catch (SandboxException e) {
        throw gone("ResizePseudoConsole");
      }
    }

    @Override
    public void closeConsole() {
      actIfAlive(Message.Verb.CLOSE_CONSOLE);
    }

    @Override
    public void release(boolean keepJob) {
      connection.forget(command);
      if (!keepJob) {
        releaseJob();
      }
    }

    @Override
    public void releaseJob() {
      actIfAlive(Message.Verb.RELEASE);
    }

    @Override
    public void abandon() {
      actIfAlive(Message.Verb.TERMINATE);
      release(false);
    }
  }

  @Override
  public void checkProgram(String program) {
    // The probe's canary has shown which programs the token starts.
  }

  @Override
  public boolean isFile(String path) {
    try {
      return connection.ask(new Message.IsFile(connection.number(), path)) != 0;
    } catch (WindowsCallException | SandboxException e) {
      return false;
    }
  }

  /** Directories of {@code PATH} do not open while the sandbox is open, nor close. */
  private boolean isDirectory(String path) {
    return directories.computeIfAbsent(
        path,
        asked -> {
          try {
            return connection.ask(new Message.IsDirectory(connection.number(), asked)) != 0;
          } catch (WindowsCallException | SandboxException e) {
            LOG.debug("whether {} is there is not known", asked, e);
            return true;
          }
        });
  }

  /**
   * Substitutes the profile of the runner's user: the caller's is closed to it, and so are some
   * directories of {@code PATH}, where programs would stop with "access denied" in place of
   * searching on. A variable names the repositories to Git.
   */
  @Override
  public Map<String, String> environment(Map<String, String> given) {
    Map<String, String> environment = new HashMap<>(CallerProfile.without(given));
    environment
        .keySet()
        .removeIf(name -> connection.profile().containsKey(name.toUpperCase(Locale.ROOT)));
    environment.putAll(connection.profile());
    environment.replaceAll(
        (name, value) ->
            name.equalsIgnoreCase("PATH")
                ? CallerProfile.searchPath(value, this::isDirectory)
                : value);
    return GitSafeDirectories.added(environment, repositories);
  }

  @Override
  public void close() throws SandboxException {
    try {
      parts.close();
    } catch (SandboxException e) {
      throw e;
    } catch (Exception e) {
      throw new SandboxException("sandbox: " + e.getMessage(), e);
    }
  }
}
