package org.ringfence.cli.command;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.ringfence.Backends;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows the native artefacts of a policy. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Shows what a policy compiles to: the Landlock ruleset, the seccomp filter, the profile.",
      "Works for every backend on every system.",
      ""
    })
public final class ExplainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Override
  public Integer call() throws Exception {
    EffectivePolicy policy = options.effective();
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
}
