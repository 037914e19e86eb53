package org.ringfence.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.cli.policy.UntrustedPolicyException;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.cli.terminal.Columns;
import org.ringfence.cli.terminal.Paragraph;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.text.Printable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Prints failures and maps them to exit codes. */
final class Failures {
  private static final int MOST_SUGGESTIONS = 3;

  private Failures() {}

  /** Prints one short paragraph. */
  static void complain(PrintWriter err, Exception exception) {
    List<String> texts =
        exception instanceof InvalidPolicyException invalid
            ? invalid.mistakes()
            : List.of(text(exception));
    for (String text : texts) {
      Paragraph.of("ringfence: " + Printable.of(text), Columns.ofStandardError())
          .forEach(err::println);
    }
    err.flush();
  }

  private static String text(Exception exception) {
    if (exception instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched);
    }
    String message = exception.getMessage() == null ? exception.toString() : exception.getMessage();
    String line = message.lines().findFirst().orElse("");
    if (exception instanceof ParameterException mistake) {
      Optional<String> value = value(mistake, line);
      if (value.isPresent()) {
        return value.get();
      }
      return line + "; see " + help(mistake.getCommandLine());
    }
    if (exception instanceof FileSystemException failed && failed.getReason() == null) {
      // The type of these exceptions is the reason: their message is the file.
      return line + ": " + FileFailure.reason((IOException) exception);
    }
    return line;
  }

  /** Returns the text about a value that picocli could not read, in the form of the others. */
  private static Optional<String> value(ParameterException mistake, String line) {
    String value = mistake.getValue();
    ArgSpec argument = mistake.getArgSpec();
    if (value == null) {
      return Optional.empty();
    }
    if (argument == null) {
      // Only 'help' names a word without an argument of its own.
      return Optional.of(
          unmatched(new UnmatchedArgumentException(mistake.getCommandLine(), List.of(value))));
    }
    String name =
        argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    String wrong = "'" + value + "' is not ";
    int at = line.indexOf(wrong + "valid");
    if (at >= 0) {
      return Optional.of(name + ": " + line.substring(at));
    }
    String use =
        argument.arity().max() == 0
            ? "it without a value"
            : Number.class.isAssignableFrom(argument.type()) || argument.type() == int.class
                ? "a whole number"
                : "";
    return use.isEmpty() || !line.contains(wrong)
        ? Optional.empty()
        : Optional.of(name + ": " + wrong + "valid; use " + use);
  }

  private static String unmatched(UnmatchedArgumentException exception) {
    CommandLine line = exception.getCommandLine();
    List<String> words = exception.getUnmatched();
    String word = words.isEmpty() ? "" : words.get(0);
    boolean option = exception.isUnknownOption();
    boolean command = !option && !line.getSubcommands().isEmpty();
    String kind = option ? "option" : command ? "command" : "argument";
    // picocli compares pairs of letters; transposed letters share none.
    Stream<String> mistyped =
        line.getSubcommands().keySet().stream().filter(name -> letters(name).equals(letters(word)));
    List<String> near =
        Stream.concat(mistyped, exception.getSuggestions().stream())
            .filter(each -> option == each.startsWith("-"))
            .distinct()
            .limit(MOST_SUGGESTIONS)
            .toList();
    Optional<String> hint =
        (option || command) && !near.isEmpty()
            ? Optional.of("did you mean " + String.join(" or ", near) + "?")
            : Optional.empty();
    String separated =
        option && line.getCommandName().equals("run")
            ? "options of the command that is run come after --; "
            : "";
    return kind
        + " '"
        + word
        + "' is not known; "
        + separated
        + hint.map(text -> text + " See ").orElse("see ")
        + help(line);
  }

  private static List<Integer> letters(String word) {
    return word.chars().sorted().boxed().toList();
  }

  private static String help(CommandLine line) {
    return line.getCommandSpec().qualifiedName() + " --help";
  }

  static int exitCode(Throwable exception) {
    if (exception instanceof SandboxRefusedException
        || exception instanceof UntrustedPolicyException) {
      return ExitCode.REFUSED;
    }
    return exception instanceof CommandNotFoundException
        ? ExitCode.NOT_FOUND
        : ExitCode.OWN_FAILURE;
  }
}
