package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.ringfence.Backends;
import org.ringfence.SandboxException;
import org.ringfence.cli.policy.Candidates;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.terminal.Columns;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the conformance suite. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Attacks the sandbox on this machine with the conformance suite and reports.",
      "Each denial has a control: the same operation, allowed, has to succeed. A case"
          + " that a machine cannot show is reported as skipped, and a case that a backend does not promise as not"
          + " applicable; neither is reported as passed.",
      "Exits with 1 when a case failed, with 3 when none failed and none passed: then nothing was"
          + " verified.",
      ""
    })
public final class VerifyCommand implements Callable<Integer> {
  private static final String TEXT = "text";
  private static final String FIRST_RUN = "ringfence-first-run";

  @Spec private CommandSpec spec;

  @Option(
      names = "--backend",
      paramLabel = "ID",
      completionCandidates = Candidates.OfBackends.class,
      description = "Verify this backend.")
  private String backend;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      completionCandidates = Candidates.OfFormats.class,
      description = "text (default), json, junit or html.")
  private String format = TEXT;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the report to FILE.")
  private Path output;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description =
          "Run N cases at a time (default: 2). Cases that would disturb others run alone.")
  private int jobs = 2;

  @Option(
      names = "--first-run",
      description = {
        "Try each available backend of this system for about ten minutes: each guarantee and each known doubt,"
            + " and write one report (default: ringfence-first-run.json) to attach to an issue. A result is kept"
            + " with the build of the system; plans carry a remark until a backend has passed on it."
      })
  private boolean firstRun;

  @Parameters(
      paramLabel = "CASE",
      arity = "0..*",
      description = "Run cases whose id begins so; all without.")
  private List<String> cases = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    Verification verification =
        ServiceLoader.load(Verification.class)
            .findFirst()
            .orElseThrow(() -> new SandboxException("verify: the conformance suite is missing"));
    if (!verification.formats().contains(format)) {
      throw new InvalidPolicyException(
          "--format", format, "one of " + String.join(", ", verification.formats()));
    }
    if (jobs < 1) {
      throw new InvalidPolicyException("--jobs", Integer.toString(jobs), "a number from 1");
    }
    List<String> unknown = verification.unknown(cases);
    if (!unknown.isEmpty()) {
      throw new InvalidPolicyException(
          "CASE", unknown.get(0), "the beginning of a case's id, such as FW- or ESC-PTRACE");
    }
    if (firstRun) {
      return firstRun(verification);
    }
    Verification.Request request = new Verification.Request(backend, cases, format, jobs);
    VerifyProgress progress =
        progress(output == null ? Optional.empty() : Optional.of(this::writeFile));
    if (output != null) {
      // An unwritable file is reported before the suite runs.
      writeFile(none -> {});
    }
    StringBuilder report = new StringBuilder();
    int code = code(verification.run(request, report, progress));
    progress.over();
    if (output != null) {
      writeFile(out -> out.append(report));
    } else {
      PrintWriter out = spec.commandLine().getOut();
      out.append(report);
      out.flush();
    }
    return code;
  }

  private int firstRun(Verification verification) throws IOException {
    if (!format.equals(TEXT)) {
      throw new InvalidPolicyException("--format", format, "no format beside --first-run");
    }
    if (!cases.isEmpty()) {
      // A result of fewer cases would count as one of all.
      throw new InvalidPolicyException("CASE", cases.get(0), "no case beside --first-run");
    }
    Backends loaded = Backends.load();
    List<SandboxBackend> tried =
        backend == null ? loaded.ofThisSystem() : List.of(loaded.byId(backend));
    Path file = output == null ? Path.of(FIRST_RUN + ".json") : output;
    // An unwritable file is reported before the suite runs.
    FirstRun.write(file, none -> {});
    VerifyProgress progress = progress(Optional.empty());
    FirstRun.Reports reports =
        new FirstRun(FIRST_RUN, verification, verification.firstRun(), jobs, tried)
            .run(progress, part -> FirstRun.write(file, to -> to.append(part)));
    progress.over();
    FirstRun.write(file, to -> to.append(reports.json()));
    PrintWriter out = spec.commandLine().getOut();
    out.print(reports.text());
    out.println("\nattach " + Printable.of(file.toString()) + " to an issue");
    out.flush();
    return reports.code();
  }

  private VerifyProgress progress(Optional<VerifyProgress.ReportFile> file) {
    return new VerifyProgress(
        Columns.onTerminal() ? Optional.of(spec.commandLine().getErr()) : Optional.empty(),
        file,
        System::nanoTime);
  }

  private void writeFile(Verification.PartialReport report) throws IOException {
    FirstRun.write(output, report);
  }

  private static int code(Verification.Result result) {
    return switch (result) {
      case PASSED -> ExitCode.OK;
      case FAILED -> ExitCode.NO;
      case NOTHING_VERIFIED -> ExitCode.NOTHING_VERIFIED;
    };
  }
}
