package org.ringfence.cli.run;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.ringfence.Backends;
import org.ringfence.Ending;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.Usage;
import org.ringfence.cli.policy.PolicyNames;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.policy.StateDirectory;
import org.ringfence.cli.report.DenialReport;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.report.RemedyText;
import org.ringfence.cli.terminal.CallerTerminal;
import org.ringfence.event.Violation;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Quantities;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.text.Printable;

/** Runs a command as {@code ringfence run} does, with the options already parsed. */
public final class Runner {
  /** Waits for a command's end, and serves its streams meanwhile. */
  private interface Waiting {
    void forTheEnd(SandboxedProcess process) throws IOException, InterruptedException;
  }

  private static final long COMPLAINT_MILLIS = 2_000;
  private static final long START_SECONDS = 2;
  private static final int MOST_NAMED = 20;

  private final PolicyOptions options;
  private final UnaryOperator<Sandbox.Opener> hooks;
  private final boolean tty;
  private final PrintWriter err;
  private final DenialReport decided = new DenialReport();
  private final DenialReport found = new DenialReport();
  private final PassedSignals signals = PassedSignals.begin();
  private BackendSearch probe;
  private DenialReport reported;
  private boolean hasStarted;
  private boolean quiet;
  private boolean naming;
  private boolean endsWithCaller;
  private Path copy;
  private Path directory;
  private Path result;
  private String program = "";

  public Runner(
      PolicyOptions options, UnaryOperator<Sandbox.Opener> hooks, boolean tty, PrintWriter err) {
    this.tty = tty;
    this.options = options;
    this.hooks = hooks;
    this.err = err;
  }

  /** Takes the backends from a probe that has begun before. */
  public Runner probed(BackendSearch begun) {
    probe = begun;
    return this;
  }

  /** Runs on a copy of the workspace. */
  public Runner on(Path directory) {
    copy = directory;
    return this;
  }

  /** Suppresses the report of denials when a command has failed. */
  public Runner quiet(boolean wanted) {
    quiet = wanted;
    return this;
  }

  /** Collects denials in a report printed elsewhere, and stores them for 'allow'. */
  public Runner reportedTo(DenialReport report) {
    reported = report;
    return this;
  }

  /**
   * Has the denials name hosts and ports, which the hooks deny: under network none a command asks
   * for no host, since it finds no name server.
   */
  public Runner namingHosts() {
    naming = true;
    return this;
  }

  /** Ends the command also when the program that started this JVM ends. */
  public Runner endingWithCaller() {
    endsWithCaller = true;
    return this;
  }

  /** Returns whether the command has started; a refused one has nothing to report. */
  public boolean hasStarted() {
    return hasStarted;
  }

  /** Writes the result as JSON; null for no file. */
  public Runner writing(Path file) {
    result = file;
    return this;
  }

  /** Starts commands in a directory; null for the workspace. */
  public Runner in(Path other) {
    directory = other;
    return this;
  }

  /**
   * Runs a command with the streams of this JVM.
   *
   * @param command the program and its arguments
   * @return its exit code
   */
  public int run(List<String> command) throws IOException, InterruptedException {
    program = command.get(0);
    if (!tty) {
      return run(SandboxCommand.of(command).inheritIO(), SandboxedProcess::waitFor);
    }
    try (CallerTerminal terminal = CallerTerminal.open()) {
      signals.onResize(process -> process.resize(terminal.size()));
      TerminalSize size = terminal.size();
      return run(
          SandboxCommand.of(command).terminal(size),
          process -> {
            terminal.raw();
            try {
              terminal.connect(process, size);
            } finally {
              terminal.close();
            }
            process.waitFor();
          });
    }
  }

  /**
   * Makes this process end as its command has ended, when it exits with the command's exit code.
   *
   * @param exit the exit code
   */
  public void endLikeCommand(int exit) {
    signals.endLikeCommand(exit);
  }

  private int run(SandboxCommand asked, Waiting waiting) throws IOException, InterruptedException {
    try {
      return sandboxed(asked, waiting);
    } catch (InvalidPolicyException e) {
      throw options.placed(e);
    }
  }

