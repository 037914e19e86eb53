package org.ringfence.cli.completion;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.ringfence.cli.completion.ArgumentText.Named;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A man page, generated from a command's description. Immutable.
 *
 * @param name the page's name, without its section
 * @param roff its text, for man(7)
 */
public record ManPage(String name, String roff) {
  private static final int PRINTABLE = 0x7e;

  public static List<ManPage> all(CommandSpec root) {
    List<ManPage> pages = new ArrayList<>();
    Named.all(root).forEach(command -> pages.add(of(root, command)));
    return pages;
  }

  private static ManPage of(CommandSpec root, Named command) {
    CommandSpec spec = command.spec();
    List<String> words = new ArrayList<>(List.of(root.name()));
    words.addAll(command.path());
    String name = String.join("-", words);
    StringBuilder page = new StringBuilder();
    page.append(".TH \"").append(escaped(name.toUpperCase(Locale.ROOT))).append("\" 1 \"\" \"");
    page.append(escaped(String.join(" ", root.version()))).append("\"\n");
    page.append(".SH NAME\n").append(escaped(name)).append(" \\- ");
    page.append(escaped(ArgumentText.sentence(spec))).append('\n');
    page.append(".SH SYNOPSIS\n.B ").append(escaped(String.join(" ", words))).append('\n');
    synopsis(page, spec);
    page.append(".SH DESCRIPTION\n");
    texts(page, ArgumentText.texts(spec.usageMessage().description()));
    if (!spec.subcommands().isEmpty()) {
      page.append(".SH COMMANDS\n");
      spec.subcommands()
          .forEach(
              (word, below) ->
                  entry(
                      page,
                      "\\fB" + escaped(word) + "\\fR",
                      List.of(ArgumentText.sentence(below.getCommandSpec()) + ".")));
    }
    arguments(page, spec);
    if (command.path().isEmpty()) {
      page.append(".SH EXAMPLES AND EXIT STATUS\n");
      texts(page, ArgumentText.texts(spec.usageMessage().footer()));
    }
    return new ManPage(name, page.append(seeAlso(root, command)).toString());
  }

  private static void synopsis(StringBuilder page, CommandSpec spec) {
    if (!spec.options().isEmpty()) {
      page.append("[\\fIOPTIONS\\fR]\n");
    }
    if (!spec.subcommands().isEmpty()) {
      page.append("\\fICOMMAND\\fR\n");
    }
    for (PositionalParamSpec operand : spec.positionalParameters()) {
      String label = "\\fI" + escaped(operand.paramLabel()) + "\\fR";
      String many = label + (operand.arity().max() > 1 ? "..." : "");
      page.append(operand.arity().min() == 0 ? "[" + many + "]" : many).append('\n');
    }
  }

  private static void arguments(StringBuilder page, CommandSpec spec) {
    if (!spec.positionalParameters().isEmpty()) {
      page.append(".SH OPERANDS\n");
      for (PositionalParamSpec operand : spec.positionalParameters()) {
        String label = "\\fI" + escaped(operand.paramLabel()) + "\\fR";
        entry(page, label, ArgumentText.paragraphs(operand));
      }
    }
    page.append(".SH OPTIONS\n");
    for (OptionSpec option : spec.options()) {
      List<String> names = new ArrayList<>();
      for (String name : option.names()) {
        names.add("\\fB" + escaped(name) + "\\fR");
      }
      String value =
          !ArgumentText.takesValue(option)
              ? ""
              : option.arity().min() == 0
                  ? "[=\\fI" + escaped(option.paramLabel()) + "\\fR]"
                  : " \\fI" + escaped(option.paramLabel()) + "\\fR";
      entry(page, String.join(", ", names) + value, ArgumentText.paragraphs(option));
    }
  }

  private static String seeAlso(CommandSpec root, Named command) {
    List<String> others = new ArrayList<>();
    if (!command.path().isEmpty()) {
      others.add(root.name());
    }
    for (String word : command.spec().subcommands().keySet()) {
      List<String> below = new ArrayList<>(List.of(root.name()));
      below.addAll(command.path());
      below.add(word);
      others.add(String.join("-", below));
    }
    StringBuilder text = new StringBuilder(".SH SEE ALSO\n");
    for (int i = 0; i < others.size(); i++) {
      text.append(".BR ").append(escaped(others.get(i))).append(" (1)");
      text.append(i + 1 < others.size() ? ",\n" : "\n");
    }
    return text.toString();
  }

  private static void entry(StringBuilder page, String head, List<String> paragraphs) {
    page.append(".TP\n").append(head).append('\n');
    String between = "";
    for (String text : paragraphs) {
      if (!text.isBlank()) {
        page.append(between).append(line(text)).append('\n');
        between = ".IP\n";
      }
    }
  }

  /** Adds paragraphs; indented lines stay unchanged. */
  private static void texts(StringBuilder page, List<String> lines) {
    for (String text : lines) {
      if (text.startsWith(" ")) {
        page.append(".nf\n").append(line(text)).append("\n.fi\n");
      } else if (!text.isBlank()) {
        page.append(".PP\n").append(line(text)).append('\n');
      }
    }
  }

  private static String line(String text) {
    String escaped = escaped(text);
    return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            point -> {
              switch (point) {
                case '\\' -> escaped.append("\\e");
                case '-' -> escaped.append("\\-");
                case '\'' -> escaped.append("\\(aq");
                case '"' -> escaped.append("\\(dq");
                case '`' -> escaped.append("\\(ga");
                case '^' -> escaped.append("\\(ha");
                case '~' -> escaped.append("\\(ti");
                case '\n' -> escaped.append(' ');
                default -> {
                  if (point > PRINTABLE) {
                    escaped.append(String.format(Locale.ROOT, "\\[u%04X]", point));
                  } else {
                    escaped.appendCodePoint(point);
                  }
                }
              }
            });
    return escaped.toString();
  }
}
