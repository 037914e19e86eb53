package org.ringfence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ringfence.event.SandboxListener;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.plan.SandboxRefusedException;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.InvalidPolicyException;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.Limits;
import org.ringfence.policy.Places;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.Launch;

/**
 * An open sandbox. Opened once, it starts many commands, from many threads. Closing it ends all
 * their processes and removes its temporary directory.
 */
public final class Sandbox implements AutoCloseable {
  private final SandboxPlan plan;
  private final BackendSession session;
  private final Optional<TemporaryDirectory> tmp;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Sandbox(SandboxPlan plan, BackendSession session, Optional<TemporaryDirectory> tmp) {
    this.plan = plan;
    this.session = session;
    this.tmp = tmp;
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

  /** Collects what a sandbox is opened with. Not thread-safe. */
  public static final class Opener {
    private final SandboxPolicy policy;
    private Path workspace = Path.of("").toAbsolutePath();
    private Path copy;
    private String backend;
    private Backends backends;
    private SandboxListener listener = SandboxListener.NONE;

    private Opener(SandboxPolicy policy) {
      this.policy = Objects.requireNonNull(policy, "policy");
    }

    /**
     * Sets what {@code :workspace} stands for, and the working directory of commands that name
     * none.
     *
     * @param directory the workspace
     * @return this opener
     */
    public Opener workspace(Path directory) {
      this.workspace = directory.toAbsolutePath().normalize();
      return this;
    }

    /**
     * Has commands work on a copy in the workspace's place, which they see at the workspace's path.
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
     * Sets who hears of violations.
     *
     * @param hearer the listener
     * @return this opener
     */
    public Opener listener(SandboxListener hearer) {
      this.listener = Objects.requireNonNull(hearer, "hearer");
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
      if (!Files.isDirectory(workspace)) {
        throw new InvalidPolicyException(
            "workspace", workspace.toString(), "a directory that exists");
      }
      Backends choice = backends == null ? Backends.load() : backends;
      Places here = Places.current(workspace);
      Places places = copy == null ? here : here.withWorkspaceCopy(copy.toString());
      SandboxPlan first = choice.select(policy.in(places), backend);
      Optional<TemporaryDirectory> tmp =
          policy.tmp() == TmpPolicy.PRIVATE && !choice.byId(first.backend()).runsElsewhere()
              ? Optional.of(
                  TemporaryDirectory.create(
                      choice.byId(first.backend()).directories(),
                      policy.lifetime().onJvmExit() != Lifetime.Leftovers.KILL))
              : Optional.empty();
      try {
        EffectivePolicy placed =
            tmp.isEmpty()
                ? first.policy()
                : first.policy().withPrivateTmp(tmp.get().path().toString());
        SandboxPlan plan =
            new SandboxPlan(first.backend(), placed, first.availability(), first.guarantees());
        BackendSession session = choice.byId(first.backend()).open(plan, listener);
        return new Sandbox(plan, session, tmp);
      } catch (SandboxException | RuntimeException e) {
        tmp.ifPresent(TemporaryDirectory::close);
        throw e;
      }
    }
  }

  /**
   * What is enforced, by what.
   *
   * @return the plan that this sandbox runs under
   */
  public SandboxPlan plan() {
    return plan;
  }

  /**
   * Starts a command.
   *
   * @param command the command
   * @return the process, running
   * @throws CommandNotFoundException if the program does not exist or cannot be executed
   * @throws SandboxException if it cannot be started; nothing is left behind
   * @throws IllegalStateException if the sandbox is closed
   */
  public SandboxedProcess start(SandboxCommand command) throws SandboxException {
    if (closed.get()) {
      throw new IllegalStateException("the sandbox is closed");
    }
    Path directory =
        command
            .directory()
            .map(given -> Path.of(plan.policy().places().workspace()).resolve(given))
            .orElse(Path.of(plan.policy().places().workspace()));
    if (!Files.isDirectory(directory)) {
      throw new SandboxException(
          "directory: '" + directory + "' is not valid; use a directory that exists");
    }
    return session.start(
        new Launch(
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

  private Map<String, String> environment(SandboxCommand command) {
    Map<String, String> result = new TreeMap<>(policy().environment().apply(command.inherited()));
    tmp.ifPresent(
        directory -> {
          String path = directory.path().toString();
          result.put("TMPDIR", path);
          result.put("TMP", path);
          result.put("TEMP", path);
        });
    String tmpPath =
        tmp.map(directory -> directory.path().toString())
            .orElse(plan.policy().places().systemTmp());
    // What the policy sets may name the directory; what is inherited is passed on as it is.
    policy()
        .environment()
        .set()
        .forEach((name, value) -> result.put(name, value.replace("${tmp}", tmpPath)));
    result.putAll(command.variables());
    return result;
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
      // The watch over the directory is given up last: the JVM may end at any point of this.
      session.end();
      tmp.ifPresent(TemporaryDirectory::close);
      session.close();
    }
  }

  /**
   * Starts a command and waits for it.
   *
   * @param command the command
   * @return how it ended
   * @throws SandboxException if it cannot be started
   * @throws InterruptedException if the wait is interrupted; the process goes on
   */
  public Termination run(SandboxCommand command) throws SandboxException, InterruptedException {
    SandboxedProcess process = start(command);
    process.waitFor();
    return process.termination().orElseThrow();
  }

  static SandboxException cannot(String what, IOException e) {
    return new SandboxException(what + ": " + e.getMessage(), e);
  }
}
