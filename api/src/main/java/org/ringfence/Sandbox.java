package org.ringfence;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.EventRecorder;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.Violation;
import org.ringfence.file.StartDirectory;
import org.ringfence.plan.Preference;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.EnvironmentPolicy;
import org.ringfence.policy.Limits;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Launch;
import org.ringfence.spi.RemoteBackend;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.text.Printable;

/**
 * An open sandbox. Opened once, it runs many commands, from many threads. Closing it ends all their
 * processes and removes its temporary directory.
 *
 * <pre>{@code
 * try (Sandbox sandbox = Sandbox.open(Presets.load("workspace-write"))) {
 *   Result result =
 *       sandbox.command("mvn", "-o", "verify").timeout(Duration.ofMinutes(10)).run();
 *   System.out.println(result.stdout() + " " + result.ending() + " " + result.denials());
 * }
 * }</pre>
 */
public final class Sandbox implements AutoCloseable {
  private static final long END_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final SandboxPlan plan;
  private final BackendSession session;
  private final Optional<TemporaryDirectory> tmp;
  private final Hooks hooks;
  private final Capture capture = new Capture();
  private final AtomicLong commands = new AtomicLong();
  private final AtomicBoolean closed = new AtomicBoolean();

  private Sandbox(
      SandboxPlan plan, BackendSession session, Optional<TemporaryDirectory> tmp, Hooks hooks) {
    this.plan = plan;
    this.session = session;
    this.tmp = tmp;
    this.hooks = hooks;
  }

  /**
   * Opens a sandbox for the JVM's working directory.
   *
   * @param policy the policy
   * @return the sandbox
   * @throws SandboxRefusedException if no backend enforces the policy here
   * @throws SandboxException if the sandbox cannot be opened
   * @throws InvalidPolicyException if the policy is malformed for this machine
   */
  public static Sandbox open(SandboxPolicy policy) throws SandboxException {
    return opener(policy).open();
  }

  /**
   * Prepares to open a sandbox.
   *
   * @param policy the policy
   * @return the opener, with the JVM's working directory as workspace
   */
  public static Opener opener(SandboxPolicy policy) {
    return new Opener(policy);
  }

  /** Collects the options of a sandbox. Not thread-safe. */
  public static final class Opener {
    private final SandboxPolicy policy;
    private Path workspace = Path.of("").toAbsolutePath();
    private Path copy;
    private String backend;
    private Backends backends;
    private Preference preference;
    private final Hooks hooks = new Hooks();

    private Opener(SandboxPolicy policy) {
      this.policy = Objects.requireNonNull(policy, "policy");
    }

    /**
     * Sets the directory of {@code :workspace}, which is also the default working directory of
     * commands.
     *
     * @param directory the workspace
     * @return this opener
     */
    public Opener workspace(Path directory) {
      this.workspace = directory.toAbsolutePath().normalize();
      return this;
    }

    /**
     * Makes commands work on a copy, which they see at the workspace's path.
     *
     * @param directory the copy
     * @return this opener
     * @see org.ringfence.review.WorkspaceReview
     */
    public Opener workspaceCopy(Path directory) {
      this.copy = directory.toAbsolutePath().normalize();
      return this;
    }

    /**
     * Sets what decides between backends that enforce the same; {@link Preference#LAUNCH} if not
     * set. It never makes a policy weaker, and has no effect where a backend is selected.
     *
     * @param choice the preference
     * @return this opener
     */
    public Opener prefer(Preference choice) {
      this.preference = Objects.requireNonNull(choice, "choice");
      return this;
    }

    /**
     * Selects a backend.
     *
     * @param id its id, or null to let the plans decide
     * @return this opener
     */
    public Opener backend(String id) {
      this.backend = id;
      return this;
    }

    /**
     * Sets the backends to choose from, instead of those that {@link Backends#load()} finds.
     *
     * @param choice the backends
     * @return this opener
     */
    public Opener backends(Backends choice) {
      this.backends = choice;
      return this;
    }

    /**
     * Reports every denial, including files that could not be opened; see {@link
     * #completeDenials()} for its cost.
     *
     * <p>The sandbox calls hooks on one of its threads, one event at a time, in the order of the
     * events. Several hooks may be set; the sandbox logs and ignores their exceptions.
     *
     * @param hook receives each denial
     * @return this opener
     */
    public Opener onDenied(Consumer<Violation> hook) {
      hooks.onDenied(Objects.requireNonNull(hook, "hook"));
      return this;
    }

