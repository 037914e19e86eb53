package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.ringfence.Backends;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.spi.OtherMeans;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows the native artefacts of a policy. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows what a policy compiles to: the Landlock ruleset, the seccomp filter, the profile.",
      "Works for every backend on every system.",
      "With --backend windows-sandbox: writes the file from which a person starts Windows Sandbox.",
      ""
    })
public final class ExplainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Parameters(
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "The command in the file of windows-sandbox; backends take none here.")
  private List<String> command = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    EffectivePolicy policy = options.effective();
    Optional<String> file = file(policy);
    if (file.isPresent()) {
      spec.commandLine().getOut().print(file.get());
      spec.commandLine().getOut().flush();
      return ExitCode.OK;
    }
    if (!command.isEmpty()) {
      throw new InvalidPolicyException(
          "COMMAND", String.join(" ", command), "no command, but with --backend windows-sandbox");
    }
    Backends backends = options.ordered(Backends.load());
    SandboxBackend backend =
        backends.byId(
            options.backend() == null
                ? backends.plans(policy).get(0).backend()
                : options.backend());
    PrintWriter out = spec.commandLine().getOut();
    out.println("# " + backend.info().id() + ": " + backend.info().description());
    backend.explain(policy).lines().map(Printable::line).forEach(out::println);
    out.flush();
    return ExitCode.OK;
  }

  /** Returns the file of the means that the option names; empty for a backend. */
  private Optional<String> file(EffectivePolicy policy) throws IOException {
    for (OtherMeans means : ServiceLoader.load(OtherMeans.class)) {
      if (options.backend() != null) {
        try {
          Optional<String> file = means.file(options.backend(), policy, command);
          if (file.isPresent()) {
            return file;
          }
        } catch (InvalidPolicyException e) {
          throw options.placed(e);
        }
      }
    }
    return Optional.empty();
  }
}
