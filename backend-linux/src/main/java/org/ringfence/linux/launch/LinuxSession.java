package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.SECCOMP_FILTER_FLAG_NEW_LISTENER;
import static org.ringfence.linux.bind.Constants.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
import static org.ringfence.linux.bind.Constants.SECCOMP_IOCTL_NOTIF_SET_FLAGS;
import static org.ringfence.linux.bind.Constants.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.kit.process.ExitStatus;
import org.ringfence.kit.session.ExecutableSearch;
import org.ringfence.kit.session.SessionBase;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.FutexWord;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.MemoryHold;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.BubblewrapCompiler;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.LandlockCompiler;
import org.ringfence.linux.plan.LandlockRuleset;
import org.ringfence.linux.plan.LandlockRuleset.PathRule;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.linux.plan.SeccompFilter;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.restricted.CommandThread;
import org.ringfence.linux.restricted.Invocation;
import org.ringfence.linux.restricted.SandboxThread;
import org.ringfence.linux.restricted.SpawnOrders;
import org.ringfence.linux.restricted.Watchdog;
import org.ringfence.linux.socket.SocketRoom;
import org.ringfence.linux.stream.RedirectedFiles;
import org.ringfence.linux.stream.StreamGate;
import org.ringfence.linux.supervise.SandboxCgroup;
import org.ringfence.linux.supervise.Supervisor;
import org.ringfence.linux.supervise.WallClock;
import org.ringfence.linux.task.Exhaustion;
import org.ringfence.linux.task.HeldCall;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Launch;

/** An open sandbox on Linux: in this process alone, or with namespaces made by bubblewrap. */
public final class LinuxSession extends SessionBase<LinuxProcess> {
  private static final String NONE_LEFT =
      "launch: the system has no process or thread left for this JVM; see ulimit -u, and"
          + " limits.processes for what commands may take";
  private static final long CLOSE_POLL_MILLIS = 2;

  private final Kernel kernel;
  private final Descriptors descriptors;
  private final HostFacts facts;
  private final EffectivePolicy policy;
  private final CommandRuleset ruleset;
  private final Bubblewrap bubblewrap;
  private final SandboxCgroup cgroup;
  private final SandboxThread sandboxThread;
  private final Watchdog watchdog;
  private final Supervisor supervisor;
  private final StreamGate gate;

  private LinuxSession(Opening opening, Parts parts) {
    this.kernel = opening.kernel();
    this.descriptors = new Descriptors(kernel);
    this.facts = opening.facts();
    this.policy = opening.policy();
    this.bubblewrap = parts.bubblewrap;
    this.cgroup = parts.cgroup;
    this.ruleset = parts.ruleset;
    this.sandboxThread = parts.sandboxThread;
    this.watchdog = parts.watchdog;
    this.supervisor = parts.supervisor;
    this.gate =
        new StreamGate(kernel, opening.view(), opening.supervision(), parts.supervisor.paths());
  }

  /** The parts that opening makes in order, and undoes when a later one fails. */
  private static final class Parts {
    private CommandRuleset ruleset;
    private SandboxThread sandboxThread;
    private Watchdog watchdog;
    private Supervisor supervisor;
    private Bubblewrap bubblewrap;
    private SandboxCgroup cgroup;
    private SocketRoom room;

    private void undo() {
      if (ruleset != null) {
        ruleset.close();
      }
      if (watchdog != null) {
        watchdog.close();
      }
      if (sandboxThread != null) {
        sandboxThread.close();
      }
      if (supervisor != null) {
        supervisor.close();
      }
      if (room != null) {
        room.close();
      }
      if (bubblewrap != null) {
        bubblewrap.close();
      }
      if (cgroup != null) {
        cgroup.close();
      }
    }
  }