    /**
     * Makes {@link Result#denials()} complete: it then has the files, too, that the kernel alone
     * denies. This costs the command some time for each file that it opens (docs/performance.md).
     * Without it, only denials that the sandbox itself decides are known.
     *
     * @return this opener
     */
    public Opener completeDenials() {
      hooks.completeDenials();
      return this;
    }

    /**
     * Reports the start and the end of each command. The hook hears of the start on the thread that
     * starts the command, before its other events; of the end after them, on any thread. {@link
     * CommandRun#run()} returns, and {@link Sandbox#close()} of this sandbox ends, after the hook
     * has heard of it; {@link Process#waitFor()} may return earlier. The sandbox logs and ignores
     * exceptions of the hook, but one at a start refuses it if a recorder needs every record.
     *
     * @param hook receives each start and each end; may be called by several threads at once
     * @return this opener
     */
    public Opener onCommand(Consumer<CommandEvent> hook) {
      hooks.onCommand(Objects.requireNonNull(hook, "hook"));
      return this;
    }

    /**
     * Reports the denials that the sandbox itself decides, which costs the command nothing. Only
     * {@link #onDenied} reports files that the kernel alone denies.
     *
     * @param hook receives each denial; called as {@link #onDenied} says
     * @return this opener
     */
    public Opener onDecidedDenial(Consumer<Violation> hook) {
      hooks.onDecidedDenial(Objects.requireNonNull(hook, "hook"));
      return this;
    }

    /**
     * Reports each executed program when it has ended or has executed another in its place.
     *
     * @param hook receives each program; called as {@link #onDenied} says
     * @return this opener
     */
    public Opener onExecuted(Consumer<AuditRecord> hook) {
      hooks.onExecuted(Objects.requireNonNull(hook, "hook"));
      return this;
    }

    /**
     * Reports each decision about a connection to a host outside, after its end if the connection
     * passes through this JVM.
     *
     * @param hook receives each decision; called as {@link #onDenied} says
     * @return this opener
     */
    public Opener onConnection(Consumer<ConnectionRecord> hook) {
      hooks.onConnection(Objects.requireNonNull(hook, "hook"));
      return this;
    }

    /**
     * Reports the number of dropped events: the queue for slow hooks is bounded.
     *
     * @param hook called with the numbers of dropped events
     * @return this opener
     */
    public Opener onDropped(Consumer<DroppedEvents> hook) {
      hooks.onDropped(Objects.requireNonNull(hook, "hook"));
      return this;
    }

    /**
     * Sets the hook that decides about hosts that no rule lists, in network mode {@code allowlist}.
     * The sandbox calls it on a separate thread, for one host at a time. An exception, null and a
     * late answer are denials. Ringfence looks a name up only once it is allowed.
     *
     * @param hook decides
     * @param timeout the time that the hook has
     * @return this opener
     * @throws IllegalStateException if one is already set
     * @throws IllegalArgumentException if the timeout is not above 0
     */
    public Opener onUnlistedHost(Function<HostRequest, HostVerdict> hook, Duration timeout) {
      hooks.onUnlistedHost(Objects.requireNonNull(hook, "hook"), timeout);
      return this;
    }

    /**
     * Sets a recorder of programs, connections and denials.
     *
     * @param recorder keeps the record; called as {@link #onDenied} says
     * @return this opener
     */
    public Opener recorder(EventRecorder recorder) {
      hooks.recorder(Objects.requireNonNull(recorder, "recorder"));
      return this;
    }

    /**
     * Passes all events to a sink instead of hooks: for programs that serve a sandbox to another
     * system, as a backend's guest does.
     *
     * @param taker takes all events and says which calls are observed
     * @return this opener
     * @throws IllegalStateException if a sink is already set
     */
    public Opener sink(EventSink taker) {
      hooks.sink(Objects.requireNonNull(taker, "taker"));
      return this;
    }

    /**
     * Opens the sandbox.
     *
     * @return the sandbox
     * @throws SandboxRefusedException if no backend enforces the policy here
     * @throws SandboxException if the sandbox cannot be opened; nothing is left behind
     * @throws InvalidPolicyException if the policy is malformed for this machine
     */
    public Sandbox open() throws SandboxException {
      return FullSystem.refused(this::opened);
    }

