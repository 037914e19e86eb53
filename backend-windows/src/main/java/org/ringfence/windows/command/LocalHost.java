package org.ringfence.windows.command;

import java.util.Map;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.windows.confine.Confinement;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.Jobs;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes commands in this process. */
public final class LocalHost implements CommandHost {
  private static final Logger LOG = LoggerFactory.getLogger(LocalHost.class);

  /** The exit code of a process that Ringfence ended; the same as Java's own on Windows. */
  private static final int ENDED_BY_US = 1;

  private final WindowsSystem windows;
  private final Confinement confinement;
  private final boolean breakaway;
  private final Making making;

  /** Makes a suspended process. */
  public interface Making {
    /** Makes the process. */
    Processes.Started make(ProcessRequest request) throws WindowsCallException;
  }

  /** Makes commands whose jobs nest in this process's job, if any. */
  public LocalHost(WindowsSystem windows, Confinement confinement) {
    this(windows, confinement, false, windows.processes()::create);
  }

  /**
   * Makes commands that leave this process's job.
   *
   * @param windows the system
   * @param confinement the confinement of the commands
   * @param making makes their processes
   */
  public LocalHost(WindowsSystem windows, Confinement confinement, Making making) {
    this(windows, confinement, true, making);
  }

  private LocalHost(
      WindowsSystem windows, Confinement confinement, boolean breakaway, Making making) {
    this.windows = windows;
    this.confinement = confinement;
    this.breakaway = breakaway;
    this.making = making;
  }

  @Override
  public RunningCommand start(CommandRequest request)
      throws SandboxException, WindowsCallException {
    Handle job = job(request.limits());
    Optional<Handle> console = Optional.empty();
    Processes.Started started = null;
    boolean done = false;
    try {
      if (request.terminal().isPresent()) {
        CommandRequest.TerminalEnds ends = request.terminal().get();
        console =
            Optional.of(
                windows
                    .processes()
                    .console(
                        ends.size().columns(), ends.size().rows(), ends.keys(), ends.screen()));
      }
      started = created(request, job, console);
      verify(started, job);
      done = true;
      return new Running(started, job, console);
    } finally {
      if (!done) {
        abandon(started, job, console);
      }
    }
  }

  /** Makes the process outside this process's job if that permits it; otherwise the jobs nest. */
  private Processes.Started created(CommandRequest request, Handle job, Optional<Handle> console)
      throws WindowsCallException {
    if (breakaway) {
      try {
        return making.make(process(request, job, true, console));
      } catch (WindowsCallException e) {
        if (e.code() != WindowsError.ACCESS_DENIED.code()) {
          throw e;
        }
        LOG.debug("not out of the job of this process", e);
      }
    }
    return making.make(process(request, job, false, console));
  }

  private ProcessRequest process(
      CommandRequest request, Handle job, boolean outside, Optional<Handle> console) {
    return new ProcessRequest(
        confinement.token(),
        request.program(),
        request.line(),
        request.environment(),
        request.directory(),
        request.standard(),
        job,
        outside,
        confinement.desktop(),
        confinement.container(),
        console,
        confinement.mitigations());
  }

  /** Makes a job and verifies the limits that matter. */
  private Handle job(JobLimits asked) throws SandboxException, WindowsCallException {
    Handle job = windows.jobs().create();
    boolean done = false;
    try {
      windows.jobs().limit(job, asked);
      JobLimits told = windows.jobs().limits(job);
      if (!told.equals(asked)) {
        throw new SandboxException(
            "job: this system took the limits " + asked + " and tells " + told);
      }
      done = true;
      return job;
    } finally {
      if (!done) {
        job.close();
      }
    }
  }

