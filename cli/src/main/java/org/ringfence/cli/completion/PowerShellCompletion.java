package org.ringfence.cli.completion;

import java.util.List;
import java.util.stream.Collectors;
import org.ringfence.cli.completion.ArgumentText.Named;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Completion for PowerShell, generated from the descriptions of the commands. */
public final class PowerShellCompletion {
  private static final String BEGIN =
      """
      Register-ArgumentCompleter -Native -CommandName ringfence, ringfence.cmd -ScriptBlock {
        param($word, $line, $cursor)
        $commands = @{
      """;

  private static final String END =
      """
        }
        $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } |
          ForEach-Object { $_.ToString() } | Select-Object -Skip 1)
        $path = ''
        $before = ''
        foreach ($each in $words) {
          if ($each -eq '--') { return }
          $longer = "$path $each".Trim()
          if ($before -eq '' -and $commands.ContainsKey($longer)) { $path = $longer } else { $before = $each }
        }
        $offers = @($commands[$path] | Where-Object { $before -ne '' -and $_.names -contains $before -and $_.value })
        if ($offers.Count -gt 0) {
          $offers[0].values | Where-Object { $_ -like "$word*" } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
          }
          if ($offers[0].files) { [System.Management.Automation.CompletionCompleters]::CompleteFilename($word) }
          return
        }
        $commands[$path] | ForEach-Object {
          $offer = $_
          $offer.names | Where-Object { $_ -like "$word*" } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterName', $offer.text)
          }
        }
      }
      """;

  private PowerShellCompletion() {}

  public static String of(CommandSpec root) {
    StringBuilder script = new StringBuilder(BEGIN);
    for (Named command : Named.all(root)) {
      script.append("    ").append(quoted(String.join(" ", command.path()))).append(" = @(\n");
      command
          .spec()
          .subcommands()
          .forEach(
              (name, below) ->
                  script.append(
                      offer(quoted(name), ArgumentText.summary(below.getCommandSpec()), "")));
      for (OptionSpec option : command.spec().options()) {
        script.append(
            offer(
                list(List.of(option.names())),
                ArgumentText.summary(ArgumentText.paragraphs(option)),
                ArgumentText.takesValue(option) ? value(option) : ""));
      }
      command
          .spec()
          .positionalParameters()
          .forEach(
              operand ->
                  ArgumentText.values(operand)
                      .forEach(word -> script.append(offer(quoted(word), word, ""))));
      script.append("    )\n");
    }
    return script.append(END).toString();
  }

  private static String value(ArgSpec argument) {
    return "; value = $true; values = @("
        + list(ArgumentText.values(argument))
        + "); files = $"
        + (ArgumentText.takesFile(argument) || ArgumentText.takesDirectory(argument));
  }

  private static String offer(String names, String text, String value) {
    return "      @{ names = @(" + names + "); text = " + quoted(text) + value + " }\n";
  }

  private static String list(List<String> words) {
    return words.stream().map(PowerShellCompletion::quoted).collect(Collectors.joining(", "));
  }

  /** Quotes a text: PowerShell accepts several characters as quotes; doubling escapes each. */
  private static String quoted(String text) {
    return "'" + text.replaceAll("['\\x{2018}-\\x{201b}]", "$0$0") + "'";
  }
}