  /**
   * Opens a sandbox whose commands this process confines.
   *
   * @param kernel the system calls
   * @param facts the facts of the machine
   * @param policy the policy, expressible in Landlock
   * @param listener receives violations
   * @return the session
   * @throws SandboxException if it cannot be opened; no resources remain
   */
  public static LinuxSession open(
      Kernel kernel, HostFacts facts, EffectivePolicy policy, EventSink listener)
      throws SandboxException {
    Supervision supervision = Supervision.inProcess(policy, facts, Observed.of(listener));
    return open(
        new Opening(kernel, facts, FileView.ofHost(policy), supervision, Optional.empty()),
        listener);
  }

  /**
   * Opens a sandbox whose commands bubblewrap puts into namespaces.
   *
   * @param kernel the system calls
   * @param facts the facts of the machine
   * @param policy the policy
   * @param features bubblewrap's features
   * @param listener receives violations
   * @return the session
   * @throws SandboxException if it cannot be opened; no resources remain
   */
  public static LinuxSession openInNamespaces(
      Kernel kernel,
      HostFacts facts,
      EffectivePolicy policy,
      BubblewrapFeatures features,
      EventSink listener)
      throws SandboxException {
    Supervision supervision = Supervision.inNamespaces(policy, facts, Observed.of(listener));
    Optional<String> tmp =
        BubblewrapCompiler.ownTmp(policy) ? policy.places().privateTmp() : Optional.empty();
    LinuxSession session =
        open(
            new Opening(
                kernel,
                facts,
                new FileView(tmp, true, BubblewrapCompiler.ownProcesses(policy, features), policy),
                supervision,
                Optional.of(features)),
            listener);
    boolean done = false;
    try {
      session.tryOut();
      done = true;
      return session;
    } finally {
      if (!done) {
        session.close();
      }
    }
  }

  /** The parameters of opening a sandbox. */
  private record Opening(
      Kernel kernel,
      HostFacts facts,
      FileView view,
      Supervision supervision,
      Optional<BubblewrapFeatures> bubblewrap) {
    private EffectivePolicy policy() {
      return view.policy();
    }
  }

  private static LinuxSession open(Opening opening, EventSink listener) throws SandboxException {
    touchClasses();
    Kernel kernel = opening.kernel();
    HostFacts facts = opening.facts();
    if (!facts.listener() && !listener.observes().isEmpty()) {
      throw new SandboxException(
          EventSink.Observation.hooks(listener.observes())
              + ": nothing hears of these here: "
              + facts.listenerProblem()
              + "; leave them out");
    }
    EffectivePolicy policy = opening.policy();
    Descriptors descriptors = new Descriptors(kernel);
    Landlock landlock = new Landlock(kernel);
    Parts parts = new Parts();
    boolean done = false;
    try {
      LandlockAbi abi = facts.abi();
      boolean namespaces = opening.bubblewrap().isPresent();
      LandlockRuleset ruleset =
          namespaces
              ? LandlockCompiler.compileWithoutFiles(policy, abi)
              : LandlockCompiler.compile(policy, abi, ReadableTree.ofHost(kernel));
      parts.ruleset = new CommandRuleset(kernel, ruleset, abi);
      int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      int gid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:gid");
      Limits limits = policy.policy().limits();
      if (facts.cgroup().isPresent()
          && facts.listener()
          && (limits.memory().isPresent() || limits.processes().isPresent())) {
        parts.cgroup = SandboxCgroup.create(Path.of(facts.cgroup().get()));
      }
      parts.room = room(opening);
      parts.supervisor =
          new Supervisor(
              kernel,
              opening.view(),
              opening.supervision(),
              new int[] {uid, gid},
              parts.cgroup,
              parts.room,
              listener);
      int scope = abi.scopes() ? landlock.create(scopeOnly(!namespaces), abi) : -1;
      try {
        parts.sandboxThread = new SandboxThread(kernel, scope, facts.root(), namespaces);
      } finally {
        descriptors.close(scope);
      }
      if (abi.scopes()
          && facts.shell()
          && policy.policy().lifetime().onJvmExit() == Leftovers.KILL) {
        parts.watchdog =
            Watchdog.start(
                kernel,
                parts.sandboxThread,
                policy.places().privateTmp().orElse(""),
                parts.cgroup == null ? "" : parts.cgroup.directory().toString());
      }
      installFilter(opening, parts);
      LinuxSession session = new LinuxSession(opening, parts);
      done = true;
      return session;
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("sandbox: " + e.getMessage(), e);
    } finally {
      if (!done) {
        parts.undo();
      }
    }
  }