  /** Verifies the confinement before the command runs. */
  private void verify(Processes.Started started, Handle job)
      throws SandboxException, WindowsCallException {
    if (!windows.jobs().contains(started.process(), job)) {
      throw new SandboxException("the process was not put into its job");
    }
    try (Handle token = windows.tokens().of(started.process())) {
      TokenFacts facts = windows.tokens().facts(token);
      Optional<String> problem = confinement.problem(facts);
      if (problem.isPresent()) {
        throw new SandboxException("the process is not confined: " + problem.get());
      }
    }
    Optional<String> open =
        confinement.mitigations().problem(windows.processes().mitigations(started.process()));
    if (open.isPresent()) {
      throw new SandboxException("the process is not as asked: " + open.get());
    }
  }

  private void abandon(Processes.Started started, Handle job, Optional<Handle> console) {
    if (started != null) {
      try {
        windows.processes().terminate(started.process(), ENDED_BY_US);
      } catch (WindowsCallException e) {
        LOG.debug("a process that did not run cannot be ended; its job is closed", e);
      }
      started.thread().close();
      started.process().close();
    }
    job.close();
    console.ifPresent(Handle::close);
  }

  private final class Running implements RunningCommand {
    private final Processes.Started started;
    private final Handle job;
    private final Optional<Handle> console;

    private Running(Processes.Started started, Handle job, Optional<Handle> console) {
      this.started = started;
      this.job = job;
      this.console = console;
    }

    @Override
    public int pid() {
      return started.pid();
    }

    @Override
    public void resume() throws WindowsCallException {
      windows.processes().resume(started.thread());
    }

    @Override
    public int await() throws WindowsCallException {
      windows.processes().await(started.process(), -1);
      return windows.processes().exitCode(started.process());
    }

    @Override
    public void terminate() throws WindowsCallException {
      windows.jobs().terminate(job, ENDED_BY_US);
    }

    @Override
    public boolean anyLeft() {
      try {
        return windows.jobs().activeProcesses(job) > 0;
      } catch (WindowsCallException e) {
        return true;
      }
    }

    @Override
    public Optional<Jobs.Used> used() {
      try {
        return Optional.of(windows.jobs().used(job));
      } catch (WindowsCallException e) {
        LOG.debug("the usage of process {} is not known", started.pid(), e);
        return Optional.empty();
      }
    }

    @Override
    public void resize(int columns, int rows) throws WindowsCallException {
      if (console.isPresent()) {
        windows.processes().resize(console.get(), columns, rows);
      }
    }

    @Override
    public void closeConsole() {
      console.ifPresent(Handle::close);
    }

    @Override
    public void release(boolean keepJob) {
      if (!keepJob) {
        job.close();
      }
      started.thread().close();
      started.process().close();
    }

    @Override
    public void releaseJob() {
      job.close();
    }

    @Override
    public void abandon() {
      LocalHost.this.abandon(started, job, console);
    }
  }

  @Override
  public void checkProgram(String program) throws SandboxException {
    confinement.checkProgram(program);
  }

  @Override
  public boolean isFile(String path) {
    return isFile(windows, path);
  }

  /** Returns whether a path is a file for this process. */
  public static boolean isFile(WindowsSystem windows, String path) {
    // A file that cannot be examined cannot be started either.
    return isDirectoryIfSeen(windows, path).map(directory -> !directory).orElse(false);
  }

  /** Returns whether a path is a directory that this process can look at. */
  public static boolean isDirectory(WindowsSystem windows, String path) {
    return isDirectoryIfSeen(windows, path).orElse(false);
  }

  private static Optional<Boolean> isDirectoryIfSeen(WindowsSystem windows, String path) {
    try (Handle file = windows.files().open(path, false)) {
      return Optional.of(windows.files().facts(file).directory());
    } catch (WindowsCallException e) {
      LOG.debug("{} cannot be looked at", path, e);
      return Optional.empty();
    }
  }

  @Override
  public Map<String, String> environment(Map<String, String> given) {
    return given;
  }

  @Override
  public void close() throws SandboxException {
    confinement.close();
  }
}
