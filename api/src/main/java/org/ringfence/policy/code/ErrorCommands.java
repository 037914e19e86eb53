package org.ringfence.policy.code;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The commands that this JVM gives to {@code /bin/sh} at an error ({@code OnError}, {@code
 * OnOutOfMemoryError}), outside any sandbox: their programs, and each word that may be a script.
 */
final class ErrorCommands {
  // What a shell takes as it is, and blanks. HotSpot replaces %p with the number of the process.
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./,:=@%+\\- \t]*");

  private ErrorCommands() {}

  /**
   * Adds the files of an option's commands.
   *
   * @param path the directories where the shell looks for programs
   * @throws InvalidPolicyException if a word is not plain, so that only a shell knows its files
   */
  static void addTo(String option, String commands, String path, Set<Path> named) {
    for (String command : commands.split("[;\n]")) {
      if (!PLAIN.matcher(command).matches()) {
        throw new InvalidPolicyException(
            "files.rules",
            "write",
            "this JVM without its option "
                + option
                + ", or with plain words in it: it runs a shell's command outside the sandbox, and"
                + " nothing tells which files that runs");
      }
      if (command.isBlank()) {
        continue;
      }
      boolean program = true;
      for (String word : command.strip().split("[ \t]+")) {
        if (program && !word.contains("/")) {
          addProgram(word, path, named);
        } else if (!word.equals("%p") && (!word.startsWith("-") || word.contains("/"))) {
          CodeLocations.add(word.substring(word.lastIndexOf('=') + 1), named);
        }
        // A variable may come before the program.
        program = program && word.indexOf('=') > 0;
      }
    }
  }

  /**
   * Adds each place where a shell looks until it finds the program; a command must not make one.
   */
  private static void addProgram(String name, String path, Set<Path> named) {
    for (String directory : path.split(File.pathSeparator, -1)) {
      try {
        Path file = Path.of(directory, name).toAbsolutePath();
        named.add(file);
        if (Files.isExecutable(file) && !Files.isDirectory(file)) {
          return;
        }
      } catch (InvalidPathException e) {
        // Nor does a shell find anything there.
        continue;
      }
    }
  }
}