    private Sandbox opened() throws SandboxException {
      Optional<StartDirectory.Problem> wrong = StartDirectory.problem(workspace);
      if (wrong.isPresent()) {
        throw new InvalidPolicyException("workspace", wrong.get().shown(), wrong.get().remedy());
      }
      Backends given = backends == null ? Backends.load() : backends;
      Backends choice = preference == null ? given : given.preferring(preference);
      PathContext here = PathContext.current(workspace);
      PathContext places = copy == null ? here : here.withWorkspaceCopy(copy.toString());
      List<SandboxBackend> candidates = choice.candidates(backend);
      Optional<TemporaryDirectory> tmp =
          policy.tmp() == TmpPolicy.PRIVATE && runsCommandsHere(candidates)
              ? Optional.of(TemporaryDirectory.create(candidates, policy.lifetime()))
              : Optional.empty();
      boolean done = false;
      try {
        EffectivePolicy placed =
            EffectivePolicy.of(
                policy,
                tmp.isEmpty() ? places : places.withPrivateTmp(tmp.get().path().toString()));
        SandboxPlan plan =
            Backends.select(
                candidates, each -> isRemote(each) ? placed.withoutPrivateTmp() : placed);
        SandboxBackend chosen = choice.byId(plan.backend());
        if (isRemote(chosen)) {
          tmp.ifPresent(TemporaryDirectory::close);
          tmp = Optional.empty();
        }
        Hooks own = hooks.copy();
        Sandbox opened = new Sandbox(plan, chosen.open(plan, own), tmp, own);
        done = true;
        return opened;
      } finally {
        if (!done) {
          tmp.ifPresent(TemporaryDirectory::close);
        }
      }
    }

    private static boolean isRemote(SandboxBackend candidate) {
      return candidate.extension(RemoteBackend.class).isPresent();
    }

    /** Returns whether a candidate can run that needs the temporary directory on this machine. */
    private static boolean runsCommandsHere(List<SandboxBackend> candidates) {
      return candidates.stream().anyMatch(each -> !isRemote(each) && each.probe().usable());
    }
  }

  /**
   * Returns the plan: each guarantee and its mechanism.
   *
   * @return the plan that this sandbox runs under
   */
  public SandboxPlan plan() {
    return plan;
  }

  /**
   * Returns a command to run in this sandbox.
   *
   * @param words the program and its arguments
   * @return the command; {@link CommandRun#run()} runs it and returns the result
   * @throws IllegalArgumentException if it is empty, or an argument is null, has a NUL or has no
   *     form in UTF-8
   */
  public CommandRun command(String... words) {
    return CommandRun.of(this, SandboxCommand.of(words));
  }

  /**
   * Returns a command to run in this sandbox.
   *
   * @param words the program and its arguments
   * @return the command; {@link CommandRun#run()} runs it and returns the result
   * @throws IllegalArgumentException if it is empty, or an argument is null, has a NUL or has no
   *     form in UTF-8
   */
  public CommandRun command(List<String> words) {
    return CommandRun.of(this, SandboxCommand.of(words));
  }

  /**
   * Runs a command as {@link CommandRun#run()} does, and returns its piped output but not its
   * redirected streams.
   *
   * @param command the command
   * @return the result
   * @throws CommandNotFoundException if the program does not exist or cannot be executed
   * @throws SandboxException if it cannot be started; nothing is left behind
   * @throws InterruptedException if this thread is interrupted; the sandbox first ends the command
   *     and everything that it started
   * @throws IllegalStateException if the sandbox is closed
   */
  public Result run(SandboxCommand command) throws SandboxException, InterruptedException {
    return CommandRun.of(this, command).run();
  }

  Result run(SandboxCommand command, Optional<byte[]> input, long maxOutput)
      throws SandboxException, InterruptedException {
    long id = idOf(command);
    DenialLog denials = hooks.begin(id);
    try {
      SandboxedProcess process = start(id, command);
      Capture.Streams streams;
      try {
        streams = capture.of(process, input, maxOutput);
        process.waitFor();
        streams.awaitEnds();
      } catch (InterruptedException e) {
        endedForcibly(process);
        throw e;
      } finally {
        hooks.reportEnd(process, limits(command));
      }
      Termination how = process.termination().orElseThrow();
      Usage usage = process.usage().orElseThrow();
      return new Result(
          command.command(),
          how.exitValue(),
          streams.output(),
          streams.error(),
          Ending.of(how, limits(command), usage),
          denials.denials(),
          denials.leftOut(),
          usage,
          id);
    } finally {
      hooks.end(id);
    }
  }

