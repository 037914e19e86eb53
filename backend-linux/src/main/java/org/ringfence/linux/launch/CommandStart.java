package org.ringfence.linux.launch;

import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.MemoryHold;
import org.ringfence.linux.bpf.BpfProgram;
import org.ringfence.linux.names.ExistingNames;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.ThreadFilter;
import org.ringfence.linux.restricted.CommandThread;
import org.ringfence.linux.restricted.Invocation;
import org.ringfence.linux.restricted.SandboxThread;
import org.ringfence.linux.restricted.SpawnOrders;
import org.ringfence.linux.restricted.Watchdog;
import org.ringfence.linux.stream.RedirectedFiles;
import org.ringfence.linux.stream.StreamGate;
import org.ringfence.linux.supervise.Supervisor;
import org.ringfence.linux.task.Exhaustion;
import org.ringfence.linux.task.MarkedProcesses;
import org.ringfence.linux.task.ProcessMarks;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.Launch;

/** Starts the commands of a sandbox, and reports why one cannot start. Thread-safe. */
final class CommandStart {
  private static final String NONE_LEFT =
      "launch: the system has no process or thread left for this JVM; see ulimit -u, and"
          + " limits.processes for the share of commands";

  private final Kernel kernel;
  private final Descriptors descriptors;
  private final LandlockAbi abi;
  private final EffectivePolicy policy;
  private final CommandRuleset ruleset;
  private final Bubblewrap bubblewrap;
  private final SandboxThread sandboxThread;
  private final Supervisor supervisor;
  private final StreamGate gate;
  private final Set<LinuxProcess> live;
  private final Optional<ExistingNames> names;
  private final Optional<BpfProgram> threadFilter;
  private final Optional<ProcessMarks> marks;
  private final Optional<Watchdog> watchdog;

  /**
   * Starts commands in one sandbox.
   *
   * @param opening its parameters
   * @param parts its parts
   * @param live the running commands; changed here
   */
  CommandStart(SessionOpening opening, SessionParts parts, Set<LinuxProcess> live) {
    this.kernel = opening.kernel();
    this.descriptors = new Descriptors(kernel);
    this.abi = opening.facts().abi();
    this.policy = opening.policy();
    this.ruleset = parts.ruleset;
    this.bubblewrap = parts.bubblewrap;
    this.sandboxThread = parts.sandboxThread;
    this.supervisor = parts.supervisor;
    this.names = Optional.ofNullable(parts.names);
    this.marks = Optional.ofNullable(parts.marks);
    this.watchdog = Optional.ofNullable(parts.watchdog);
    this.gate =
        new StreamGate(
            kernel,
            opening.view(),
            opening.supervision(),
            parts.supervisor.paths(),
            names.isPresent());
    this.live = live;
    this.threadFilter =
        opening.supervision().sparesThread()
            ? Optional.of(ThreadFilter.compile(kernel.arch()))
            : Optional.empty();
  }

  /**
   * Starts a command.
   *
   * @param launch the command
   * @param executable the absolute path of its program
   * @return the process, which is live until it has gone
   * @throws SandboxException if it cannot be started; nothing of it is left
   */
  LinuxProcess spawn(Launch launch, String executable) throws SandboxException {
    if (names.isEmpty() || launch.id() < 0) {
      return spawn(launch, executable, Optional.empty(), new AtomicBoolean());
    }
    names.get().begin();
    AtomicBoolean ends = new AtomicBoolean();
    try {
      return spawn(launch, executable, names, ends);
    } finally {
      if (!ends.get()) {
        names.get().cancel();
      }
    }
  }

