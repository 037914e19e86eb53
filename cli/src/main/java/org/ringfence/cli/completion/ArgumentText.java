package org.ringfence.cli.completion;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The texts of a command's options and operands for completion scripts and man pages. */
final class ArgumentText {
  private static final int SHORT = 78;

  private ArgumentText() {}

  /** A subcommand and its path from the root. */
  record Named(List<String> path, CommandSpec spec) {
    /** Returns all commands; the root's own name is not part of a path. */
    static List<Named> all(CommandSpec root) {
      List<Named> all = new ArrayList<>();
      collect(List.of(), root, all);
      return all;
    }

    private static void collect(List<String> path, CommandSpec spec, List<Named> all) {
      all.add(new Named(path, spec));
      spec.subcommands()
          .forEach(
              (name, below) -> {
                List<String> longer = new ArrayList<>(path);
                longer.add(name);
                collect(List.copyOf(longer), below.getCommandSpec(), all);
              });
    }
  }

  /** Returns the values that an option accepts, as far as they are known. */
  static List<String> values(ArgSpec argument) {
    return argument.completionCandidates() == null
        ? List.of()
        : StreamSupport.stream(argument.completionCandidates().spliterator(), false)
            // Enum constants are in capitals; users type lower case.
            .map(word -> argument.type().isEnum() ? word.toLowerCase(Locale.ROOT) : word)
            .toList();
  }

  static boolean takesValue(OptionSpec option) {
    return option.arity().max() > 0;
  }

  static boolean takesDirectory(ArgSpec argument) {
    return argument.paramLabel().equals("DIR");
  }

  static boolean takesFile(ArgSpec argument) {
    return argument.type() == Path.class
        || argument.paramLabel().contains("PATH")
        || argument.paramLabel().contains("FILE");
  }

  /** Returns the whole description of an argument, one paragraph each. */
  static List<String> paragraphs(ArgSpec argument) {
    String values = String.join(", ", values(argument));
    return texts(argument.description()).stream()
        .map(text -> text.replace("${COMPLETION-CANDIDATES}", values))
        .toList();
  }

  /** Expands texts of picocli, which are formats. */
  static List<String> texts(String... formats) {
    return Stream.of(formats).map(text -> text.replace("%n", " ").replace("%%", "%")).toList();
  }

  /** Returns the first sentence without its full stop. */
  private static String sentence(List<String> paragraphs) {
    String text = String.join(" ", paragraphs).strip();
    int end = text.indexOf(". ");
    return (end < 0 ? text : text.substring(0, end)).replaceFirst("\\.$", "");
  }

  /** Returns the first sentence, in one line. */
  static String summary(List<String> paragraphs) {
    String sentence = sentence(paragraphs);
    return sentence.length() <= SHORT ? sentence : sentence.substring(0, SHORT - 1) + "…";
  }

  /** Returns the whole first sentence of a command's description. */
  static String sentence(CommandSpec spec) {
    return sentence(texts(spec.usageMessage().description()));
  }

  /** Returns the command's summary, in one line. */
  static String summary(CommandSpec spec) {
    return summary(texts(spec.usageMessage().description()));
  }
}