  private int sandboxed(SandboxCommand asked, Waiting waiting)
      throws IOException, InterruptedException {
    SandboxCommand request =
        directory == null ? asked : asked.directory(directory.toAbsolutePath().normalize());
    BackendSearch begun = probe == null ? BackendSearch.begin() : probe;
    SandboxPolicy policy = options.policy();
    if (!quiet) {
      options.unusedProject().ifPresent(file -> complain(PolicyOptions.unused(file)));
    }
    Backends backends = options.ordered(begun.result());
    Sandbox.Opener opener =
        Sandbox.opener(naming ? naming(policy, backends) : policy)
            .backends(backends)
            .workspace(options.workspace())
            .backend(options.backend());
    if (copy != null) {
      opener.workspaceCopy(copy);
    }
    opener.onDecidedDenial(this::heard);
    Termination end;
    Optional<Usage> usage;
    try (Sandbox sandbox = hooks.apply(opener).open()) {
      if (!quiet) {
        options.withoutEffect(sandbox.plan().policy()).forEach(this::complain);
      }
      if (reported != null) {
        reported.under(sandbox.plan().backend());
      }
      SandboxedProcess process = awaited(sandbox, request, waiting);
      end = process.termination().orElseThrow();
      usage = process.usage();
      if (end.cause() == Termination.Cause.TIMED_OUT) {
        complain("the command was ended: its time was up");
      } else {
        tellLimit(ending(end, policy.limits(), usage), policy.limits());
      }
    }
    tellFound();
    if (result != null) {
      List<Violation> all = new ArrayList<>(heard());
      found.denials().stream().filter(each -> !all.contains(each)).forEach(all::add);
      RunResult.of(end, policy.limits(), usage, all).write(result, options.effective());
    }
    int exit = exitCode(end);
    tellDenials(exit);
    return exit;
  }

  /**
   * Returns a policy that lists no host in place of one without a network, where the same backend
   * enforces it.
   */
  private SandboxPolicy naming(SandboxPolicy policy, Backends backends) throws SandboxException {
    NetworkPolicy network = policy.network();
    if (network.mode() != NetworkMode.NONE || !network.allow().isEmpty()) {
      return policy;
    }
    SandboxPolicy listing = policy.toBuilder().network(NetworkMode.ALLOWLIST).build();
    Optional<String> chosen = chosen(policy, backends);
    return chosen.isPresent() && chosen.equals(chosen(listing, backends)) ? listing : policy;
  }

  /** Returns the backend that would run a policy; empty when none would. */
  private Optional<String> chosen(SandboxPolicy policy, Backends backends) throws SandboxException {
    EffectivePolicy placed = EffectivePolicy.of(policy, PathContext.current(options.workspace()));
    List<SandboxPlan> plans =
        options.backend() == null
            ? backends.plans(placed)
            : List.of(backends.byId(options.backend()).plan(placed));
    return plans.stream().filter(SandboxPlan::acceptable).findFirst().map(SandboxPlan::backend);
  }

  /** Returns the exit code: a command that a limit ends may exit with 0, which is no success. */
  private static int exitCode(Termination end) {
    boolean limited =
        end.cause() == Termination.Cause.TIMED_OUT || end.cause() == Termination.Cause.OUTPUT_LIMIT;
    return limited && end.exitValue() == 0 ? ExitCode.LIMIT : end.exitValue();
  }

  /** Reports the limit: a bare exit code 137 or 153 does not name it. */
  private void tellLimit(Ending ending, Limits limits) {
    if (ending instanceof Ending.LimitReached reached) {
      complain(
          "the command was ended: "
              + switch (reached.limit()) {
                case OUTPUT ->
                    "it wrote more than the limit, output="
                        + Quantities.size(limits.outputBytes().orElse(0));
                case MEMORY ->
                    "it took more memory than the limit, memory="
                        + Quantities.size(limits.memory().orElse(0));
                case CPU_TIME ->
                    "its processor time was up, cpu="
                        + limits.cpuTime().map(time -> time.toSeconds() + "s").orElse("");
                case FILE_SIZE ->
                    "a file grew beyond the limit, file-size="
                        + Quantities.size(limits.fileSize().orElse(0));
              });
    }
  }

