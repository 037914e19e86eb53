package org.ringfence.windows.wsb;

import java.util.List;
import java.util.Optional;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The one command that Windows Sandbox starts with its desktop. {@code start} opens a window for
 * it: the logon command itself has none.
 */
final class LogonCommand {
  /** Two command prompts read the line, and quotation marks do not keep all of these from them. */
  private static final String INTERPRETED = "\"%!^&|<>()";

  private LogonCommand() {}

  /**
   * Returns the command.
   *
   * @param directory where it starts
   * @param command the program and its arguments; none for a command prompt
   */
  static String of(Optional<String> directory, List<String> command) {
    StringBuilder prompt = new StringBuilder("cmd.exe /d");
    if (!command.isEmpty()) {
      prompt.append(" /s /k \"");
      for (int i = 0; i < command.size(); i++) {
        prompt.append(i == 0 ? "" : " ").append(quoted("command", command.get(i), i > 0));
      }
      prompt.append('"');
    }
    String place = directory.map(path -> " /d " + quoted("workspace", path, false)).orElse("");
    return "cmd.exe /d /s /c \"start \"Ringfence\"" + place + " " + prompt + "\"";
  }

  private static String quoted(String field, String word, boolean argument) {
    if (word.chars().anyMatch(c -> INTERPRETED.indexOf(c) >= 0 || Character.isISOControl(c))) {
      throw new InvalidPolicyException(
          field,
          word,
          "a word without "
              + INTERPRETED
              + " and line ends, which cmd.exe interprets: write the command into a script in a"
              + " mapped folder");
    }
    // A program's C runtime takes a backslash before the closing quote for a part of the word.
    String ending = "\\".repeat(word.length() - word.replaceFirst("\\\\+$", "").length());
    return '"' + word + (argument ? ending : "") + '"';
  }
}
