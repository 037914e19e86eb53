package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.ringfence.Sandbox;
import org.ringfence.cli.learn.RequestedHosts;
import org.ringfence.cli.policy.IneffectiveRules;
import org.ringfence.cli.policy.OutputFile;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.DenialPrinter;
import org.ringfence.cli.report.DenialReport;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.cli.report.ReviewPrinter;
import org.ringfence.cli.run.HostPrompt;
import org.ringfence.cli.run.RunResult;
import org.ringfence.cli.run.Runner;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.Violation;
import org.ringfence.event.json.AuditLog;
import org.ringfence.event.json.SecretMask;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.review.WorkspaceReview;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a command in a sandbox. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs a command in a sandbox and exits with its exit code.",
      "Without options it may write below the current directory and its own temporary directory,"
          + " and reaches no network.",
      ""
    })
public final class RunCommand implements Callable<Integer> {
  private static final int MOST_NAMED = 5;

  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Option(
      names = {"-v", "--verbose"},
      description = "Print denials to standard error as they happen.")
  private boolean verbose;

  @Option(
      names = {"-q", "--quiet"},
      description = "Do not say that something was denied when the command fails.")
  private boolean quiet;

  @Option(
      names = {"-t", "--tty"},
      description = "Give the command a terminal of its own, connected to this one.")
  private boolean tty;

  @Option(
      names = "--mcp",
      description = {
        "Run an MCP server: its standard streams stay as they are, and it also ends when the program"
            + " that started Ringfence ends."
      })
  private boolean mcp;

  @Option(
      names = "--cwd",
      paramLabel = "DIR",
      description = "The directory that the command starts in. Default: the workspace.")
  private Path directory;

  @Option(
      names = "--ask",
      description = {
        "Ask on the terminal about hosts that the policy does not list, each for "
            + HostPrompt.PATIENCE_SECONDS
            + " seconds at most. Network mode allowlist."
      })
  private boolean ask;

  @Option(
      names = "--review",
      description = {
        "Run on a copy of the workspace, show the changes as a diff, and keep them until 'ringfence"
            + " review' commits or discards them."
      })
  private boolean reviewed;

