package org.ringfence.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.ringfence.SandboxException;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.InvalidPolicyException;
import org.ringfence.policy.Places;
import org.ringfence.policy.json.PolicyReader;
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
      "Each denial has a control: the same operation, allowed, has to succeed. What a machine"
          + " cannot show is reported as not applicable, never as passed.",
      "Exits with 1 when a case failed.",
      ""
    })
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--backend", paramLabel = "ID", description = "Verify this backend.")
  private String backend;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "text (default), json, junit or html.")
  private String format = "text";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the report to FILE.")
  private Path output;

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
    Verification.Request request = new Verification.Request(backend, cases, format);
    if (output != null) {
      EffectivePolicy usual = PolicyReader.presetOrFile("workspace-write").in(Places.current());
      try (OutputFile.Replacement file = new OutputFile(output, usual).replacing()) {
        int code = answer(verification, request, file.writer());
        file.commit();
        return code;
      } catch (FileSystemException e) {
        throw FileFailure.of("cannot write the report", output.toString(), e);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    int code = answer(verification, request, out);
    out.flush();
    return code;
  }

  private static int answer(
      Verification verification, Verification.Request request, Appendable report)
      throws IOException {
    return verification.run(request, report) ? ExitCode.OK : ExitCode.NO;
  }
}