  /**
   * Starts a command.
   *
   * @param searched searched when the command has ended
   * @param ends set once the command's process will end, and be searched after, by itself
   */
  private LinuxProcess spawn(
      Launch launch, String executable, Optional<ExistingNames> searched, AtomicBoolean ends)
      throws SandboxException {
    int confined = -1;
    try (StandardStreams streams =
            StandardStreams.open(
                kernel,
                descriptors,
                gate,
                new RedirectedFiles(kernel, descriptors, policy),
                launch);
        Invocation invocation =
            bubblewrap == null
                ? Invocation.plain(
                    executable, JavaPrograms.adapted(executable, TemporaryPlaces.named(launch)))
                : bubblewrap.invocation(executable, launch)) {
      confined = ruleset.of(streams.standard());
      int wake = descriptors.event();
      SpawnOrders orders =
          new SpawnOrders(
              kernel,
              invocation,
              invocation.descriptors(streams.standard()),
              new SpawnOrders.Confinement(confined, abi.scopes(), killsLeftovers(), threadFilter),
              new SpawnOrders.Signals(wake, supervisor.event()),
              sandboxThread.ownFileState());
      CommandThread commandThread = new CommandThread(kernel, orders);
      Optional<MemoryHold> memory =
          bubblewrap == null ? Optional.of(MemoryHold.begin(kernel)) : Optional.empty();
      LinuxProcess process =
          new LinuxProcess(
              launch,
              kernel,
              supervisor,
              commandThread,
              wake,
              memory,
              searched,
              marks.map(each -> new MarkedProcesses(kernel, each.make(), this::told)));
      Runnable gone = () -> live.remove(process);
      boolean begun = false;
      boolean handedOver = false;
      try {
        supervisor.add(process);
        live.add(process);
        launch.limits().wallTime().ifPresent(process::boundWallTime);
        sandboxThread.start(commandThread);
        begun = true;
        ends.set(true);
        commandThread.awaitStarted();
        if (!commandThread.started()) {
          handedOver = true;
          ends.set(false);
          throw failed(launch, commandThread, process);
        }
        LinuxProcess.Streams parent = streams.parent(process);
        streams.handOver();
        process.running(parent, gone);
        launch.limits().wallTime().ifPresent(process::limitWallTime);
        handedOver = true;
      } finally {
        if (!begun) {
          process.neverBegun();
          live.remove(process);
        } else if (!handedOver) {
          process.lost(gone);
        }
      }
      return process;
    } catch (SandboxException e) {
      throw e;
    } catch (OutOfMemoryError e) {
      if (Exhaustion.ofThreads(e)) {
        throw new SandboxException(NONE_LEFT, e);
      }
      throw e;
    } catch (IOException e) {
      throw new SandboxException("launch: " + e.getMessage(), e);
    } finally {
      ruleset.release(confined);
    }
  }

  private SandboxException failed(
      Launch launch, CommandThread commandThread, LinuxProcess process) {
    live.remove(process);
    process.abandon();
    String error = Descriptors.problem(commandThread.error());
    return switch (commandThread.failedStep()) {
      case CommandThread.STEP_THREAD -> new SandboxException(NONE_LEFT);
      case CommandThread.STEP_SPAWN ->
          commandThread.error() == Errno.EAGAIN.value()
                  || commandThread.error() == Errno.ENOMEM.value()
              ? new SandboxException(NONE_LEFT)
              : full(commandThread.error())
                  ? new SandboxException("launch: " + error)
                  : new CommandNotFoundException(
                      launch.command().get(0), "it cannot be executed: " + error);
      case CommandThread.STEP_DIRECTORY ->
          new SandboxException(
              "directory: '" + launch.directory() + "' cannot be entered: " + error);
      default ->
          new SandboxException(
              "launch: step " + stepName(commandThread.failedStep()) + ": " + error);
    };
  }

  private static boolean full(int error) {
    return error == Errno.EMFILE.value() || error == Errno.ENFILE.value();
  }

  private static String stepName(int step) {
    return switch (step) {
      case CommandThread.STEP_LANDLOCK -> "landlock_restrict_self";
      case CommandThread.STEP_FILTER -> "seccomp filter";
      case CommandThread.STEP_DESCRIPTORS -> "descriptor table";
      case CommandThread.STEP_WAIT -> "wait";
      default -> "unexpected";
    };
  }

  private boolean told(int group) {
    return watchdog.isEmpty() || watchdog.get().hears(group);
  }

  private boolean killsLeftovers() {
    return policy.policy().lifetime().onRootExit() == Leftovers.KILL;
  }
}
