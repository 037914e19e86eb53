package org.ringfence.windows.plan;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The one string that a Windows process gets, and takes apart again itself. */
public final class CommandLine {
  /** The most characters that {@code CreateProcessW} takes, without the NUL at the end. */
  public static final int LONGEST = 32_766;

  private static final Pattern PLAIN = Pattern.compile("[^ \\t\\n\\x0b\"]+");
  private static final String NOT_FOR_CMD = "\"%!\r\n";

  private CommandLine() {}

  /**
   * Quotes arguments so that {@code CommandLineToArgvW} and the C runtime give them back as they
   * are.
   *
   * @param command the program and its arguments
   * @return the command line
   * @throws IllegalArgumentException if it cannot be written, with what cannot
   */
  public static String of(List<String> command) {
    StringBuilder line = new StringBuilder();
    String program = command.get(0);
    if (program.indexOf('"') >= 0) {
      throw new IllegalArgumentException("a program's name has no quotation mark: " + program);
    }
    // The first is taken apart by other rules, which know no backslash.
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
          // Those before it would be read as quoting it, or each other.
          line.append("\\".repeat(backslashes + 1));
        }
        backslashes = 0;
      }
      line.append(c);
    }
    line.append("\\".repeat(backslashes)).append('"');
  }

  /**
   * Whether a program is a batch file, which {@code CreateProcessW} hands to {@code cmd.exe} with
   * rules of its own, however its name is decorated.
   *
   * @param program the program's name
   * @return true for {@code x.bat}, {@code X.CMD}, {@code x.bat.} and the like
   */
  public static boolean isBatchFile(String program) {
    String name = program.replaceFirst("[. ]+$", "").toLowerCase(Locale.ROOT);
    return name.endsWith(".bat") || name.endsWith(".cmd");
  }

  /**
   * The command line that runs a batch file through {@code cmd.exe} openly.
   *
   * @param cmd the absolute path of {@code cmd.exe}
   * @param command the batch file and its arguments
   * @return the command line
   * @throws IllegalArgumentException if a character cannot be kept from being interpreted
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
      // A backslash is none of cmd.exe's special characters: the batch file gets it as it is.
      line.append(i == 0 ? "" : " ").append('"').append(word).append('"');
    }
    line.append('"');
    if (line.length() > LONGEST) {
      throw new IllegalArgumentException(
          "a command line has at most " + LONGEST + " characters, this one " + line.length());
    }
    return line.toString();
  }
}
