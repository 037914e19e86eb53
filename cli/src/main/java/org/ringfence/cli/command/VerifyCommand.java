package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.ringfence.SandboxException;
import org.ringfence.cli.policy.Candidates;
import org.ringfence.cli.policy.OutputFile;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.cli.terminal.Columns;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.spi.Verification;
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
  private String format = "text";

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
    Verification.Request request = new Verification.Request(backend, cases, format, jobs);
    VerifyProgress progress =
        new VerifyProgress(
            Columns.onTerminal() ? Optional.of(spec.commandLine().getErr()) : Optional.empty(),
            output == null ? Optional.empty() : Optional.of(this::writeFile),
            System::nanoTime);
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

  /** Replaces the report file atomically, so that a reader never sees a part of it. */
  private void writeFile(Verification.PartialReport report) throws IOException {
    EffectivePolicy usual =
        EffectivePolicy.of(PolicyReader.presetOrFile("workspace-write"), PathContext.current());
    try (OutputFile.Replacement file = new OutputFile(output, usual).replacing()) {
      report.write(file.writer());
      file.commit();
    } catch (FileSystemException e) {
      throw FileFailure.of("cannot write the report", output.toString(), e);
    }
  }

  private static int code(Verification.Result result) {
    return switch (result) {
      case PASSED -> ExitCode.OK;
      case FAILED -> ExitCode.NO;
      case NOTHING_VERIFIED -> ExitCode.NOTHING_VERIFIED;
    };
  }
}