  /** Returns the inet sockets' own namespace where the plan promised it; otherwise null. */
  private static SocketRoom room(Opening opening) throws IOException {
    Optional<String> shell = opening.bubblewrap().flatMap(BubblewrapFeatures::shell);
    return shell.isPresent() && opening.facts().listener()
        ? new SocketRoom(opening.kernel(), opening.bubblewrap().get().path(), shell.get())
        : null;
  }

  /**
   * Installs the filter after the watchdog starts, which must work when no supervisor answers the
   * listener any more.
   */
  private static void installFilter(Opening opening, Parts parts)
      throws SandboxException, IOException {
    Kernel kernel = opening.kernel();
    HostFacts facts = opening.facts();
    SeccompFilter asked = SeccompCompiler.compile(opening.policy(), opening.supervision());
    SeccompFilter all = facts.listener() ? asked : asked.withoutListener();
    SeccompFilter filter = all;
    if (opening.bubblewrap().isPresent()) {
      parts.bubblewrap =
          new Bubblewrap(
              kernel,
              opening.bubblewrap().get(),
              opening.view(),
              all.deciding().compile(kernel.arch()).bytes());
      filter = all.notifying();
      if (!filter.needsListener()) {
        return;
      }
    }
    byte[] code = filter.compile(kernel.arch()).bytes();
    boolean listens = filter.needsListener();
    int flags =
        (listens ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0)
            | (listens && facts.waitKillable() ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0);
    int listener;
    try (NativeBlock block = new NativeBlock(code.length + 64L)) {
      // struct sock_fprog of linux/filter.h
      long instructions = block.bytes(code);
      long program = block.allocate(16);
      block.setShort(program, (short) (code.length / 8));
      block.setLong(program + 8, instructions);
      listener = parts.sandboxThread.install(flags, program);
    }
    if (listens) {
      // Linux 6.6: the supervisor answers on the caller's processor; an error changes nothing.
      kernel.call(
          Syscall.IOCTL,
          listener,
          SECCOMP_IOCTL_NOTIF_SET_FLAGS,
          SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
      parts.supervisor.listen(listener);
    }
  }

  /**
   * Returns the domain around the sandbox: signals only. It has to give REFER everywhere, since a
   * ruleset that does not denies it (security/landlock/fs.c, LANDLOCK_ACCESS_FS_INITIALLY_DENIED).
   */
  private static LandlockRuleset scopeOnly(boolean withFiles) {
    if (!withFiles) {
      // Where no ruleset handles files, Landlock denies none, and permits mounts.
      return new LandlockRuleset(0, 0, LandlockAbi.SCOPE_SIGNAL, List.of());
    }
    return new LandlockRuleset(
        LandlockAbi.REFER,
        0,
        LandlockAbi.SCOPE_SIGNAL,
        List.of(new PathRule("/", LandlockAbi.REFER, "the domain around the sandbox")));
  }

  /**
   * A command thread cannot load classes: its descriptor table is not the one that jars are open
   * in.
   */
  private static void touchClasses() {
    // Code that has to work with a full heap is loaded before.
    for (Class<?> type :
        List.of(
            CommandThread.class,
            SpawnOrders.class,
            FutexWord.class,
            Errno.class,
            WallClock.class,
            WallClock.Timed.class,
            LinuxProcess.class,
            ExitStatus.class,
            SessionSweep.class,
            Exhaustion.class,
            HeldCall.class,
            Termination.class,
            Termination.Cause.class)) {
      try {
        Class.forName(type.getName(), true, type.getClassLoader());
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  protected SandboxedProcess startOpen(Launch launch) throws SandboxException {
    if (!supervisor.mountProblem().isEmpty()) {
      throw new SandboxException(
          "launch: a path that is taken away has got another: " + supervisor.mountProblem());
    }
    String executable =
        ExecutableSearch.find(
            launch.command().get(0),
            launch.directory(),
            launch.environment().resolved().get("PATH"));
    check(executable, launch);
    if (bubblewrap != null) {
      bubblewrap.check(launch);
    }
    return spawn(launch, executable);
  }

  /** Reports the cause, before the start, where the kernel would only return EACCES. */
  private void check(String executable, Launch launch) throws CommandNotFoundException {
    String name = launch.command().get(0);
    if (!policy.check(executable, Operation.READ).allowed()) {
      throw CommandNotFoundException.denied(name, executable);
    }
    Optional<String> problem =
        new Interpreters(policy, launch.directory()).problem(Path.of(executable));
    if (problem.isPresent()) {
      throw new CommandNotFoundException(name, problem.get());
    }
  }

  private LinuxProcess spawn(Launch launch, String executable) throws SandboxException {
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
              new SpawnOrders.Confinement(confined, facts.abi().scopes(), killsLeftovers()),
              new SpawnOrders.Signals(wake, supervisor.event()));
      CommandThread commandThread = new CommandThread(kernel, orders);
      Optional<MemoryHold> memory =
          bubblewrap == null ? Optional.of(MemoryHold.begin(kernel)) : Optional.empty();
      LinuxProcess process =
          new LinuxProcess(launch, kernel, supervisor, commandThread, wake, memory);
      Runnable gone = () -> live().remove(process);
      boolean begun = false;
      boolean handedOver = false;
      try {
        supervisor.add(process);
        live().add(process);
        launch.limits().wallTime().ifPresent(process::boundWallTime);
        sandboxThread.start(commandThread);
        begun = true;
        commandThread.awaitStarted();
        if (!commandThread.started()) {
          handedOver = true;
          throw failed(launch, commandThread, process);
        }
        LinuxProcess.Streams ends = streams.parent(process);
        streams.handOver();
        process.running(ends, gone);
        launch.limits().wallTime().ifPresent(process::limitWallTime);
        handedOver = true;
      } finally {
        if (!begun) {
          process.neverBegun();
          live().remove(process);
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

  /** Makes bubblewrap set everything up for a program that does not exist. */
  private void tryOut() throws SandboxException {
    Process trial = spawn(Bubblewrap.trial(policy), BubblewrapCompiler.NO_PROGRAM);
    try (InputStream error = trial.getErrorStream()) {
      String said = new String(error.readAllBytes(), StandardCharsets.UTF_8).strip();
      trial.waitFor();
      if (!BubblewrapCompiler.wasSetUp(said)) {
        throw new SandboxException("bubblewrap: the sandbox cannot be set up: " + said);
      }
    } catch (IOException e) {
      throw new SandboxException("bubblewrap: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("bubblewrap: interrupted while the sandbox was set up", e);
    }
  }

  private boolean killsLeftovers() {
    return policy.policy().lifetime().onRootExit() == Leftovers.KILL;
  }

  private SandboxException failed(
      Launch launch, CommandThread commandThread, LinuxProcess process) {
    live().remove(process);
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
      case CommandThread.STEP_DESCRIPTORS -> "descriptor table";
      case CommandThread.STEP_WAIT -> "wait";
      default -> "unexpected";
    };
  }

  @Override
  public boolean flushEvents(Duration patience) throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    supervisor.events().afterAnswers(told::countDown);
    return told.await(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  protected void endCommands() {
    live().forEach(LinuxProcess::cancel);
    supervisor.clock().endAll();
    live().forEach(LinuxProcess::endNow);
    boolean interrupted = false;
    while (!live().isEmpty()) {
      try {
        Thread.sleep(CLOSE_POLL_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  protected void closeResources() {
    if (watchdog != null) {
      watchdog.close();
    }
    sandboxThread.close();
    supervisor.close();
    ruleset.close();
    if (bubblewrap != null) {
      bubblewrap.close();
    }
    if (cgroup != null) {
      cgroup.close();
    }
  }
}
