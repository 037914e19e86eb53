package org.ringfence.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a command. */
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
final class RunCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Option(
      names = {"-v", "--verbose"},
      description = "Print denials to standard error as they happen.")
  private boolean verbose;

  @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "The command, after '--'.")
  private List<String> command;

  @Override
  public Integer call() throws Exception {
    return new Runner(options, verbose, spec.commandLine().getErr()).run(command);
  }
}
