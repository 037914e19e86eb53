package org.ringfence.windows.plan;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The one string that a Windows process receives and splits itself. */
public final class CommandLine {
  /** The most characters that {@code CreateProcessW} accepts, without the NUL at the end. */
  public static final int LONGEST = 32_766;

  private static final Pattern PLAIN = Pattern.compile("[^ \\t\\n\\x0b\"]+");
  private static final String NOT_FOR_CMD = "\"%!\r\n";

  private CommandLine() {}

  /**
   * Quotes arguments so that {@code CommandLineToArgvW} and the C runtime return them unchanged.
   *
   * @param command the program and its arguments
   * @return the command line
   * @throws IllegalArgumentException if an argument cannot be written; the message names it
   */
  public static String of(List<String> command) {
    StringBuilder line = new StringBuilder();
    String program = command.get(0);
    if (program.indexOf('"') >= 0) {
      throw new IllegalArgumentException("a program's name has no quotation mark: " + program);
    }
    // Programs split the first by other rules, which know no backslash.
    line.append('"').append(program).append('"');
    for (String argument : command.subList(1, command.size())) {
      line.append(' ');
      append(line, argument);
    }
    if (line.indexOf("\0") >= 0) {
      throw new IllegalArgumentException("a command has no NUL character");
    }
    if (line.length() > LONGEST) {
      throw new IllegalArgumentException(
          "a command line has at most " + LONGEST + " characters, this one " + line.length());
    }
    return line.toString();
  }

  private static void append(StringBuilder line, String argument) {
    if (PLAIN.matcher(argument).matches()) {
      line.append(argument);
      return;
    }
    line.append('"');
    int backslashes = 0;
    for (char c : argument.toCharArray()) {
      if (c == '\\') {
        backslashes++;
      } else {
        if (c == '"') {
          // A parser would read the backslashes before it as quoting it, or each other.
          line.append("\\".repeat(backslashes + 1));
        }
        backslashes = 0;
      }
      line.append(c);
    }
    line.append("\\".repeat(backslashes)).append('"');
  }

  /**
   * Returns whether a program is a batch file, which {@code CreateProcessW} passes to {@code
   * cmd.exe} with different quoting rules, however its name is decorated.
   *
   * @param program the program's name
   * @return true for {@code x.bat}, {@code X.CMD}, {@code x.bat.} and the like
   */
  public static boolean isBatchFile(String program) {
    String name = program.replaceFirst("[. ]+$", "").toLowerCase(Locale.ROOT);
    return name.endsWith(".bat") || name.endsWith(".cmd");
  }

  /**
   * Returns the command line that runs a batch file through {@code cmd.exe} openly.
   *
   * @param cmd the absolute path of {@code cmd.exe}
   * @param command the batch file and its arguments
   * @return the command line
   * @throws IllegalArgumentException if a character cannot be protected from interpretation
   */
  public static String ofBatchFile(String cmd, List<String> command) {
    StringBuilder line = new StringBuilder("\"").append(cmd).append("\" /d /e:on /v:off /s /c \"");
    for (int i = 0; i < command.size(); i++) {
      String word = command.get(i);
      for (char c : (NOT_FOR_CMD + "\0").toCharArray()) {
        if (word.indexOf(c) >= 0) {
          throw new IllegalArgumentException(
              "cmd.exe would interpret character " + (int) c + " of an argument of a batch file");
        }
      }
      line.append(i == 0 ? "" : " ").append('"').append(word);
      if (i > 0) {
        // cmd.exe does not interpret a backslash. A batch file hands its words to programs, and
        // their C runtime takes a backslash before the closing quote for a part of the word.
        line.append("\\".repeat(word.length() - word.replaceFirst("\\\\+$", "").length()));
      }
      line.append('"');
    }
    line.append('"');
    if (line.length() > LONGEST) {
      throw new IllegalArgumentException(
          "a command line has at most " + LONGEST + " characters, this one " + line.length());
    }
    return line.toString();
  }
}
