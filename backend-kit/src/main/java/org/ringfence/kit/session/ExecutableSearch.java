package org.ringfence.kit.session;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.ringfence.CommandNotFoundException;

/** Finds a program as {@code execvp(3)} does, in the command's PATH and directory. */
public final class ExecutableSearch {
  private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

  private ExecutableSearch() {}

  /**
   * Finds a program.
   *
   * @param program its name or path
   * @param directory the command's working directory
   * @param searchPath the command's PATH, or null
   * @return an absolute path
   * @throws CommandNotFoundException if there is none, or it cannot be executed
   */
  public static String find(String program, Path directory, String searchPath)
      throws CommandNotFoundException {
    try {
      if (program.indexOf('/') >= 0) {
        return checked(program, directory.resolve(program));
      }
      CommandNotFoundException unusable = null;
      for (String entry : (searchPath == null ? DEFAULT_PATH : searchPath).split(":", -1)) {
        Path candidate = directory.resolve(entry).resolve(program);
        if (!Files.exists(candidate)) {
          continue;
        }
        try {
          return checked(program, candidate);
        } catch (CommandNotFoundException e) {
          // Another directory of PATH may have a usable program.
          unusable = unusable == null ? e : unusable;
        }
      }
      if (unusable != null) {
        throw unusable;
      }
    } catch (InvalidPathException e) {
      throw new CommandNotFoundException(program, "it is no valid path");
    }
    throw new CommandNotFoundException(program, "it is in no directory of PATH");
  }

  private static String checked(String program, Path path) throws CommandNotFoundException {
    if (!Files.exists(path)) {
      throw new CommandNotFoundException(program, "it does not exist");
    }
    if (Files.isDirectory(path)) {
      throw new CommandNotFoundException(program, "it is a directory; name a program");
    }
    if (!Files.isExecutable(path)) {
      throw new CommandNotFoundException(program, "it is not executable");
    }
    return path.toString();
  }
}
