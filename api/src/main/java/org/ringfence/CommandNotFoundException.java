package org.ringfence;

/** The program of a command does not exist or cannot be executed. */
public class CommandNotFoundException extends SandboxException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param program the program as given
   * @param reason why it cannot be started
   */
  public CommandNotFoundException(String program, String reason) {
    super("command '" + program.replaceAll("\\p{Cntrl}", "?") + "': " + reason);
  }

  /**
   * Creates the exception for a program that the policy hides. Every backend uses these words,
   * before the start.
   *
   * @param program the program as given
   * @param path the path where it was found
   * @return the exception
   */
  public static CommandNotFoundException denied(String program, String path) {
    return new CommandNotFoundException(program, "the policy denies running " + path);
  }
}
