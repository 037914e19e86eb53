package org.ringfence.cli.completion;

import java.util.List;
import org.ringfence.cli.completion.ArgumentText.Named;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Completion for fish, generated from the descriptions of the commands. */
public final class FishCompletion {
  private static final String FUNCTIONS =
      """
      # Whether the words so far begin with these commands.
      function __ringfence_in
        set -l words (commandline -opc)
        for name in $argv
          set -e words[1]
          test "$words[1]" = "$name"; or return 1
        end
      end
      # Whether they are just these.
      function __ringfence_at
        set -l words (commandline -opc)
        test (count $words) -eq (math 1 + (count $argv)); and __ringfence_in $argv
      end
      complete -c ringfence -f
      """;

  private final StringBuilder script = new StringBuilder();

  private FishCompletion() {}

  public static String of(CommandSpec root) {
    FishCompletion completion = new FishCompletion();
    completion.script.append(FUNCTIONS);
    Named.all(root).forEach(completion::command);
    return completion.script.toString();
  }

  private void command(Named command) {
    CommandSpec spec = command.spec();
    String where = spec.subcommands().isEmpty() ? "__ringfence_in" : "__ringfence_at";
    String condition = " -n " + quoted((where + " " + String.join(" ", command.path())).strip());
    spec.subcommands()
        .forEach(
            (name, below) ->
                line(
                    condition
                        + " -a "
                        + quoted(name)
                        + described(ArgumentText.summary(below.getCommandSpec()))));
    for (OptionSpec option : spec.options()) {
      option(condition, option);
    }
    for (PositionalParamSpec operand : spec.positionalParameters()) {
      List<String> values = ArgumentText.values(operand);
      if (ArgumentText.takesFile(operand) || operand.paramLabel().equals("COMMAND")) {
        line(condition + " -F");
      }
      if (!values.isEmpty()) {
        line(condition + " -a " + quoted(String.join(" ", values)));
      }
    }
  }

  private void option(String condition, OptionSpec option) {
    StringBuilder line = new StringBuilder(condition);
    for (String name : option.names()) {
      line.append(name.startsWith("--") ? " -l " : " -s ").append(name.replaceFirst("^-+", ""));
    }
    if (ArgumentText.takesValue(option)) {
      String values = String.join(" ", ArgumentText.values(option));
      if (ArgumentText.takesDirectory(option)) {
        line.append(" -x -a '(__fish_complete_directories)'");
      } else {
        // Where the value is optional, the option also stands alone.
        String needed = option.arity().min() == 0 ? " -f" : " -x";
        line.append(ArgumentText.takesFile(option) ? " -r -F" : needed);
        line.append(values.isEmpty() ? "" : " -a " + quoted(values));
      }
    }
    line(line + described(ArgumentText.summary(ArgumentText.paragraphs(option))));
  }

  private void line(String rest) {
    script.append("complete -c ringfence").append(rest).append('\n');
  }

  private static String described(String text) {
    return " -d " + quoted(text);
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