  /** Ends the tree and waits for its end, even if this thread is interrupted. */
  private static void endedForcibly(SandboxedProcess process) {
    process.destroyForcibly();
    long end = System.nanoTime() + END_NANOS;
    while (process.isAlive() && System.nanoTime() - end < 0) {
      try {
        process.waitFor(END_NANOS, TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        // The exception tells the caller.
        continue;
      }
    }
  }

  /**
   * Waits until every event received of this sandbox's commands so far has reached the hooks. The
   * sandbox does the same before it reports the end of a command, so that this is for commands that
   * still run.
   *
   * @param patience how long to wait at most
   * @return whether all events had reached the hooks by then
   * @throws InterruptedException if the wait is interrupted
   * @throws IllegalStateException if the sandbox is closed
   */
  public boolean flushEvents(Duration patience) throws InterruptedException {
    if (closed.get()) {
      throw new IllegalStateException("the sandbox is closed");
    }
    return session.flushEvents(patience);
  }

  /**
   * Starts a command, for programs that use a {@link Process}; others use {@link #command}. The
   * caller must read piped output (the default) while the command runs: {@link Process#waitFor()}
   * blocks forever once the command has written more than a pipe holds. Read both streams on
   * separate threads, merge or redirect them, or use {@link CommandRun#run()}.
   *
   * @param command the command
   * @return the process, running
   * @throws CommandNotFoundException if the program does not exist or cannot be executed
   * @throws SandboxException if it cannot be started; nothing is left behind
   * @throws IllegalStateException if the sandbox is closed
   */
  public SandboxedProcess start(SandboxCommand command) throws SandboxException {
    SandboxedProcess process = start(idOf(command), command);
    hooks.reportEnd(process, limits(command));
    return process;
  }

  private long idOf(SandboxCommand command) {
    return command.commandId() == 0 ? commands.incrementAndGet() : command.commandId();
  }

  private SandboxedProcess start(long id, SandboxCommand command) throws SandboxException {
    if (closed.get()) {
      throw new IllegalStateException("the sandbox is closed");
    }
    try {
      hooks.begun(id, command.command());
      return launched(id, command);
    } catch (SandboxException | RuntimeException | Error e) {
      hooks.notStarted(id, e);
      throw e;
    }
  }

  private SandboxedProcess launched(long id, SandboxCommand command) throws SandboxException {
    Path directory =
        command
            .directory()
            .map(given -> Path.of(plan.policy().places().workspace()).resolve(given))
            .orElse(Path.of(plan.policy().places().workspace()));
    Optional<StartDirectory.Problem> wrong = StartDirectory.problem(directory);
    if (wrong.isPresent()) {
      throw new SandboxException(
          "directory: '" + wrong.get().shown() + "' is not valid; use " + wrong.get().remedy());
    }
    return session.start(
        new Launch(
            id,
            command.command(),
            directory,
            environment(command),
            command.input(),
            command.output(),
            command.error(),
            command.mergeError(),
            limits(command),
            command.terminal()));
  }

  private CommandEnvironment environment(SandboxCommand command) {
    EnvironmentPolicy asked = policy().environment();
    Map<String, String> inherited =
        new EnvironmentPolicy(asked.inherit(), asked.include(), asked.exclude(), Map.of())
            .apply(command.inherited());
    Map<String, String> set = new TreeMap<>();
    tmp.ifPresent(
        directory -> {
          String path = directory.path().toString();
          set.put("TMPDIR", path);
          set.put("TMP", path);
          set.put("TEMP", path);
        });
    String tmpPath =
        tmp.map(directory -> directory.path().toString())
            .orElse(plan.policy().places().systemTmp());
    // Values that the policy sets may name directories; inherited values are passed on unchanged.
    set.putAll(CommandEnvironment.setBy(plan.policy(), tmpPath));
    return new CommandEnvironment(inherited, set, command.variables());
  }

  private Limits limits(SandboxCommand command) {
    Limits limits = policy().limits();
    Optional<Duration> own = command.timeout();
    if (own.isEmpty()
        || (limits.wallTime().isPresent() && limits.wallTime().get().compareTo(own.get()) <= 0)) {
      return limits;
    }
    return policy().toBuilder().wallTime(own.get()).build().limits();
  }

  private SandboxPolicy policy() {
    return plan.policy().policy();
  }

  /** Ends every process of the sandbox and removes its temporary directory. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      // The watch over the directory ends last: the JVM may end at any point here.
      session.end();
      tmp.ifPresent(TemporaryDirectory::close);
      session.close();
      hooks.awaitEnds(END_NANOS);
      capture.close();
    }
  }

  /**
   * Returns the backend and the workspace.
   *
   * @return one line
   */
  @Override
  public String toString() {
    return "Sandbox["
        + plan.backend()
        + ", workspace="
        + Printable.of(plan.policy().places().workspace())
        + (closed.get() ? ", closed]" : "]");
  }

  static SandboxException cannot(String what, IOException e) {
    return new SandboxException(what + ": " + e.getMessage(), e);
  }
}
