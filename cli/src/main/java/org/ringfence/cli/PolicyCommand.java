package org.ringfence.cli;

import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.util.concurrent.Callable;
import org.ringfence.policy.Places;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.json.PolicyWriter;
import org.ringfence.policy.json.Presets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows and checks policies. */
@Command(
    name = "policy",
    mixinStandardHelpOptions = true,
    description = "Shows and checks policies.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PolicyCommand.Show.class,
      PolicyCommand.Validate.class,
      PolicyCommand.Schema.class
    })
final class PolicyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return ExitCode.OWN_FAILURE;
  }

  /** Prints a policy. */
  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Prints the policy that the options make, everything it extends written out.")
  static final class Show implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private PolicyOptions options;

    @Override
    public Integer call() throws Exception {
      PrintWriter out = spec.commandLine().getOut();
      out.print(PolicyWriter.write(options.policy()));
      out.flush();
      return ExitCode.OK;
    }
  }

  /** Checks a policy. */
  @Command(
      name = "validate",
      mixinStandardHelpOptions = true,
      description = "Checks a policy file, for this machine and the current directory.")
  static final class Validate implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "PRESET|FILE", description = "The policy.")
    private String policy;

    @Override
    public Integer call() throws Exception {
      try {
        PolicyReader.presetOrFile(policy).in(Places.current());
      } catch (FileSystemException | CharacterCodingException e) {
        throw FileFailure.of("cannot read the policy", policy, e);
      }
      PrintWriter out = spec.commandLine().getOut();
      out.println(policy + ": valid");
      out.flush();
      return ExitCode.OK;
    }
  }

  /** Prints the schema. */
  @Command(
      name = "schema",
      mixinStandardHelpOptions = true,
      description = "Prints the JSON Schema of policy files.")
  static final class Schema implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      out.print(Presets.schema());
      out.flush();
      return ExitCode.OK;
    }
  }
}
