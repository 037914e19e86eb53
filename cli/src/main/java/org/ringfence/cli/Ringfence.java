package org.ringfence.cli;

import java.util.Arrays;
import java.util.List;
import java.util.ListResourceBundle;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.ringfence.cli.command.AllowCommand;
import org.ringfence.cli.command.CheckCommand;
import org.ringfence.cli.command.CompletionCommand;
import org.ringfence.cli.command.DoctorCommand;
import org.ringfence.cli.command.ExplainCommand;
import org.ringfence.cli.command.LearnCommand;
import org.ringfence.cli.command.ManCommand;
import org.ringfence.cli.command.McpCommand;
import org.ringfence.cli.command.PlanCommand;
import org.ringfence.cli.command.PolicyCommand;
import org.ringfence.cli.command.ReviewCommand;
import org.ringfence.cli.command.RunCommand;
import org.ringfence.cli.command.ServeCommand;
import org.ringfence.cli.command.VerifyCommand;
import org.ringfence.cli.command.WindowsCommand;
import org.ringfence.cli.policy.Candidates;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.policy.NetworkMode;
import org.ringfence.spi.Workload;
import org.ringfence.text.message.BuildVersion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The root command. */
@Command(
    name = "ringfence",
    mixinStandardHelpOptions = true,
    versionProvider = Ringfence.Version.class,
    description = {
      "Runs untrusted commands under this system's own sandbox.",
      "",
      "A policy says what a command may touch; 'plan' says what this machine enforces of it;"
          + " 'run' runs the command, or refuses if it cannot hold the policy.",
      ""
    },
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  ringfence run -- make test              write only here, no network",
      "  ringfence run --policy read-only -- ls  write nothing at all",
      "  ringfence plan --policy my.json         show how this machine enforces it",
      "  ringfence learn -- make test            find the smallest policy that works",
      "  ringfence check /etc/passwd             show the policy's decision for a path",
      "",
      "Exit codes: the command's own; 128+n when signal n ended it; 124 a limit ended it and it"
          + " exited with 0; 125 a mistake or a failure of Ringfence; 126 refused, nothing was started;"
          + " 127 the command does not exist or is not executable."
    },
    subcommands = {
      RunCommand.class,
      AllowCommand.class,
      LearnCommand.class,
      ReviewCommand.class,
      PlanCommand.class,
      DoctorCommand.class,
      CheckCommand.class,
      ExplainCommand.class,
      PolicyCommand.class,
      McpCommand.class,
      ServeCommand.class,
      VerifyCommand.class,
      WindowsCommand.class,
      CompletionCommand.class,
      ManCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Ringfence implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** Called by picocli. */
  public Ringfence() {}

  /**
   * Runs the command line and exits.
   *
   * @param args the arguments
   */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine all =
        new CommandLine(new Ringfence())
            .registerConverter(NetworkMode.class, Ringfence::network)
            .registerConverter(Workload.class, Ringfence::workload)
            .registerConverter(CompletionCommand.Shell.class, Ringfence::shell);
    for (CommandLine command : all.getSubcommands().values()) {
      hasVersion(command);
      startsFrom(
          command,
          command.getCommandName().equals("learn") ? LearnCommand.START : PolicyOptions.USUAL);
    }
    // A word that begins with @ belongs to the command; no file of the workspace adds options.
    return all.setExpandAtFiles(false)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExitCodeExceptionMapper(Failures::exitCode)
        .setExecutionExceptionHandler(
            (exception, line, parsed) -> {
              Failures.complain(line.getErr(), exception);
              return Failures.exitCode(exception);
            })
        .setParameterExceptionHandler(
            (exception, args) -> {
              Failures.complain(exception.getCommandLine().getErr(), exception);
              return ExitCode.OWN_FAILURE;
            });
  }

  /** Gives a command and those below it the version: picocli gives it to the root alone. */
  private static void hasVersion(CommandLine command) {
    command.getCommandSpec().versionProvider(new Version());
    command.getSubcommands().values().forEach(Ringfence::hasVersion);
  }

  /** Shows in each command's help its own default. */
  private static void startsFrom(CommandLine command, List<String> start) {
    command
        .getCommandSpec()
        .resourceBundle(
            new ListResourceBundle() {
              @Override
              protected Object[][] getContents() {
                return new Object[][] {{"policy.default", String.join(" and ", start)}};
              }
            });
    command.getSubcommands().values().forEach(below -> startsFrom(below, start));
  }

  private static NetworkMode network(String word) {
    return one(NetworkMode.values(), word, Candidates.OfNetworks.words());
  }

  private static Workload workload(String word) {
    return one(
        Workload.values(), word, Arrays.stream(Workload.values()).map(Workload::toString).toList());
  }

  private static CompletionCommand.Shell shell(String word) {
    CompletionCommand.Shell[] shells = CompletionCommand.Shell.values();
    return one(shells, word, Arrays.stream(shells).map(Object::toString).toList());
  }

  private static <E> E one(E[] values, String word, List<String> words) {
    int at = words.indexOf(word.toLowerCase(Locale.ROOT));
    if (at < 0) {
      throw new TypeConversionException(
          "'" + word + "' is not valid; use one of " + String.join(", ", words));
    }
    return values[at];
  }

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return ExitCode.OWN_FAILURE;
  }

  /** Reads the version from the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "ringfence " + BuildVersion.of(Ringfence.class).orElse("(not packaged)")
      };
    }
  }
}
