package org.ringfence.linux.launch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.kit.session.ExecutableSearch;
import org.ringfence.kit.session.SessionBase;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.BubblewrapCompiler;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.stream.StreamGate;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Launch;

/** An open sandbox on Linux: in this process alone, or with namespaces made by bubblewrap. */
public final class LinuxSession extends SessionBase<LinuxProcess> {
  private static final long CLOSE_POLL_MILLIS = 2;

  private final EffectivePolicy policy;
  private final SessionParts parts;
  private final CommandStart starts;

  /** Uses parts that an opening has made; closes them. */
  LinuxSession(SessionOpening opening, SessionParts parts) {
    this.policy = opening.policy();
    this.parts = parts;
    this.starts = new CommandStart(opening, parts, live());
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
    return new SessionOpening(kernel, facts, FileView.ofHost(policy), supervision, Optional.empty())
        .open(listener);
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
    Supervision planned = Supervision.inNamespaces(policy, facts, Observed.of(listener));
    Supervision supervision =
        facts.listener()
                && Supervision.namesMounted(policy, facts)
                && StreamGate.hasTerminal(kernel)
            ? planned.withTerminal()
            : planned;
    Optional<String> tmp =
        BubblewrapCompiler.ownTmp(policy) ? policy.places().privateTmp() : Optional.empty();
    FileView view =
        new FileView(tmp, true, BubblewrapCompiler.ownProcesses(policy, features), policy);
    LinuxSession session =
        new SessionOpening(kernel, facts, view, supervision, Optional.of(features)).open(listener);
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

  @Override
  protected SandboxedProcess startOpen(Launch launch) throws SandboxException {
    if (!parts.supervisor.mountProblem().isEmpty()) {
      throw new SandboxException(
          "launch: a path that is taken away has got another: " + parts.supervisor.mountProblem());
    }
    if (parts.supervisor.isUnwatched()) {
      throw new SandboxException(
          "launch: the sandbox's watchdog has ended, so that its commands could outlive this JVM;"
              + " open a new sandbox");
    }
    String executable =
        ExecutableSearch.find(
            launch.command().get(0),
            launch.directory(),
            launch.environment().resolved().get("PATH"));
    check(executable, launch);
    if (parts.bubblewrap != null) {
      parts.bubblewrap.check(launch);
    }
    LinuxProcess process = starts.spawn(launch, executable);
    if (parts.supervisor.isUnwatched()) {
      // The supervisor may have ended the other commands before it knew of this one.
      process.endNow();
    }
    return process;
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

  /** Makes bubblewrap set everything up for a program that does not exist. */
  private void tryOut() throws SandboxException {
    Process trial = starts.spawn(Bubblewrap.trial(policy), BubblewrapCompiler.NO_PROGRAM);
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

  @Override
  public boolean flushEvents(Duration patience) throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    parts.supervisor.events().afterAnswers(told::countDown);
    return told.await(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  protected void endCommands() {
    live().forEach(LinuxProcess::cancel);
    parts.supervisor.clock().endAll();
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
    parts.close();
  }
}