  private static Ending ending(Termination end, Limits limits, Optional<Usage> usage) {
    Usage unknown = new Usage(Optional.empty(), OptionalLong.empty(), Duration.ZERO);
    return Ending.of(end, limits, usage.orElse(unknown));
  }

  private void heard(Violation violation) {
    if (violation.reason() instanceof Reason.FoundName) {
      found.denied(violation);
    } else {
      decided.denied(violation);
    }
  }

  /** Names what the command has made although its name is protected, whatever its exit code. */
  private void tellFound() {
    List<Violation> all = found.denials();
    for (Violation each : all.subList(0, Math.min(MOST_NAMED, all.size()))) {
      complain(Printable.name(each.target()) + ": " + Printable.of(each.rule()));
    }
    if (all.size() > MOST_NAMED) {
      complain("and " + (all.size() - MOST_NAMED) + " more protected names; --json lists them");
    }
  }

  private List<Violation> heard() {
    return (reported == null ? decided : reported).denials();
  }

  /** Reports denials: a program reports only "permission denied", without the sandbox. */
  private void tellDenials(int exit) {
    List<Violation> denials = (reported == null ? decided : reported).ofTheSandbox();
    if (denials.isEmpty() || exit == 0 && reported == null) {
      return;
    }
    Optional<LastDenials> kept = kept(denials);
    if (reported == null && !quiet) {
      boolean here = options.workspace().equals(Path.of("").toAbsolutePath());
      List<String> allow =
          here
              ? List.of("ringfence", "allow")
              : List.of("ringfence", "allow", "-C", options.workspace().toString());
      complain(
          (denials.size() == 1
                  ? "1 operation was denied"
                  : denials.size() + " operations were denied")
              + "; run with --report"
              + (kept.filter(this::canBeAllowed).isPresent()
                  ? ", or: " + RemedyText.pasted(allow)
                  : ""));
    }
  }

  private boolean canBeAllowed(LastDenials denials) {
    try {
      List<String> sources = options.sources();
      return PolicyNames.extendable(sources).equals(sources) && denials.isAnyAllowed();
    } catch (IOException e) {
      return false;
    }
  }

  /** Stores denials for 'allow'; without a place to store them, 'allow' has nothing to offer. */
  private Optional<LastDenials> kept(List<Violation> denials) {
    try {
      LastDenials last =
          LastDenials.of(
              new LastDenials.Run(
                  program, Instant.now().truncatedTo(ChronoUnit.SECONDS), reported != null),
              PolicyNames.absolute(options.sources()),
              denials);
      last.keep(StateDirectory.current(), options.workspace());
      return Optional.of(last);
    } catch (IOException | InvalidPolicyException e) {
      return Optional.empty();
    }
  }

  /** Ends the command first when this JVM is asked to end (Ctrl-C). */
  private SandboxedProcess awaited(Sandbox sandbox, SandboxCommand request, Waiting waiting)
      throws IOException, InterruptedException {
    CompletableFuture<SandboxedProcess> started = new CompletableFuture<>();
    Thread hook = new Thread(() -> endWithJvm(started));
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      signals.toCommand(started);
      SandboxedProcess process = sandbox.start(request);
      hasStarted = true;
      started.complete(process);
      if (endsWithCaller) {
        ProcessHandle.current()
            .parent()
            .ifPresent(caller -> caller.onExit().thenRun(process::destroy));
      }
      waiting.forTheEnd(process);
      return process;
    } finally {
      started.cancel(false);
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The JVM is ending already, and the hook with it.
        hook.join();
      }
    }
  }

  private static void endWithJvm(CompletableFuture<SandboxedProcess> started) {
    try {
      SandboxedProcess process = started.get(START_SECONDS, TimeUnit.SECONDS);
      process.destroy();
      process.waitFor();
    } catch (InterruptedException
        | ExecutionException
        | TimeoutException
        | CancellationException e) {
      // No command runs, or it does not end in time: the end of this JVM ends it.
      started.cancel(true);
    }
  }

  /** Prints on a separate thread: this process has to end even if no process reads its output. */
  private void complain(String text) {
    Thread teller =
        new Thread(
            () -> {
              err.println("ringfence: " + text);
              err.flush();
            },
            "complaint");
    teller.setDaemon(true);
    teller.start();
    try {
      teller.join(COMPLAINT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
