package org.ringfence.cli.command;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.ringfence.cli.completion.FishCompletion;
import org.ringfence.cli.completion.PowerShellCompletion;
import org.ringfence.cli.report.ExitCode;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a completion script. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a completion script for a shell.",
      "  bash, zsh:   source <(ringfence completion)",
      "  fish:        ringfence completion fish | source",
      "  PowerShell:  ringfence completion powershell | Out-String | Invoke-Expression"
    })
public final class CompletionCommand implements Callable<Integer> {
  /** The shells with a completion script. */
  public enum Shell {
    BASH,
    ZSH,
    FISH,
    POWERSHELL;

    /** Returns the name that the user types. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "SHELL",
      arity = "0..1",
      description = "bash (default), zsh, fish or powershell.")
  private Shell shell = Shell.BASH;

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    root.getOut()
        .println(
            switch (shell) {
              case BASH, ZSH -> withFiles(AutoComplete.bash("ringfence", root));
              case FISH -> FishCompletion.of(root.getCommandSpec());
              case POWERSHELL -> PowerShellCompletion.of(root.getCommandSpec());
            });
    root.getOut().flush();
    return ExitCode.OK;
  }

  /** Offers presets and files for a policy; picocli offers only one of them. */
  private static String withFiles(String script) {
    String presets = "compReplyArray \"${PRESETFILE_option_args[@]}\"";
    return script.replace(presets, presets + "; compgen -f -- \"${curr_word}\"");
  }
}