  @Option(
      names = "--report",
      description = {
        "Print the denials at the end, and policy additions that would allow them. Looks at every open of a file,"
            + " which costs the command some time. A host that is not reached is named with its"
            + " port: its name gets an address that leads nowhere, instead of none."
      })
  private boolean report;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write the ending, the usage and the denials of the command to FILE as JSON, which"
              + " docs/json.md describes. /dev/fd/N is a descriptor of yours.")
  private Path json;

  @Option(
      names = "--audit",
      paramLabel = "FILE",
      description = "Append executed programs and denials to FILE as JSON Lines, secrets masked.")
  private Path audit;

  @Option(
      names = "--audit-complete",
      description = "End the command when a line of the audit log would be lost.")
  private boolean auditComplete;

  @Option(
      names = "--audit-mask",
      paramLabel = "REGEX",
      description = "Mask this among arguments as well: the first group, or all that matches.")
  private List<String> masks = new ArrayList<>();

  @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "The command, after '--'.")
  private List<String> command;

  @Override
  public Integer call() throws Exception {
    PrintWriter err = spec.commandLine().getErr();
    demandFile("--audit", audit);
    demandFile("--json", json);
    if (command.get(0).equals("-")) {
      throw new InvalidPolicyException(
          "COMMAND", "-", "a program; --report has no value and prints to standard error");
    }
    demandOwnStreams();
    DenialReport denials = new DenialReport();
    Optional<HostPrompt> prompt = Optional.empty();
    if (ask) {
      if (tty) {
        throw new InvalidPolicyException(
            "--ask", "--tty", "one of the two: the terminal is the command's");
      }
      prompt = Optional.of(HostPrompt.onTerminal());
      options.allowlist();
    }
    if (audit != null) {
      options.protect(audit);
    }
    if (json != null) {
      RunResult.demandTarget(json, options.effective());
      if (!json.startsWith("/dev") && !json.startsWith("/proc")) {
        options.protect(json);
      }
    }
    Runner runner = null;
    try (Writer log = audit == null ? Writer.nullWriter() : log()) {
      AuditLog lines = new AuditLog(log, SecretMask.usualAnd(masks), auditComplete);
      NetworkMode mode = report ? options.policy().network().mode() : NetworkMode.ALLOWLIST;
      Hooks hooks = new Hooks(denials, prompt, lines, mode, err);
      runner =
          new Runner(options, hooks, tty, err).in(directory).quiet(quiet || verbose).writing(json);
      if (mcp) {
        runner.endingWithCaller();
      }
      if (report) {
        runner.reportedTo(denials);
        if (prompt.isEmpty()) {
          runner.namingHosts();
        }
      }
      if (verbose) {
        IneffectiveRules.warn(err, options.effective());
      }
      int code = reviewed ? review(runner, err) : runner.run(command);
      if (lines.incomplete()) {
        err.println("ringfence: the audit log " + audit + " is incomplete: events were dropped");
        if (auditComplete) {
          return ExitCode.OWN_FAILURE;
        }
      }
      runner.endLikeCommand(code);
      return code;
    } finally {
      if (report && runner != null && runner.hasStarted()) {
        denials.print(err);
      }
    }
  }

  /** The protocol uses standard input and output, so no option may ask a question there. */
  private void demandOwnStreams() {
    if (!mcp) {
      return;
    }
    McpCommand.demandFile(spec);
    for (String option : List.of("--tty", "--ask", "--review")) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new InvalidPolicyException(
            "--mcp", option, "one of the two: an MCP client starts the command, and no person");
      }
    }
  }

  /** Both standard streams are the command's. */
  private static void demandFile(String option, Path file) {
    if (file != null && file.toString().equals("-")) {
      throw new InvalidPolicyException(
          option,
          "-",
          "a file, since the standard streams are the command's"
              + (option.equals("--json") ? ", or a descriptor, /dev/fd/3" : "")
              + "; a file of that name is ./-");
    }
  }

  /** Registers the listeners that the options ask for. */
  private final class Hooks implements UnaryOperator<Sandbox.Opener> {
    private final DenialReport denials;
    private final Optional<HostPrompt> prompt;
    private final AuditLog lines;
    private final NetworkMode mode;
    private final PrintWriter err;

    Hooks(
        DenialReport denials,
        Optional<HostPrompt> prompt,
        AuditLog lines,
        NetworkMode mode,
        PrintWriter err) {
      this.mode = mode;
      this.denials = denials;
      this.prompt = prompt;
      this.lines = lines;
      this.err = err;
    }

    @Override
    public Sandbox.Opener apply(Sandbox.Opener opener) {
      if (verbose) {
        DenialPrinter printer = new DenialPrinter(err);
        opener.onDenied(denial -> printer.denied(named(denial))).onDropped(printer::dropped);
      }
      if (report) {
        opener.onDenied(denial -> denials.denied(named(denial))).onDropped(denials::dropped);
        if (prompt.isEmpty()) {
          opener.onUnlistedHost(host -> HostVerdict.DENY, HostPrompt.PATIENCE);
        }
      }
      prompt.ifPresent(asked -> opener.onUnlistedHost(asked::decide, HostPrompt.PATIENCE));
      if (audit != null) {
        lines.recording(opener);
      }
      return opener;
    }

    /** The hook for a report denies every host, and no user has denied any of them. */
    private Violation named(Violation denial) {
      return report && prompt.isEmpty() ? RequestedHosts.named(denial, mode) : denial;
    }
  }

  private int review(Runner runner, PrintWriter err) throws IOException, InterruptedException {
    EffectivePolicy policy = options.effective();
    WorkspaceReview review =
        WorkspaceReview.begin(
            WorkspaceReview.usualStore(),
            options.workspace(),
            path -> !policy.evaluate(path.toString(), Operation.READ).allowed());
    if (!review.leftOut().isEmpty()) {
      List<String> some = review.leftOut().stream().limit(MOST_NAMED).toList();
      err.println(
          "ringfence: not in the copy, since it cannot or must not be read: "
              + String.join(", ", some)
              + (review.leftOut().size() > some.size()
                  ? " and " + (review.leftOut().size() - some.size()) + " more"
                  : ""));
    }
    boolean ran = false;
    try {
      int exit = runner.on(review.copy()).run(command);
      ran = true;
      if (review.changes().isEmpty()) {
        err.println("ringfence: nothing was changed");
        review.discard();
        return exit;
      }
      new ReviewPrinter(err, false).print(review);
      err.println(
          "ringfence: kept as review "
              + review.id()
              + "; ringfence review commit "
              + review.id()
              + ", or discard");
      err.flush();
      return exit;
    } finally {
      if (!ran) {
        review.discard();
      }
    }
  }

  private Writer log() throws IOException {
    EffectivePolicy policy = options.effective();
    try {
      return new OutputFile(audit, policy).appending();
    } catch (IOException e) {
      throw FileFailure.of("cannot write the audit log", audit.toString(), e);
    }
  }
}
